// The whole method as one ML.NET pipeline: prompts → responses → WAAD and FAI → credit → policy update → model zip → a new process that loads it and answers.
//
//     dotnet run -c Release --project examples/QuickStart                       (about three minutes on two cores)
//     dotnet run -c Release --project examples/QuickStart -- --model FOLDER     (only the analysis, with any Hugging Face folder of a supported family)
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.QuickStart;
using MLNetAttn.Transforms;

if (args is ["answer", string savedZip]) return Answers.Print(savedZip);
Settings settings;
try
{
    settings = Settings.Parse(args);
}
catch (ArgumentException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

var ml = new MLContext(seed: settings.Seed);
using CausalLanguageModel model = CausalLanguageModel.FromPretrained(settings.Model ?? Path.Combine(AppContext.BaseDirectory, "models", "countdown"));

if (settings.Model is not null)
{
    Screen.Rhythm(
        ml, model,
        ml.Data.LoadFromEnumerable([new Question { Prompt = settings.Prompt }]),
        new AttentionRhythmOptions { Grouping = RhythmGrouping.PerSequence },
        settings.Picture);
    return 0;
}

// 1. Problems: those to learn from and those to be judged by have no problem in common, whatever the order of its numbers.
IDataView train = ml.Data.LoadFromEnumerable(Countdown.Generate(20_000, seed: settings.Seed));
IDataView unseen = ml.Data.LoadFromEnumerable(Countdown.Generate(512, seed: 1, split: CountdownSplit.Test));
Screen.Title($"A language model of {model.Parameters.Values.Sum(p => p.numel()):N0} parameters searches for Countdown solutions");

// 2. What its attention does. Responses have some 50 to 90 tokens, so the horizon of FAI is shorter than the paper's 10 to 100.
var rhythm = new AttentionRhythmOptions { MinimumHorizon = 4, MaximumHorizon = 40 };
Screen.Rhythm(ml, model, ml.Data.TakeRows(unseen, 64), rhythm, settings.Picture);

// 3. The method as one chain. The rhythm after training is that of the trained policy, found through the Response column.
var training = new PolicyOptimizationOptions
{
    Steps = settings.Steps,
    PromptsPerStep = 32,
    Generations = 8,
    MiniBatches = 2,
    MaxNewTokens = 96,
    LearningRate = 2e-4,
    Credit = new CreditOptions { Strategy = CreditStrategy.Coupled },
    Rhythm = rhythm.ToRhythmOptions(),
    Seed = settings.Seed,
    Progress = Screen.Progress(),
};
var method = ml.Policies.Trainers.PolicyOptimization(model, reward: ml.Transforms.CountdownReward(), training)
    .Append(ml.Transforms.AttentionRhythm(model: null, rhythm))
    .Append(ml.Transforms.RhythmCredit());

// 4. The same unseen problems before and after, as the policy is trained (sampled at temperature 1) and greedily.
bool[] sampledBefore = Solves(model, temperature: 1), greedyBefore = Solves(model, temperature: 0);
Stopwatch clock = Stopwatch.StartNew();
TransformerChain<RhythmCreditTransformer> fitted = method.Fit(train);
Screen.Trained(clock.Elapsed);

CausalLanguageModel trained = fitted.OfType<PolicyTransformer>().Single().Model;
Screen.Differences(
    ("sampled, as trained", PairedDifference.Of(sampledBefore, Solves(trained, temperature: 1))),
    ("greedy", PairedDifference.Of(greedyBefore, Solves(trained, temperature: 0))));

// 5. One zip holds it all; a new process needs nothing but the zip.
string zip = Path.Combine(Directory.CreateDirectory("out").FullName, "countdown-policy.zip");
ml.Model.SaveAtomically(fitted, train.Schema, zip);
Screen.Title($"Saved {zip}; a new process loads it and answers");
using Process process = Process.Start(Environment.ProcessPath!, ["answer", zip]);
process.WaitForExit();
return process.ExitCode;

bool[] Solves(CausalLanguageModel policy, double temperature) =>
    [.. ml.Transforms.GenerateText(policy, maxNewTokens: 96, temperature: temperature).Append(ml.Transforms.CountdownReward())
        .Fit(unseen).Transform(unseen).GetColumn<float>("Reward").Select(reward => reward == 1)];
