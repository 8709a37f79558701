using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

/// <summary>Computes up to eight rewards at once, as a model that judges does: what a response is wanted to be.</summary>
/// <param name="ml">Its host.</param>
/// <param name="fails">On what, with how many at once, it fails.</param>
/// <param name="reading">Whether already where the row is read.</param>
internal sealed class BatchJudge(MLContext ml, Func<int, int, bool> fails, bool reading) : ITransformer
{
    private readonly IHost _host = ((IHostEnvironment)ml).Register("Judge");

    bool ITransformer.IsRowToRowMapper => false;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Mapper(inputSchema).OutputSchema;

    public IDataView Transform(IDataView input) => new BatchDataView(_host, input, Mapper(input.Schema), new BatchPolicy(8), () => { });

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

    void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException();

    private BatchMapper<int, float> Mapper(DataViewSchema schema) => new(
        _host, schema, [schema["Wanted"]],
        row =>
        {
            Func<int> wanted = row.Scalar<int>(schema["Wanted"]);
            return () => reading ? Judge(wanted(), 1) : wanted();
        },
        rows => [.. rows.Select(wanted => (float)Judge(wanted, rows.Count))],
        [OutputColumn.Scalar<float, float>("Reward", NumberDataViewType.Single, reward => reward)]);

    private int Judge(int wanted, int together) => fails(wanted, together) ? throw new FormatException("Row 0: no idea.") : wanted;
}
