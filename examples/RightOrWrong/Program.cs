// Can the rhythm of attention tell whether an answer will be right? Responses of the embedded model to Countdown problems, described by RhythmFeatures and
// judged by an ML.NET trainer, cross-validated, against the same trainer without the attention features.
//
//     dotnet run -c Release --project examples/RightOrWrong                 (half a minute on two cores)
//     dotnet run -c Release --project examples/RightOrWrong -- 500          (fewer problems, at least 100)
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Folds = 10;
int count = 1_000;
if (args is not [] && (args is not [string given] || !int.TryParse(given, out count) || count is < 100 or > 1_000))
{
    Console.Error.WriteLine("Expected no arguments, or a number of problems from 100 to 1000.");
    return 1;
}

var ml = new MLContext(seed: 1);
using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Path.Combine(AppContext.BaseDirectory, "models", "countdown"));

// 1. Answers, whether they are right, and what attention did meanwhile. A problem occurs once, so none is in two folds.
IDataView problems = ml.Data.LoadFromEnumerable(Countdown.Generate(count, seed: 7, split: CountdownSplit.Test));
var annotate = ml.Transforms.GenerateText(model, temperature: 1, seed: 7)
    .Append(ml.Transforms.CountdownReward())
    .Append(ml.Transforms.AttentionRhythm(model: null, new AttentionRhythmOptions { MinimumHorizon = 4, MaximumHorizon = 40 }))
    .Append(ml.Transforms.Expression("IsRight", "reward : reward == 1", "Reward"));
IDataView annotated = ml.Data.Cache(annotate.Fit(problems).Transform(problems));
bool[] right = [.. annotated.GetColumn<bool>("IsRight")];
Console.WriteLine($"{right.Length} answers, {right.Count(it => it)} right.");

// 2. The same trainer on more and more features, over the same folds.
(string Name, RhythmFeaturesOptions Features)[] inputs =
[
    ("length and log-probability", new() { Signals = RhythmSignals.LogProbability }),
    ("+ entropy", new() { Signals = RhythmSignals.LogProbability | RhythmSignals.Entropy }),
    ("+ WAAD and FAI", new() { Signals = RhythmSignals.All }),
    ("WAAD and FAI alone, with length", new() { Signals = RhythmSignals.Waad | RhythmSignals.Fai }),
];
double[]? baseline = null;
foreach ((string name, RhythmFeaturesOptions features) in inputs)
{
    IDataView described = ml.Data.Cache(ml.Transforms.RhythmFeatures(features).Fit(annotated).Transform(annotated));
    var trainer = ml.Transforms.NormalizeMeanVariance("RhythmFeatures")
        .Append(ml.BinaryClassification.Trainers.LbfgsLogisticRegression("IsRight", "RhythmFeatures", l1Regularization: 0, l2Regularization: 1));
    var folds = ml.BinaryClassification.CrossValidate(described, trainer, Folds, "IsRight", seed: 1);
    double[] areas = [.. folds.Select(fold => fold.Metrics.AreaUnderRocCurve)];
    baseline ??= areas;
    double[] gains = [.. areas.Zip(baseline, (area, before) => area - before)];
    Console.WriteLine(
        $"{name,-34} AUC {areas.Average():0.000} ± {StandardError(areas):0.000}   accuracy {folds.Average(fold => fold.Metrics.Accuracy):0.000}   gain over the first {gains.Average():+0.000;-0.000} ± {StandardError(gains):0.000}");
}
return 0;

static double StandardError(double[] values)
{
    double mean = values.Average();
    return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length);
}
