// Makes the embedded model: a Llama of 210 000 parameters that has seen honest, often failing searches for Countdown solutions.
//
//     dotnet run -c Release --project examples/TrainCountdownModel -- models/countdown
//     dotnet run -c Release --project examples/TrainCountdownModel -- out/longer --attempts 9 --context 256 --steps 2000
//
// The first writes over the model of this repository; without a folder it goes to out/countdown-model. The second makes another start for
// examples/Experiments (docs/experiments.md).
//
// The same seed on the same machine gives the same bits. models/countdown/README.md says how long it took and how good it was.
using System.CommandLine;
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;
using Spectre.Console;

Argument<string> folder = new("folder") { Description = "Where the model goes.", DefaultValueFactory = _ => "out/countdown-model" };
Option<int>
    steps = Number("--steps", 2000, "Updates."),
    numbers = Number("--numbers", 3, "Numbers of a problem."),
    attempts = Number("--attempts", 5, "The most attempts in a demonstration."),
    context = Number("--context", 160, "The longest sequence, in tokens."),
    hidden = Number("--hidden", 64, "Width."),
    layers = Number("--layers", 4, "Layers.");
Option<double> solved = new("--solved") { Description = "The share of the demonstrations that end in a found solution.", DefaultValueFactory = _ => 0.3 };
RootCommand command = new("Trains a small model on searches for Countdown solutions.") { folder, steps, numbers, attempts, context, hidden, layers, solved };
command.SetAction(Train);
return command.Parse(args).Invoke();

static Option<int> Number(string name, int value, string description) => new(name) { Description = description, DefaultValueFactory = _ => value };

void Train(ParseResult parsed)
{
    const int batchSize = 64;
    int updates = parsed.GetValue(steps), longestSequence = parsed.GetValue(context), width = parsed.GetValue(hidden);

    var ml = new MLContext(seed: 1);
    var vocabulary = new CountdownVocabulary();
    using CausalLanguageModel untrained = CausalLanguageModel.Create(
        new DecoderConfig
        {
            VocabularySize = vocabulary.Tokens.Count,
            HiddenSize = width,
            IntermediateSize = width * 21 / 8,
            LayerCount = parsed.GetValue(layers),
            HeadCount = 4,
            MaxPositionEmbeddings = longestSequence,
            TieWordEmbeddings = true,
            EosTokenIds = [vocabulary.EosTokenId],
            PadTokenId = vocabulary.PadTokenId,
        },
        vocabulary.CreateTokenizer(longestSequence), seed: 1, initializerRange: 0.05);

    IDataView demonstrations = ml.Data.LoadFromEnumerable(CountdownDemonstrations.Generate(
        updates * batchSize, parsed.GetValue(numbers), seed: 1, new() { MaximumAttempts = parsed.GetValue(attempts), SolvedShare = parsed.GetValue(solved) }));
    IDataView unseen = ml.Data.LoadFromEnumerable(Countdown.Generate(512, parsed.GetValue(numbers), seed: 1, split: CountdownSplit.Test));

    Stopwatch clock = Stopwatch.StartNew();
    var trainer = ml.Policies.Trainers.SupervisedFineTuning(untrained, new SupervisedFineTuningOptions
    {
        Steps = updates,
        BatchSize = batchSize,
        Shuffle = false,
        LearningRate = 2e-3,
        WarmupSteps = 100,
        WeightDecay = 0.01,
        Progress = new ConsoleProgress(),
    });
    using PolicyTransformer policy = trainer.Fit(demonstrations);
    policy.Model.SavePretrained(parsed.GetRequiredValue(folder));

    AnsiConsole.MarkupLineInterpolated($"[bold]{parsed.GetRequiredValue(folder)}[/] after {updates} steps in {clock.Elapsed.TotalMinutes:F1} minutes");
    foreach ((string how, double temperature) in ((string, double)[])[("greedy", 0), ("sampled at temperature 1", 1)])
    {
        IDataView scored = ml.Transforms
            .GenerateText(policy.Model, maxNewTokens: longestSequence - 64, temperature: temperature)
            .Append(ml.Transforms.CountdownReward())
            .Fit(unseen)
            .Transform(unseen);
        Proportion accuracy = Proportion.Of([.. scored.GetColumn<float>("Reward").Select(reward => reward == 1)]);
        AnsiConsole.MarkupLineInterpolated(
            $"accuracy on 512 unseen problems, {how}: [bold]{accuracy.Value:P1}[/]  (95 % interval {accuracy.Interval.Lower:P1} to {accuracy.Interval.Upper:P1})");
    }
}

/// <summary>A line every 250 steps.</summary>
internal sealed class ConsoleProgress : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        if (value.Step % 250 == 0 || value.Step == value.TotalSteps)
            AnsiConsole.MarkupLineInterpolated(
                $"step {value.Step} of {value.TotalSteps}  loss {value.Metrics["loss"]:F3}  {value.Elapsed:h\\:mm\\:ss} gone, {value.Remaining:h\\:mm\\:ss} to go");
    }
}
