using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Pipelines;

public sealed class ShapeSchemaTests
{
    [Fact]
    public void What_an_outline_tells_is_as_it_was()
    {
        (DataViewSchema schema, bool madeUp) = Of(NumberDataViewType.Int32, TextDataViewType.Instance, new VectorDataViewType(NumberDataViewType.Single));
        schema.Select(column => column.Type).Should()
            .Equal(NumberDataViewType.Int32, TextDataViewType.Instance, new VectorDataViewType(NumberDataViewType.Single));
        madeUp.Should().BeFalse();
    }

    [Fact]
    public void What_it_does_not_tell_is_made_up()
    {
        foreach (DataViewType type in new DataViewType[] { new VectorDataViewType(NumberDataViewType.Single, 7), new KeyDataViewType(typeof(uint), 7) })
        {
            (DataViewSchema schema, bool madeUp) = Of(type);
            schema.Single().Type.Should().BeOfType(type.GetType());
            schema.Single().Type.RawType.Should().Be(type.RawType);
            madeUp.Should().BeTrue();
        }
    }

    private static (DataViewSchema Schema, bool MadeUp) Of(params DataViewType[] types)
    {
        var schema = new DataViewSchema.Builder();
        foreach ((int i, DataViewType type) in types.Index()) schema.AddColumn($"{i}", type);
        return ShapeSchema.Of(RewardChecks.Shape(schema.ToSchema()));
    }
}
