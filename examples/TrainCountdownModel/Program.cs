// Makes the embedded model, models/countdown: a Llama of 210 000 parameters that has seen honest, often failing searches for Countdown solutions.
//
//     dotnet run -c Release --project examples/TrainCountdownModel -- models/countdown
//
// The same seed on the same machine gives the same bits. models/countdown/README.md says how long it took and how good it was.
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;
using Spectre.Console;

string folder = args.Length > 0 ? args[0] : "models/countdown";
int steps = args.Length > 1 ? int.Parse(args[1]) : 2000;
const int batchSize = 64, longestSequence = 160;

var ml = new MLContext(seed: 1);
var vocabulary = new CountdownVocabulary();
using CausalLanguageModel untrained = CausalLanguageModel.Create(
    new DecoderConfig
    {
        VocabularySize = vocabulary.Tokens.Count,
        HiddenSize = 64,
        IntermediateSize = 168,
        LayerCount = 4,
        HeadCount = 4,
        MaxPositionEmbeddings = longestSequence,
        TieWordEmbeddings = true,
        EosTokenIds = [vocabulary.EosTokenId],
        PadTokenId = vocabulary.PadTokenId,
    },
    vocabulary.CreateTokenizer(longestSequence), seed: 1, initializerRange: 0.05);

IDataView demonstrations = ml.Data.LoadFromEnumerable(CountdownDemonstrations.Generate(steps * batchSize, seed: 1, options: new() { MaximumAttempts = 5, SolvedShare = 0.3 }));
IDataView unseen = ml.Data.LoadFromEnumerable(Countdown.Generate(512, seed: 1, split: CountdownSplit.Test));

Stopwatch clock = Stopwatch.StartNew();
var trainer = ml.Policies.Trainers.SupervisedFineTuning(untrained, new SupervisedFineTuningOptions
{
    Steps = steps,
    BatchSize = batchSize,
    Shuffle = false,
    LearningRate = 2e-3,
    WarmupSteps = 100,
    WeightDecay = 0.01,
    Progress = new ConsoleProgress(),
});
using PolicyTransformer policy = trainer.Fit(demonstrations);
policy.Model.SavePretrained(folder);

AnsiConsole.MarkupLineInterpolated($"[bold]{folder}[/] after {steps} steps in {clock.Elapsed.TotalMinutes:F1} minutes");
foreach ((string how, double temperature) in ((string, double)[])[("greedy", 0), ("sampled at temperature 1", 1)])
{
    IDataView scored = ml.Transforms.GenerateText(policy.Model, maxNewTokens: 96, temperature: temperature).Append(ml.Transforms.CountdownReward()).Fit(unseen).Transform(unseen);
    Proportion accuracy = Proportion.Of([.. scored.GetColumn<float>("Reward").Select(reward => reward == 1)]);
    AnsiConsole.MarkupLineInterpolated($"accuracy on 512 unseen problems, {how}: [bold]{accuracy.Value:P1}[/]  (95 % interval {accuracy.Interval.Lower:P1} to {accuracy.Interval.Upper:P1})");
}

/// <summary>A line every 250 steps.</summary>
internal sealed class ConsoleProgress : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        if (value.Step % 250 == 0 || value.Step == value.TotalSteps)
            AnsiConsole.MarkupLineInterpolated($"step {value.Step} of {value.TotalSteps}  loss {value.Metrics["loss"]:F3}  {value.Elapsed:mm\\:ss} gone, {value.Remaining:mm\\:ss} to go");
    }
}
