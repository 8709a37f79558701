// The science kit: strategies × seeds in parallel processes, and a table with 95 % intervals of what came out.
//
//     dotnet run -c Release --project examples/Experiments -- run out/countdown --seeds 1-5 --workers 2
//     dotnet run -c Release --project examples/Experiments -- run out/gsm8k --model FOLDER --task Gsm8k \
//         --train train.jsonl --test test.jsonl --flow-answer 'boxed\{(.*)\}' …
//
// The same command again goes on where it was cut. docs/experiments.md has what came out here.
using MLNetAttn.Experiments;

return await CommandLine.RunAsync(args, Environment.ProcessPath!, Console.Out, Console.Error).ConfigureAwait(false);
