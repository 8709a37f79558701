// The science kit: strategies × seeds in parallel processes, and a table with 95 % intervals of what came out.
//
//     dotnet run -c Release --project examples/Experiments -- run out/experiment --seeds 1-5 --workers 2
//     dotnet run -c Release --project examples/Experiments -- run out/gsm8k --model FOLDER --task Gsm8k --train train.jsonl --test test.jsonl --flow-answer '\\boxed\{(.*)\}' …
//
// The same command again goes on where it was cut. docs/experiments.md has what came out here.
using System.CommandLine;
using System.Globalization;
using MLNetAttn.Experiments;

if (args is ["worker", "before", var begun])
{
    using var worker = new Worker(new ExperimentFolder(begun));
    worker.MeasureBeforeTraining();
    return 0;
}
if (args is ["worker", "run", var place, var arm, var seed])
{
    using var worker = new Worker(new ExperimentFolder(place));
    worker.Run(arm, long.Parse(seed, CultureInfo.InvariantCulture));
    return 0;
}

var settings = new SettingsArguments();
Argument<string> output = new("folder") { Description = "The experiment's folder: results that it has are not computed again." };
Option<string> arms = new("--strategies") { Description = $"Which, with commas between: {string.Join(", ", Arm.All.Select(it => it.Name))}.", DefaultValueFactory = _ => string.Join(',', Arm.All.Select(it => it.Name)) };
Option<string> seeds = new("--seeds") { Description = "From-to, or with commas between.", DefaultValueFactory = _ => "1-5" };
Option<int> workers = new("--workers") { Description = "Runs at a time.", DefaultValueFactory = _ => Environment.ProcessorCount };
Command run = new("run", "Does the runs that the folder lacks.") { output, arms, seeds, workers };
settings.AddTo(run);
run.SetAction(async (parsed, cancellation) =>
{
    var folder = new ExperimentFolder(parsed.GetRequiredValue(output));
    Arm[] compared = [.. parsed.GetRequiredValue(arms).Split(',').Select(Arm.Find)];
    int failed = await new Campaign(folder, Console.Out).RunAsync(settings.Read(parsed), compared, Seeds(parsed.GetRequiredValue(seeds)), parsed.GetValue(workers), cancellation).ConfigureAwait(false);
    return failed == 0 ? 0 : 2;
});

try
{
    return await new RootCommand("Compares ways of assigning credit over several seeds.") { run }.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
}
catch (Exception exception)
{
    await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
    return 1;
}

static long[] Seeds(string text) => text.Split('-') is [var first, var last]
    ? [.. Enumerable.Range(0, int.Parse(last, CultureInfo.InvariantCulture) - int.Parse(first, CultureInfo.InvariantCulture) + 1).Select(i => i + long.Parse(first, CultureInfo.InvariantCulture))]
    : [.. text.Split(',').Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
