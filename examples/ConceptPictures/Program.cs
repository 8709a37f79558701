// The pictures of docs/concepts.md: what attention did over one response. Run it in the repository's root.
//
//     dotnet run -c Release --project examples/ConceptPictures                                       (the embedded model, which writes the response itself)
//     dotnet run -c Release --project examples/ConceptPictures -- smollm2 FOLDER gsm8k_test.jsonl
//
// In the second another model reads a worked answer of GSM8K; its first word begins the names of the pictures.
using System.Text.Json;
using System.Text.RegularExpressions;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;

string? mistake = args switch
{
    [] => Directory.Exists(Path.Combine("models", "countdown")) ? null : "There is no models/countdown here: run this in the repository's root.",
    [_, string modelFolder, _] when !Directory.Exists(modelFolder) => $"There is no folder '{modelFolder}'.",
    [_, _, string file] when !File.Exists(file) => $"There is no file '{file}'.",
    [_, _, _] => null,
    _ => "Expected no arguments, or a name, a model's folder and GSM8K's test problems.",
};
if (mistake is not null)
{
    Console.Error.WriteLine(mistake);
    return 1;
}

bool embedded = args is [];
string name = embedded ? "countdown" : args[0], folder = Directory.CreateDirectory(Path.Combine("docs", "images")).FullName;
using CausalLanguageModel model = CausalLanguageModel.FromPretrained(embedded ? Path.Combine("models", "countdown") : args[1]);

// The embedded model's responses are short, and so is its horizon.
TokenSequence sequence = embedded ? Written() : Worked(args[2], problem: 5);
var rhythm = new RhythmOptions { MinimumHorizon = embedded ? 4 : 10, MaximumHorizon = embedded ? 40 : 100, Receivers = true };
ReportTrace trace = ReportTraces.Create(model, sequence, new ReportTraceOptions { Rhythm = rhythm });
IReadOnlyList<AttentionMap> maps = model.AttentionMaps(sequence, [trace.Groups!.Local, trace.Groups.Global]);
Console.WriteLine($"{string.Concat(trace.PromptTokens)}|{string.Concat(trace.ResponseTokens)}");

Save("curves", RhythmPicture.Curves(trace, new PictureOptions { Width = 1560, Height = 780 }));
Save("local", RhythmPicture.Heatmap(maps[0], sequence.PromptIds.Length, new PictureOptions { Title = "mean of the local heads", Width = 640, Height = 560 }));
Save("global", RhythmPicture.Heatmap(maps[1], sequence.PromptIds.Length, new PictureOptions { Title = "mean of the global heads", Width = 640, Height = 560 }));
Save("spans", RhythmPicture.SpanLadder(trace.Spans!, trace.Groups, new PictureOptions { Width = 1000, Height = 420 }));
return 0;

TokenSequence Written()
{
    int[] prompt = model.Tokenizer.Encode(Countdown.Generate(1, seed: 2, split: CountdownSplit.Test)[0].Prompt);
    return new TokenSequence(prompt, model.Generate([prompt], new GenerationOptions { Temperature = 0, MaxNewTokens = 96 })[0].TokenIds);
}

TokenSequence Worked(string file, int problem)
{
    JsonElement fields = JsonDocument.Parse(File.ReadLines(file).ElementAt(problem)).RootElement;
    string prompt = model.ChatTemplate.Render([new ChatMessage("user", fields.GetProperty("question").GetString()!)], addGenerationPrompt: true);
    // Without GSM8K's marks for a calculator, <<8*3=24>>, and for whoever marks the answer, #### 64.
    string answer = Regex.Replace(fields.GetProperty("answer").GetString()!, "<<.*?>>|\n####.*", "");
    return new TokenSequence(model.Tokenizer.Encode(prompt, addSpecialTokens: false), model.Tokenizer.Encode(answer, addSpecialTokens: false));
}

void Save(string what, RhythmPicture picture)
{
    string file = Path.Combine(folder, $"{name}-{what}.png");
    picture.SavePng(file);
    Console.WriteLine($"{file}: {new FileInfo(file).Length / 1024} kB");
}
