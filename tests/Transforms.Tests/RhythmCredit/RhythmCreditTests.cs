using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms.Tests;

public class RhythmCreditTests
{
    private static readonly float[] Waad = [9, 1, 1, 1, 4, 2],
        Fai = [0.8f, 0.1f, 0.9f, 0.3f, 0.2f, float.NaN],
        Entropy = [1, 2, 3, 4, 5, 6],
        Flow = [0.3f, 0.1f, 0.2f, 0.6f, 0.5f, 0.4f];

    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public RhythmCreditTests() => _data = _ml.Data.LoadFromEnumerable(
    [
        new { Waad, Fai, Entropy, Flow },
        new { Waad = Array.Empty<float>(), Fai = Array.Empty<float>(), Entropy = Array.Empty<float>(), Flow = Array.Empty<float>() },
    ]);

    [Fact]
    public void Credit_and_roles_are_those_of_the_function()
    {
        IDataView view = _ml.Transforms.RhythmCredit().Fit(_data).Transform(_data);
        CreditAssignment expected = RhythmCreditFunction.Assign(new TokenSignals { Count = 6, Waad = Doubles(Waad), Fai = Doubles(Fai) }, new CreditOptions());
        view.GetColumn<float[]>("Credit").First().Should().Equal(expected.Credit.Select(credit => (float)credit));
        view.GetColumn<uint[]>("Role").First().Should().Equal(expected.Roles.Select(RoleKey.Of));
        view.GetColumn<float[]>("Credit").Last().Should().BeEmpty();
    }

    [Fact]
    public void Roles_have_names_and_an_anchor_that_introduces_too_shows_as_the_anchor()
    {
        IDataView view = _ml.Transforms.RhythmCredit().Append(_ml.Transforms.Conversion.MapKeyToValue("Role")).Fit(_data).Transform(_data);
        view.GetColumn<string[]>("Role").First().Should().Equal("Anchor", "None", "DominatedAnchor", "None", "None", "None");
        RoleKey.Of(TokenRoles.Anchor | TokenRoles.Introduction).Should().Be(RoleKey.Of(TokenRoles.Anchor));
        RoleKey.Of(TokenRoles.DominatedAnchor | TokenRoles.Introduction).Should().Be(RoleKey.Of(TokenRoles.DominatedAnchor));
        RoleKey.Names.Should().Equal("None", "Preplan", "Anchor", "DominatedAnchor", "Introduction", "Selected");
        Enum.GetValues<TokenRoles>().Select(RoleKey.Of).Should().OnlyHaveUniqueItems().And.OnlyContain(key => key >= 1 && key <= 6);
    }

    [Theory]
    [InlineData(CreditStrategy.Uniform, "Waad")]
    [InlineData(CreditStrategy.Local, "Waad")]
    [InlineData(CreditStrategy.Random, "Waad")]
    [InlineData(CreditStrategy.Global, "Fai")]
    [InlineData(CreditStrategy.HighEntropy, "Entropy")]
    [InlineData(CreditStrategy.Flow, "Flow")]
    public void A_strategy_needs_only_its_own_column(CreditStrategy strategy, string column)
    {
        IDataView only = _ml.Transforms.SelectColumns(column).Fit(_data).Transform(_data);
        _ml.Transforms.RhythmCredit(strategy).Fit(only).Transform(only).GetColumn<float[]>("Credit").First().Should().HaveCount(6);
        IDataView without = _ml.Transforms.DropColumns(column).Fit(_data).Transform(_data);
        _ml.Transforms.RhythmCredit(strategy).Invoking(it => it.Fit(without)).Should().Throw<ArgumentOutOfRangeException>().WithMessage($"*'{column}'*");
    }

    [Fact]
    public void Flow_credit_amplifies_the_tokens_that_most_flow_passes()
    {
        IDataView view = _ml.Transforms.RhythmCredit(CreditStrategy.Flow, fraction: 0.5)
            .Append(_ml.Transforms.Conversion.MapKeyToValue("Role"))
            .Fit(_data)
            .Transform(_data);
        view.GetColumn<float[]>("Credit").First().Should().Equal(1, 1, 1, 1.5f, 1.5f, 1.5f);
        view.GetColumn<string[]>("Role").First().Should().Equal("None", "None", "None", "Selected", "Selected", "Selected");
    }

