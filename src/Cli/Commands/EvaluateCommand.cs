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
        Option<string> input = new("--input", "-i")
        {
            Description = "The problems, as their authors publish them; -: standard input.",
            Required = true,
            HelpName = "FILE",
        };
        Choice<ProblemFormat> task = new("--task", "Whose problems they are.", usual: null);
        Choice<CountdownFormat> countdownFormat = new("--countdown-format", "How Countdown is asked, and answered.", CountdownFormat.SearchTrace);
        Option<string> instruction = new("--instruction")
        {
            Description = "What is asked on a line after each question, as a run's prompts.instruction; '' = nothing. Countdown has prompts of its own.",
            DefaultValueFactory = _ => ProblemReaderOptions.BoxedAnswer,
            HelpName = "TEXT",
        };
        Option<string?> cache = new("--cache") { Description = "File of responses: an evaluation that was cut goes on with them.", HelpName = "FILE" };
        Option<bool> chat = new("--chat") { Description = "Ask through the model's chat template." };
        Option<int> batchSize = SharedOptions.BatchSize(16);
        Option<bool> json = SharedOptions.Json();
        var generation = new GenerationArguments(temperature: 0);
        Command command = new("evaluate", """
            Problems → pass@1, avg@k and pass@k with 95 % intervals, and how many responses were cut.

            Example: mlnetattn evaluate --model models/smollm2 --task gsm8k --input gsm8k_test.jsonl --chat --cache responses.jsonl --max-new-tokens 400
            """)
        { input, task.Option, countdownFormat.Option, instruction, cache, chat, batchSize, json };
        model.AddTo(command);
        generation.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            GenerationOptions sampling = generation.Read(parsed);
            if (sampling is { Temperature: 0, SamplesPerPrompt: > 1 and var samples })
                throw new ArgumentException(
                    $"--samples is {samples} and --temperature 0, at which all answers to a problem are the same: expected 1, or a temperature above 0, such as 0.7.");
            using CausalLanguageModel loaded = model.Load(parsed);
            ProblemFormat whose = task.Read(parsed);
            CountdownFormat asked = countdownFormat.Read(parsed);
            PromptFormat format = parsed.GetValue(chat) ? PromptFormat.Messages : PromptFormat.Text;
            var reading = new ProblemReaderOptions { Instruction = parsed.GetRequiredValue(instruction), PromptFormat = format, CountdownFormat = asked };
            string file = parsed.GetRequiredValue(input);
            TaskProblem[] problems = file == "-"
                ? [.. ProblemReader.Read(Lines(streams.Input), "Standard input", whose, reading)]
                : [.. ProblemReader.Read(Path.GetFullPath(file), whose, reading)];
            var context = new MLContext();
            IEstimator<ITransformer> reward = whose == ProblemFormat.Countdown
                ? context.Transforms.CountdownReward(format: asked)
                : context.Transforms.MathReward();
            EvaluationResult? result = null;
            RowProgress.Show(streams, "evaluate", problems.Length, progress => result = Evaluation.Run(
                context,
                loaded,
                context.Data.LoadFromEnumerable(problems),
                reward,
                new EvaluationOptions
                {
                    Generation = sampling,
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

    private static IEnumerable<string> Lines(TextReader reader)
    {
        while (reader.ReadLine() is { } line) yield return line;
    }
}
