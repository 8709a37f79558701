using System.CommandLine;
using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>A model's accuracy on a file of problems.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Streams streams)
    {
        Option<DirectoryInfo> model = SharedOptions.Model();
        Option<FileInfo> input = new("--input", "-i") { Description = "The problems, as their authors publish them.", Required = true, HelpName = "FILE" };
        Option<ProblemFormat> task = new("--task") { Description = "Whose problems they are.", Required = true };
        Option<CountdownFormat> countdownFormat = new("--countdown-format")
        {
            Description = "How Countdown is asked, and answered.",
            DefaultValueFactory = _ => CountdownFormat.SearchTrace,
        };
        Option<string?> cache = new("--cache") { Description = "File of responses: an evaluation that was cut goes on with them.", HelpName = "FILE" };
        Option<bool> chat = new("--chat") { Description = "Ask through the model's chat template." };
        Option<int> batchSize = SharedOptions.BatchSize(16);
        Option<string> dataType = SharedOptions.DataType(), device = SharedOptions.Device();
        Option<bool> json = new("--json") { Description = "JSON instead of a table." };
        var generation = new GenerationArguments(temperature: 0);
        Command command = new("evaluate", """
            Problems → pass@1, avg@k and pass@k with 95 % intervals.

            Example: mlnetattn evaluate --model models/smollm2 --task Gsm8k --input gsm8k_test.jsonl --chat --cache responses.jsonl --max-new-tokens 400
            """)
        { model, input, task, countdownFormat, cache, chat, batchSize, dataType, device, json };
        generation.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            using CausalLanguageModel loaded = SharedOptions.Load(
                parsed.GetRequiredValue(model), parsed.GetRequiredValue(dataType), parsed.GetRequiredValue(device));
            PromptFormat format = parsed.GetValue(chat) ? PromptFormat.Messages : PromptFormat.Text;
            TaskProblem[] problems =
            [
                .. ProblemReader.Read(
                    parsed.GetRequiredValue(input).FullName,
                    parsed.GetValue(task),
                    new ProblemReaderOptions { PromptFormat = format, CountdownFormat = parsed.GetValue(countdownFormat) }),
            ];
            var context = new MLContext();
            IEstimator<ITransformer> reward = parsed.GetValue(task) == ProblemFormat.Countdown
                ? context.Transforms.CountdownReward(format: parsed.GetValue(countdownFormat))
                : context.Transforms.MathReward();
            EvaluationResult? result = null;
            RowProgress.Show(streams, "evaluate", problems.Length, progress => result = Evaluation.Run(
                context,
                loaded,
                context.Data.LoadFromEnumerable(problems),
                reward,
                new EvaluationOptions
                {
                    Generation = generation.Read(parsed),
                    PromptFormat = format,
                    CachePath = parsed.GetValue(cache),
                    BatchSize = parsed.GetValue(batchSize),
                    Progress = progress,
                },
                cancellationToken));
            streams.Output.WriteLine(parsed.GetValue(json) ? result!.ToJson() : result!.ToString());
            return Task.FromResult(CommandLine.Success);
        });
        return command;
    }
}
