using Microsoft.ML;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;
using Spectre.Console;

namespace MLNetAttn.QuickStart;

/// <summary>What the terminal shows.</summary>
internal static class Screen
{
    private const string Preplan = "black on deepskyblue1", Anchor = "black on orange1", Both = "black on mediumpurple1";

    public static void Title(string text) => AnsiConsole.Write(new Rule($"[bold]{Markup.Escape(text)}[/]") { Justification = Justify.Left });

    /// <summary>The first response, its tokens coloured: those that local-chunk credit and those that global-anchor credit select.</summary>
    public static void Rhythm(MLContext ml, CausalLanguageModel model, IDataView prompts, AttentionRhythmOptions options, string? picture)
    {
        var pipeline = ml.Transforms.GenerateText(model, maxNewTokens: 96, seed: 3)
            .Append(ml.Transforms.AttentionRhythm(model, options))
            .Append(ml.Transforms.RhythmCredit(CreditStrategy.Local, outputColumnName: "LocalCredit", roleColumnName: "LocalRole"))
            .Append(ml.Transforms.RhythmCredit(CreditStrategy.Global, outputColumnName: "GlobalCredit", roleColumnName: "GlobalRole"))
            .Fit(prompts);
        ResponseRhythm response = ml.Data.CreateEnumerable<ResponseRhythm>(pipeline.Transform(ml.Data.TakeRows(prompts, 1)), reuseRowObject: false).First();

        if (picture is not null) File.WriteAllText(picture, RhythmPicture.Draw(response));
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLineInterpolated($"[grey]{response.Prompt}[/]");
        AnsiConsole.MarkupLine(string.Concat(response.Tokens.Select((token, i) => (response.LocalCredit[i] > 1, response.GlobalCredit[i] > 1) switch
        {
            (true, true) => $"[{Both}]{Escape(token)}[/] ",
            (true, false) => $"[{Preplan}]{Escape(token)}[/] ",
            (false, true) => $"[{Anchor}]{Escape(token)}[/] ",
            _ => $"{Escape(token)} ",
        })));
        AnsiConsole.MarkupLine(
            $"\n[{Preplan}] preplan [/] the look-back distance WAAD changes here: a new chunk is planned   [{Anchor}] anchor [/] later tokens look back at it (FAI)   [{Both}] both [/]");
        AnsiConsole.MarkupLineInterpolated(
            $"[grey]WAAD {response.Waad.Min():F1} to {response.Waad.Max():F1} tokens; FAI up to {response.Fai.Where(fai => !float.IsNaN(fai)).DefaultIfEmpty().Max():F3}; mean entropy {response.Entropy.Average():F2} nats[/]\n");
    }

    /// <summary>A line of progress now and then; a bar would need a terminal that can go back.</summary>
    public static IProgress<TrainingProgress> Progress() => new TrainingBar();

    public static void Trained(TimeSpan elapsed) =>
        AnsiConsole.MarkupLineInterpolated(
            $"[grey]trained, and calibrated the trained policy's head groups, in {elapsed.TotalSeconds:F0} s[/]\n");

    public static void Differences(params ReadOnlySpan<(string How, PairedDifference Difference)> results)
    {
        Table table = new Table()
            .Border(TableBorder.Rounded)
            .AddColumns("512 unseen problems", "before", "after", "[bold]gain[/], paired", "95 % interval of the gain");
        foreach ((string how, PairedDifference difference) in results)
            table.AddRow(
                how, Share(difference.Before), Share(difference.After), $"[bold]{Points(difference.Value)}[/]",
                $"{Points(difference.Interval.Lower)} to {Points(difference.Interval.Upper)}");
        AnsiConsole.Write(table);

        static string Share(Proportion solved) => $"{solved.Value:P1}\n[grey]{solved.Interval.Lower:P1} to {solved.Interval.Upper:P1}[/]";
        static string Points(double difference) => $"{difference * 100:+0.0;-0.0;0.0} points";
    }

    private static string Escape(string token) => Markup.Escape(token.Replace('\n', '⏎'));

    /// <summary>One line that is written over where the terminal allows it, else a line every ten steps.</summary>
    private sealed class TrainingBar : IProgress<TrainingProgress>
    {
        private const int Width = 30;

        public void Report(TrainingProgress value)
        {
            bool interactive = AnsiConsole.Profile.Capabilities.Interactive, last = value.Step == value.TotalSteps;
            if (!interactive && value.Step % 10 != 0 && !last) return;
            int done = Width * value.Step / value.TotalSteps;
            string line =
                $"  {new string('█', done)}{new string('░', Width - done)} step {value.Step,3} of {value.TotalSteps}  reward {value.Metrics["reward"]:F2}  "
                + $"length {value.Metrics["completions/mean_length"]:F0}  credit {value.Metrics["credit/mean"]:F2}  {value.Remaining:h\\:mm\\:ss} left ";
            AnsiConsole.Profile.Out.Writer.Write(interactive ? $"\r{line}{(last ? "\n" : "")}" : $"{line}\n");
        }
    }
}
