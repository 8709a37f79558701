using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.FreshProcess;

namespace MLNetAttn.Pipelines;

/// <summary>What holds for every component that writes a reward.</summary>
internal static class RewardChecks
{
    /// <summary>It promises what it gives, and gives the same after a zip and in a new process.</summary>
    public static async Task ShouldHoldItsPromises(this MLContext ml, IEstimator<ITransformer> estimator, IDataView rows)
    {
        ITransformer fitted = estimator.Fit(rows);
        estimator.GetOutputSchema(Shape(rows.Schema)).Select(Describe).Should().BeEquivalentTo(Shape(fitted.GetOutputSchema(rows.Schema)).Select(Describe));

        using var folder = new TemporaryFolder();
        string zip = folder.File("reward.zip"), data = folder.File("rows.idv");
        ml.Model.Save(fitted, rows.Schema, zip);
        using (FileStream stream = File.Create(data)) ml.Data.SaveAsBinary(rows, stream);
        string[] printed = await NewProcess.RunAsync(TestContext.Current.CancellationToken, "print", zip, data);
        // Text may have lines of its own.
        string.Join('\n', printed).Should().Be(string.Join('\n', RowPrinter.Print(fitted.Transform(ml.Data.LoadFromBinary(data)))));
    }

    public static float[] Rewards(this IEstimator<ITransformer> estimator, IDataView rows, string column = "Reward") =>
        [.. estimator.Fit(rows).Transform(rows).GetColumn<float>(column)];

    // ML.NET makes it inside every trainer's Fit, and keeps the method to itself.
    public static SchemaShape Shape(DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!.Invoke(null, [schema])!;

    private static string Describe(SchemaShape.Column column) => $"{column.Name} {column.Kind} {column.ItemType}";
}
