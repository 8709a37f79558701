using CsCheck;
using Microsoft.ML;

namespace MLNetAttn.Pipelines;

public sealed class CountdownTests
{
    private const CountdownOperators AllOperators =
        CountdownOperators.Add | CountdownOperators.Subtract | CountdownOperators.Multiply | CountdownOperators.Divide;

    private static readonly Gen<(int Numbers, long Seed, CountdownSplit Split, CountdownOptions Options)> Requests = Gen.Select(
        Gen.Int[2, 6], Gen.Long, Gen.Enum<CountdownSplit>(), Gen.Int[9, 99], Gen.Bool,
        (numbers, seed, split, largest, divides) => (numbers, seed, split, new CountdownOptions
        {
            LargestNumber = largest,
            Operators = divides ? AllOperators : AllOperators & ~CountdownOperators.Divide,
            Distinct = false,
        }));

    [Fact]
    public void Every_problem_obeys_its_options_and_has_a_solution() => Requests.Sample(request =>
    {
        foreach (CountdownProblem problem in Countdown.Generate(20, request.Numbers, request.Seed, request.Split, request.Options))
        {
            problem.Numbers.Should().HaveCount(request.Numbers).And.OnlyContain(number => number >= 1 && number <= request.Options.LargestNumber);
            problem.Target.Should().BeInRange(request.Options.SmallestTarget, request.Options.LargestTarget);
            CountdownVerifier.Score($"answer {problem.Solution}", problem.Numbers, problem.Target).Should().Be(1, problem.Solution);
            Countdown.SplitOf(problem.Numbers, problem.Target).Should().Be(request.Split);
        }
    }, iter: 200);

    [Fact]
    public void A_request_repeated_gives_the_same_problems() => Requests.Sample(
        request => Countdown.Generate(5, request.Numbers, request.Seed, request.Split, request.Options)
            .Should().BeEquivalentTo(
                Countdown.Generate(5, request.Numbers, request.Seed, request.Split, request.Options),
                options => options.WithStrictOrdering()),
        iter: 20);

    [Fact]
    public void Another_seed_gives_other_problems() =>
        Countdown.Generate(5, seed: 1).Select(problem => problem.Prompt).Should().NotEqual(Countdown.Generate(5, seed: 2).Select(problem => problem.Prompt));

    // Another version of this project must not move a problem into the other split, or draw others for a seed.
    [Fact]
    public void Problems_of_a_seed_stay_what_they_are() => Countdown.Generate(4, seed: 7).Select(problem => problem.Prompt).Should().Equal(
        "numbers 7 7 2 target 16 :", "numbers 12 2 9 target 23 :", "numbers 1 10 8 target 88 :", "numbers 12 5 2 target 2 :");

    [Fact]
    public void No_order_of_the_numbers_takes_a_problem_into_the_other_split() =>
        Gen.Int[1, 99].Array[2, 6].Select(Gen.Int[0, 999]).Sample((numbers, target) =>
        {
            CountdownSplit split = Countdown.SplitOf(numbers, target);
            int[] shuffled = [.. numbers.Reverse()];
            Countdown.SplitOf(shuffled, target).Should().Be(split);
            Array.Sort(shuffled);
            Countdown.SplitOf(shuffled, target).Should().Be(split);
        });

    [Fact]
    public void Train_and_test_problems_are_disjoint_whatever_the_seeds()
    {
        HashSet<string> train = [.. Countdown.Generate(20_000, seed: 1).Select(Identity)];
        HashSet<string> test = [.. Countdown.Generate(512, seed: 2, split: CountdownSplit.Test).Select(Identity)];
        train.Should().NotIntersectWith(test);
        (train.Count + test.Count).Should().BeGreaterThan(1_000);
    }

    [Fact]
    public void Test_problems_are_distinct_by_default_and_train_problems_are_not()
    {
        Countdown.Generate(512, split: CountdownSplit.Test).Select(Identity).Should().OnlyHaveUniqueItems();
        Countdown.Generate(2_000).Select(Identity).Distinct().Count().Should().BeLessThan(2_000);
    }

    [Fact]
    public void More_distinct_problems_than_there_are_is_an_error_that_says_so()
    {
        Action generate = () => Countdown.Generate(2_000, split: CountdownSplit.Test);
        generate.Should().Throw<ArgumentException>().WithMessage(
            "2000 distinct Countdown problems of the Test split were asked for, but only * were found*LargestNumber (12)*Distinct = false*");
    }

    [Fact]
    public void Targets_out_of_reach_are_an_error_that_says_so()
    {
        Action generate = () => Countdown.Generate(1, numbers: 2, options: new CountdownOptions { Operators = CountdownOperators.Add, SmallestTarget = 50 });
        generate.Should().Throw<ArgumentException>().WithMessage("1 Countdown problems of the Train split were asked for, but only 0 were found*50 to 99*");
    }

    [Fact]
    public void All_violations_are_reported_at_once()
    {
        var options = new CountdownOptions
        {
            LargestNumber = 0,
            LargestResult = 50,
            SmallestTarget = -1,
            Operators = CountdownOperators.None,
            Format = (CountdownFormat)9,
        };
        Action generate = () => Countdown.Generate(-1, 7, split: (CountdownSplit)5, options: options);
        generate.Should().Throw<ArgumentException>().WithMessage(
            "Countdown: count is -1*numbers is 7, expected 2 to 6*split is 5*LargestNumber is 0*SmallestTarget is -1*LargestTarget is 99*Operators is None*Format is 9*");
    }

    [Fact]
    public void Prompts_are_the_ones_of_their_formats()
    {
        Countdown.Prompt([1, 5, 7], 11).Should().Be("numbers 1 5 7 target 11 :");
        Countdown.Prompt([44, 19, 35], 98, CountdownFormat.TinyZero)
            .Should().StartWith("Using the numbers [44, 19, 35], create an equation that equals 98. You can use")
            .And.EndWith("for example <answer> (1 + 2) / 3 </answer>.");
        Countdown.Generate(1, options: new CountdownOptions { Format = CountdownFormat.TinyZero })[0].Prompt.Should().StartWith("Using the numbers [");
    }

    [Fact]
    public void Problems_are_rows_that_ML_NET_reads_and_returns()
    {
        var ml = new MLContext(seed: 1);
        IReadOnlyList<CountdownProblem> problems = Countdown.Generate(10, numbers: 4);
        IDataView rows = ml.Data.LoadFromEnumerable(problems);
        rows.Schema.Select(column => column.Name).Should().Equal("Numbers", "Target", "Prompt", "Solution");
        ml.Data.CreateEnumerable<CountdownProblem>(rows, reuseRowObject: false).Should().BeEquivalentTo(problems, options => options.WithStrictOrdering());
    }

    private static string Identity(CountdownProblem problem) => $"{string.Join(' ', problem.Numbers.Order())} > {problem.Target}";
}
