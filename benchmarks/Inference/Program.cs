// What inference costs beyond what it must: every figure a ratio against a baseline in the same run.
//
//   ../shared/models/prepare
//   dotnet run -c Release --project benchmarks/Inference [model folder] [part of a figure's name]
using MLNetAttn.Benchmarks;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

string folder = args.ElementAtOrDefault(0) is { Length: > 0 } given ? given
    : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "mlnetattn", "smollm2-135m-instruct");
string only = args.ElementAtOrDefault(1) ?? "";
using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder, new ModelLoadOptions { DataType = ScalarType.BFloat16 });
using var baselines = new Baselines(model.Config);
Console.WriteLine($"{Path.GetFileName(folder)}, bfloat16, {get_num_threads()} threads");

Measure("decode step, batch 1, context 64 / reading the weights once", 2.0, rounds: 7, () => DecodeStep(batch: 1, context: 64), baselines.ReadOnce);
Measure("decode step, batch 8, context 64 / reading the weights once", 4.0, rounds: 5, () => DecodeStep(batch: 8, context: 64), baselines.ReadOnce);
Measure("decode step, batch 32, context 512 / its matrix products", 2.0, rounds: 5, () => DecodeStep(batch: 32, context: 512), () => baselines.Multiply(rows: 32, headRows: 32, times: 16));
Measure("prefill of 1024 tokens / its matrix products", 1.6, rounds: 5, () => Ratio.Time(() => Generate(batch: 1, context: 1024, tokens: 1)), () => baselines.Multiply(rows: 1024, headRows: 1));
foreach (int length in (int[])[512, 2048])
{
    TokenSequence[] sequences = [new(Prompt(8, 1), Prompt(length - 8, 2))];
    var perSequence = new RhythmOptions();
    HeadGroups groups = model.MeasureHeads(sequences, perSequence)[0].Group(perSequence.HeadRatio);
    var frozen = new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = groups };
    Measure($"analysis, frozen groups, T = {length} / log-probabilities", 1.05, rounds: 7, () => Analyze(frozen), LogProbabilities);
    Measure($"analysis with spans, T = {length} / log-probabilities", 1.10, rounds: 7, () => Analyze(perSequence), LogProbabilities);

    double Analyze(RhythmOptions options) => Ratio.Time(() => model.AnalyzeRhythm(sequences, options));
    double LogProbabilities() => Ratio.Time(() => model.LogProbabilities(sequences));
}

void Measure(string what, double limit, int rounds, Func<double> work, Func<double> baseline)
{
    if (what.Contains(only, StringComparison.OrdinalIgnoreCase)) Ratio.Report(what, limit, rounds, work, baseline);
}

// The time of a step is the difference between a long and a short run: what comes before the first step counts in neither.
double DecodeStep(int batch, int context)
{
    const int steps = 32;
    double one = Ratio.Time(() => Generate(batch, context, tokens: 1)), many = Ratio.Time(() => Generate(batch, context, tokens: steps + 1));
    return (many - one) / steps;
}

void Generate(int batch, int context, int tokens) =>
    model.Generate([.. Enumerable.Range(0, batch).Select(row => Prompt(context, row))], new GenerationOptions { MaxNewTokens = tokens, Temperature = 0, StopTokenIds = [] });

int[] Prompt(int length, int seed)
{
    var random = new Random(seed);
    return [.. Enumerable.Range(0, length).Select(_ => random.Next(model.Config.VocabularySize))];
}
