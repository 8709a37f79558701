using System.Text.Json;

namespace MLNetAttn.Pipelines;

public sealed class MathVerifierGoldenTests(ITestOutputHelper output)
{
    [Fact]
    public void Verdicts_agree_with_the_ones_of_math_verify()
    {
        Agreement found = Measure(File.ReadLines(Golden.Require("math-verify", "cases.jsonl")), "response", "verdict");
        output.WriteLine(found.ToString());
        found.Rate.Should().BeGreaterThanOrEqualTo(0.97, found.ToString());
        // Of the answers that are made wrong from right ones, and of all that math-verify calls wrong.
        found.FalseRights(variants: true).Should().BeLessThanOrEqualTo(0.005, found.ToString());
        found.FalseRights(variants: false).Should().BeLessThanOrEqualTo(0.005, found.ToString());
    }

    [Fact]
    public void Most_pairs_of_math_verifys_own_tests_agree() =>
        MeasureShared("math_verify_pairs.jsonl", "expected", formula: false).Rate.Should().BeGreaterThanOrEqualTo(0.96);

    // Those compare text: 12. is not 12 and 7, 3 is not 3, 7 there, but 11/36 % is 11/36.
    [Fact]
    public void Pairs_that_are_equal_as_text_are_equal_here() =>
        MeasureShared("math_is_equiv_verdicts.jsonl", "is_equiv", formula: true).Rate.Should().BeGreaterThanOrEqualTo(0.85);

    private Agreement MeasureShared(string file, string verdict, bool formula)
    {
        string? path = Repository.Shared("data", file);
        Assert.SkipWhen(path is null, $"../shared/data/{file} is absent.");
        Agreement found = Measure(File.ReadLines(path), "prediction", verdict, formula);
        output.WriteLine(found.ToString());
        return found;
    }

    private static Agreement Measure(IEnumerable<string> lines, string response, string verdict, bool formula = false)
    {
        var cases = new List<Verdict>();
        foreach (string line in lines.Where(line => line.Length > 0))
        {
            using var json = JsonDocument.Parse(line);
            JsonElement row = json.RootElement;
            string answer = row.GetProperty(response).GetString()!, gold = row.GetProperty("gold").GetString()!;
            (answer, gold) = formula ? ($"${answer}$", $"${gold}$") : (answer, gold);
            string kind = row.TryGetProperty("kind", out JsonElement name) ? name.GetString()! : "";
            cases.Add(new Verdict(kind, gold, answer, row.GetProperty(verdict).GetBoolean(), MathVerifier.IsCorrect(answer, gold)));
        }
        return new Agreement(cases);
    }

    private sealed record Verdict(string Kind, string Gold, string Response, bool Expected, bool Found);

    private sealed record Agreement(IReadOnlyList<Verdict> Cases)
    {
        public double Rate => Cases.Average(verdict => verdict.Expected == verdict.Found ? 1.0 : 0);

        public double FalseRights(bool variants)
        {
            Verdict[] wrong = [.. Cases.Where(verdict => !verdict.Expected && (!variants || verdict.Kind.Contains('/')))];
            return wrong.Average(verdict => verdict.Found ? 1.0 : 0);
        }

        public override string ToString() =>
            $"{Rate:P2} of {Cases.Count} agree, {FalseRights(variants: false):P2} of those that are wrong count as right:\n"
            + string.Join('\n', Cases
                .Where(verdict => verdict.Expected != verdict.Found)
                .Select(verdict => $"{(verdict.Found ? "RIGHT" : "missed")} {verdict.Kind}: {verdict.Gold} | {verdict.Response}"));
    }
}
