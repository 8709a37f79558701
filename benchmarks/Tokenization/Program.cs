// Tokens per millisecond, one thread, on the questions and answers of GSM8K; Microsoft.ML.Tokenizers' BpeTokenizer is the baseline in the same run.
//
//   dotnet run -c Release --project benchmarks/Tokenization [tokenizer folder] [file of JSON lines]
using System.Text.Json;
using MLNetAttn.Benchmarks;
using MLNetAttn.Modeling;

string shared = Path.Combine(Directory.GetCurrentDirectory(), "..", "shared");
string folder = args.ElementAtOrDefault(0) ?? Path.Combine(shared, "models", "tokenizers", "qwen3");
string data = args.ElementAtOrDefault(1) ?? Path.Combine(shared, "data", "gsm8k_train.jsonl");

string[] texts = [.. File.ReadLines(data).SelectMany(line =>
{
    using JsonDocument row = JsonDocument.Parse(line);
    return new[] { row.RootElement.GetProperty("question").GetString()!, row.RootElement.GetProperty("answer").GetString()! };
})];
Tokenizer ours = Tokenizer.FromPretrained(folder);
Microsoft.ML.Tokenizers.BpeTokenizer baseline = Baseline.Load(Path.Combine(folder, "tokenizer.json"));
int tokens = texts.Sum(text => ours.Encode(text).Length);
int different = texts.Count(text => !ours.Encode(text).SequenceEqual(baseline.EncodeToIds(text)));
Console.WriteLine($"{Path.GetFileName(folder)}: {texts.Length} texts, {tokens} tokens; texts that the baseline encodes otherwise: {different}");

double theirs = Clock.Best(() => texts.Sum(text => baseline.EncodeToIds(text).Count));
Report("Microsoft.ML.Tokenizers, EncodeToIds", theirs);
Report("MLNetAttn, Encode", Clock.Best(() => texts.Sum(text => ours.Encode(text).Length)));
Report("MLNetAttn, EncodeWithOffsets", Clock.Best(() => texts.Sum(text => ours.EncodeWithOffsets(text).Ids.Count)));
int[][] encoded = [.. texts.Select(text => ours.Encode(text))];
Report("MLNetAttn, Decode", Clock.Best(() => encoded.Sum(ids => ours.Decode(ids).Length)));

double parsing = Clock.Best(() => ParseJson(Path.Combine(folder, "tokenizer.json")));
double loading = Clock.Best(() => Tokenizer.FromPretrained(folder).VocabularySize);
double loadingTheirs = Clock.Best(() => Baseline.Load(Path.Combine(folder, "tokenizer.json")).Vocabulary.Count);
Console.WriteLine($"loading: MLNetAttn {loading:F0} ms, {loading / parsing:F2} of parsing the JSON alone ({parsing:F0} ms); baseline {loadingTheirs:F0} ms");

void Report(string name, double milliseconds) =>
    Console.WriteLine($"{name,-40} {tokens / milliseconds,8:F0} tokens/ms   {theirs / milliseconds,5:F2} x the baseline");

static int ParseJson(string path)
{
    using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
    return document.RootElement.GetPropertyCount();
}