    [Fact]
    public void Credit_acts_where_the_advantage_column_has_the_sign_asked_for()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(
        [
            new { Waad, Fai, Advantage = 1.5 },
            new { Waad, Fai, Advantage = -0.5 },
            new { Waad, Fai, Advantage = double.NaN },
        ]);
        RhythmCreditEstimator positive = _ml.Transforms.RhythmCredit(new RhythmCreditOptions
        {
            Credit = new CreditOptions { Sign = CreditSign.PositiveOnly, Normalize = true },
        });
        float[][] credit = [.. positive.Fit(data).Transform(data).GetColumn<float[]>("Credit")];
        credit[0].Average().Should().BeApproximately(1, 1e-6f);
        credit[0].Max().Should().BeGreaterThan(1);
        credit[1].Should().OnlyContain(gamma => gamma == 1);
        credit[2].Should().OnlyContain(gamma => gamma == 1);
        positive.Invoking(it => it.Fit(_data)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Advantage'*");
    }

    [Fact]
    public void Columns_of_different_lengths_are_named_with_their_row()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Waad, Fai }, new { Waad = new[] { 1f, 2f }, Fai = new[] { 1f } }]);
        IDataView view = _ml.Transforms.RhythmCredit().Fit(data).Transform(data);
        Func<float[][]> read = () => [.. view.GetColumn<float[]>("Credit")];
        read.Should().Throw<ArgumentException>().WithMessage("*Row 1*'Waad' has 2 tokens*'Fai' 1*");
    }

    [Fact]
    public void Random_credit_belongs_to_the_row_whatever_the_order()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(id => new { Id = id, Waad = new float[20] }));
        RhythmCreditTransformer fitted = _ml.Transforms.RhythmCredit(CreditStrategy.Random).Fit(data);
        Dictionary<int, float[]> Read(IDataView view) =>
            view.GetColumn<int>("Id").Zip(view.GetColumn<float[]>("Credit")).ToDictionary(row => row.First, row => row.Second);
        Dictionary<int, float[]> inOrder = Read(fitted.Transform(data)), shuffled = Read(_ml.Data.Cache(fitted.Transform(_ml.Data.ShuffleRows(data, seed: 2))));
        inOrder.Should().AllSatisfy(row => shuffled[row.Key].Should().Equal(row.Value));
        inOrder[0].Should().NotEqual(inOrder[1]);
    }

    [Fact]
    public void The_schema_is_the_one_that_was_promised()
    {
        RhythmCreditEstimator estimator = _ml.Transforms.RhythmCredit(outputColumnName: "Gamma", roleColumnName: "Why");
        DataViewSchema delivered = estimator.Fit(_data).GetOutputSchema(_data.Schema);
        delivered["Gamma"].Type.Should().Be(new VectorDataViewType(NumberDataViewType.Single));
        delivered["Why"].Type.Should().Be(new VectorDataViewType(RoleKey.Type));
        estimator.GetOutputSchema(MLNetInternals.CreateShape(_data.Schema))
            .Select(column => (column.Name, column.Kind, column.ItemType, column.IsKey, column.Annotations.Count))
            .Should().Equal(MLNetInternals.CreateShape(delivered)
                .Select(column => (column.Name, column.Kind, column.ItemType, column.IsKey, column.Annotations.Count)));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Action create = () => _ml.Transforms.RhythmCredit(fraction: 2, amplification: -1);
        create.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll("Fraction is 2", "Amplification is -1");
        Action names = () => _ml.Transforms.RhythmCredit(new RhythmCreditOptions { CreditColumnName = "x", RoleColumnName = "x", FaiColumnName = "" });
        names.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll("FaiColumnName is empty", "output columns is x, x");
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, value => (double)value);
}
