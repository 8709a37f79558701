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
        var model = new ModelArguments();
        Option<FileInfo> input = new("--input", "-i") { Description = "The problems, as their authors publish them.", Required = true, HelpName = "FILE" };
        Option<ProblemFormat> task = new("--task") { Description = "Whose problems they are.", Required = true };
        Option<CountdownFormat> countdownFormat = new("--countdown-format")
        {
            Description = "How Countdown is asked, and answered.",
            DefaultValueFactory = _ => CountdownFormat.SearchTrace,
        };
        Option<string> instruction = new("--instruction")
        {
            Description = "What is asked on a line after each question, as a run's prompts.instruction; '' = nothing. Countdown has prompts of its own.",
            DefaultValueFactory = _ => ProblemReaderOptions.BoxedAnswer,
            HelpName = "TEXT",
        };
        Option<string?> cache = new("--cache") { Description = "File of responses: an evaluation that was cut goes on with them.", HelpName = "FILE" };
        Option<bool> chat = new("--chat") { Description = "Ask through the model's chat template." };
        Option<int> batchSize = SharedOptions.BatchSize(16);
        Option<bool> json = new("--json") { Description = "JSON instead of a table." };
        var generation = new GenerationArguments(temperature: 0);
        Command command = new("evaluate", """
            Problems → pass@1, avg@k and pass@k with 95 % intervals.

            Example: mlnetattn evaluate --model models/smollm2 --task Gsm8k --input gsm8k_test.jsonl --chat --cache responses.jsonl --max-new-tokens 400
            """)
        { input, task, countdownFormat, instruction, cache, chat, batchSize, json };
        model.AddTo(command);
        generation.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            using CausalLanguageModel loaded = model.Load(parsed);
            PromptFormat format = parsed.GetValue(chat) ? PromptFormat.Messages : PromptFormat.Text;
            TaskProblem[] problems =
            [
                .. ProblemReader.Read(
                    parsed.GetRequiredValue(input).FullName,
                    parsed.GetValue(task),
                    new ProblemReaderOptions
                    {
                        Instruction = parsed.GetRequiredValue(instruction),
                        PromptFormat = format,
                        CountdownFormat = parsed.GetValue(countdownFormat),
                    }),
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
