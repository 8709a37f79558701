using CsCheck;

namespace MLNetAttn.Pipelines;

public sealed class CountdownDemonstrationsTests
{
    private static readonly Gen<(int Numbers, long Seed, CountdownDemonstrationOptions Options)> Requests = Gen.Select(
        Gen.Int[2, 5], Gen.Long, Gen.Int[1, 6], Gen.Double[0, 1], Gen.Bool,
        (numbers, seed, attempts, share, divides) => (numbers, seed, new CountdownDemonstrationOptions
        {
            MaximumAttempts = attempts,
            SolvedShare = share,
            Problems = new CountdownOptions
            {
                Operators = CountdownOperators.Add | CountdownOperators.Subtract | CountdownOperators.Multiply | (divides ? CountdownOperators.Divide : 0),
            },
        }));

    [Fact]
    public void Every_trace_is_honest() => Requests.Sample(request =>
    {
        foreach (CountdownDemonstration row in CountdownDemonstrations.Generate(20, request.Numbers, request.Seed, request.Options))
        {
            Countdown.SplitOf(row.Numbers, row.Target).Should().Be(CountdownSplit.Train);
            row.Prompt.Should().Be(Countdown.Prompt(row.Numbers, row.Target));
            CheckTrace(row, request.Options.MaximumAttempts);
        }
    }, iter: 200);

    [Fact]
    public void Every_word_of_a_trace_is_in_the_vocabulary()
    {
        HashSet<string> vocabulary = [.. new CountdownVocabulary().Tokens];
        CountdownDemonstrations.Generate(2_000, numbers: 4)
            .SelectMany(row => $"{row.Prompt} {row.Response}".Split(' '))
            .Should().OnlyContain(word => vocabulary.Contains(word));
    }

    [Fact]
    public void A_request_repeated_gives_the_same_traces() =>
        CountdownDemonstrations.Generate(50, seed: 3).Select(row => row.Response)
            .Should().Equal(CountdownDemonstrations.Generate(50, seed: 3).Select(row => row.Response));

    [Theory]
    [InlineData(0.0, 0.0, 0.4)]
    [InlineData(0.5, 0.5, 0.7)]
    [InlineData(1.0, 1.0, 1.0)]
    public void The_share_that_ends_in_a_solution_is_the_one_asked_for_plus_what_chance_finds(double share, double atLeast, double atMost)
    {
        IReadOnlyList<CountdownDemonstration> rows = CountdownDemonstrations.Generate(
            2_000,
            options: new CountdownDemonstrationOptions { SolvedShare = share });
        rows.Average(row => row.Response.Contains("yes", StringComparison.Ordinal) ? 1.0 : 0.0).Should().BeInRange(atLeast - 0.03, atMost);
    }

    [Fact]
    public void All_violations_are_reported_at_once()
    {
        var options = new CountdownDemonstrationOptions
        {
            MaximumAttempts = 0,
            SolvedShare = double.NaN,
            Problems = new CountdownOptions { Format = CountdownFormat.TinyZero, LargestNumber = 0 },
        };
        Action generate = () => CountdownDemonstrations.Generate(-1, numbers: 1, options: options);
        generate.Should().Throw<ArgumentException>().WithMessage(
            "*count is -1*numbers is 1*MaximumAttempts is 0*SolvedShare is NaN*Problems.Format is TinyZero*Problems.LargestNumber is 0*");
    }

    private static void CheckTrace(CountdownDemonstration row, int maximumAttempts)
    {
        string[] attempts = row.Response.Split("try ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        attempts.Length.Should().BeInRange(1, maximumAttempts);
        for (int i = 0; i < attempts.Length; i++)
        {
            string[] parts = attempts[i].Split(" ; ");
            int result = CheckSteps(row.Numbers, parts[..^1]);
            string verdict = parts[^1];
            bool isLast = i == attempts.Length - 1;
            if (result == row.Target)
                verdict.Should().StartWith("yes . answer ");
            else
                verdict.Should().Be(isLast ? "no . stop" : "no .");
            (verdict[0] == 'y').Should().Be(isLast && CountdownVerifier.Score(row.Response, row.Numbers, row.Target) == 1);
        }
    }

    private static int CheckSteps(int[] numbers, string[] steps)
    {
        List<int> atHand = [.. numbers];
        foreach (string[] words in steps.Select(step => step.Split(' ')))
        {
            words.Should().HaveCount(5);
            words[3].Should().Be("=");
            int left = int.Parse(words[0]), right = int.Parse(words[2]), result = int.Parse(words[4]);
            atHand.Remove(left).Should().BeTrue();
            atHand.Remove(right).Should().BeTrue();
            atHand.Add(result);
            if (words[1] == "/")
                (result * right).Should().Be(left);
            else
                result.Should().Be(words[1] switch { "+" => left + right, "-" => left - right, "*" => left * right, _ => -1 });
            result.Should().BeInRange(0, 199);
        }
        return atHand.Should().ContainSingle().Subject;
    }
}
