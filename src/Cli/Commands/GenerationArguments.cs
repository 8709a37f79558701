using System.CommandLine;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>How responses are sampled.</summary>
/// <param name="temperature">What temperature is without the option.</param>
internal sealed class GenerationArguments(double temperature)
{
    private readonly Option<int?> _maximum = new("--max-new-tokens")
    {
        Description = "The most tokens of a response; left out: what the model's context leaves.",
        HelpName = "N",
    };
    private readonly Option<double> _temperature = new("--temperature")
    {
        Description = "Divides the logits; 0 = greedy.",
        DefaultValueFactory = _ => temperature,
    };
    private readonly Option<int> _topK = new("--top-k") { Description = "Only the k most probable tokens; 0 = all." };
    private readonly Option<double> _topP = new("--top-p")
    {
        Description = "Only the most probable tokens that make up this share.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<double> _minP = new("--min-p") { Description = "Only tokens at least this probable, relative to the most probable one." };
    private readonly Option<double> _penalty = new("--repetition-penalty")
    {
        Description = "Above 1: makes tokens that occurred less probable.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<int> _samples = new("--samples") { Description = "Responses for each prompt.", DefaultValueFactory = _ => 1 };
    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "Text that ends a response; may be given several times.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => [],
    };
    private readonly Option<bool> _includeStop = new("--include-stop")
    {
        Description = "Leave the text that ended a response at its end, as train's stop_strings do.",
    };
    private readonly Option<long> _seed = new("--seed")
    {
        Description = "Start of the random numbers. A row's are a function of it and of the row's place alone.",
    };

    private readonly Option<long?> _cache = new("--max-cache-bytes")
    {
        Description = "Refuse what would need more memory for keys and values, and say what to lower.",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
        [
            _maximum, _temperature, _topK, _topP, _minP, _penalty, _samples, _stop, _includeStop, _seed, _cache,
        ])
            command.Options.Add(option);
    }

    public GenerationOptions Read(ParseResult parsed) => new()
    {
        MaxNewTokens = parsed.GetValue(_maximum),
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        MinP = parsed.GetValue(_minP),
        RepetitionPenalty = parsed.GetValue(_penalty),
        SamplesPerPrompt = parsed.GetValue(_samples),
        StopStrings = parsed.GetValue(_stop)!,
        IncludeStopString = parsed.GetValue(_includeStop),
        Seed = parsed.GetValue(_seed),
        MaximumCacheBytes = parsed.GetValue(_cache),
    };
}
