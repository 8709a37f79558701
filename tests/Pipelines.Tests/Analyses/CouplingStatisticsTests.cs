using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

public sealed class CouplingStatisticsTests
{
    public static IEnumerable<TheoryDataRow<string>> RhythmFiles() => Golden.Files("rhythm", "*.json").Where(row => row.Data is not ("credit" or "layers"));

    [Theory]
    [MemberData(nameof(RhythmFiles))]
    public void Pooled_coupling_equals_the_reference(string name)
    {
        JsonElement golden = Golden.Json("rhythm", name + ".json");
        JsonElement[] cases = [.. golden.GetProperty("cases").EnumerateArray()];
        Check(golden.GetProperty("pooled_coupling"), golden.GetProperty("pooled_cases").EnumerateArray().Select(index => cases[index.GetInt32()]));
    }

    [Fact]
    public void Pooled_coupling_of_the_real_model_equals_the_reference()
    {
        JsonElement golden = Golden.Json("smollm2", "rhythm.json");
        CouplingStatistics statistics = Check(
            golden.GetProperty("pooled_coupling"),
            golden.GetProperty("cases").EnumerateArray(),
            tolerance: 1e-6);   // its series are rounded
        new[] { statistics.EntropyAtWaadPeaks, statistics.ReceiverPeaksAtFaiPeaks, statistics.FaiPeaksNearWaadPeaks }.Should().OnlyContain(statistic =>
            statistic.Lift > 0 && statistic.LiftInterval.Contains(statistic.Lift) && statistic.PValue < 0.05);
    }

    [Fact]
    public void Peaks_in_noise_are_not_coupled_and_p_values_are_about_uniform()
    {
        var random = new Random(1);
        double[] values = [.. Enumerable.Range(0, 60).Select(trial => CouplingStatistics
            .Compute(Noise(random, 6, 80), new CouplingOptions { Permutations = 200, BootstrapDraws = 100, Seed = trial })
            .EntropyAtWaadPeaks.PValue)];
        values.Average().Should().BeInRange(0.35, 0.65);
        values.Count(p => p < 0.1).Should().BeLessThan(15);
        values.Should().OnlyContain(p => p >= 1 / 201.0 && p <= 1);
    }

    [Fact]
    public void Coupled_series_are_found_and_intervals_hold_the_lift()
    {
        var random = new Random(2);
        ResponseRhythm[] coupled = [.. Noise(random, 20, 100).Select(rhythm => rhythm with
        {
            ReceiverFai = rhythm.Fai,
            Entropy = [.. rhythm.Waad.Select(waad => waad + 0.1 * random.NextDouble())],
        })];
        CouplingStatistics statistics = CouplingStatistics.Compute(coupled);
        statistics.ReceiverPeaksAtFaiPeaks.Observed.Should().Be(1);
        statistics.ReceiverPeaksAtFaiPeaks.PValue.Should().Be(1 / 2001.0);
        statistics.EntropyAtWaadPeaks.PValue.Should().Be(1 / 2001.0);
        statistics.EntropyAtWaadPeaks.LiftInterval.Lower.Should().BePositive().And.BeLessThan(statistics.EntropyAtWaadPeaks.Lift);
        statistics.EntropyAtWaadPeaks.LiftInterval.Upper.Should().BeGreaterThan(statistics.EntropyAtWaadPeaks.Lift);
        statistics.FaiPeaksNearWaadPeaks.LiftInterval.Contains(0).Should().BeTrue();
    }

    [Fact]
    public void The_result_prints_as_a_table_and_serialises()
    {
        CouplingStatistics statistics = CouplingStatistics.Compute(Noise(new Random(3), 3, 50));
        statistics.ToString().Should().Contain("3 responses, 150 tokens").And.Contain("receiver-FAI peaks").And.Contain("lift");
        JsonElement json = JsonDocument.Parse(statistics.ToJson()).RootElement.GetProperty("entropy_at_waad_peaks");
        json.GetProperty("observed").GetDouble().Should().Be(statistics.EntropyAtWaadPeaks.Observed);
        json.GetProperty("lift").GetDouble().Should().Be(statistics.EntropyAtWaadPeaks.Lift);
        json.GetProperty("lift_interval").GetProperty("lower").GetDouble().Should().Be(statistics.EntropyAtWaadPeaks.LiftInterval.Lower);
    }

    [Fact]
    public void One_response_says_nothing_of_others()
    {
        CouplingStatistics statistics = CouplingStatistics.Compute(Noise(new Random(3), 1, 50));
        statistics.EntropyAtWaadPeaks.LiftInterval.Should().Be(new ConfidenceInterval(double.NegativeInfinity, double.PositiveInfinity));
        statistics.ToString().Should().Contain("unbounded");
    }

    [Fact]
    public void Its_table_stands_in_a_report()
    {
        ReportTable table = new RhythmReport().Add(CouplingStatistics.Compute(Noise(new Random(3), 3, 50)).ToTable()).Tables.Single();
        table.Rows.Should().HaveCount(3);
        table.Note.Should().StartWith("3 responses, 150 tokens");
    }

    [Fact]
    public void Without_peaks_statistics_are_undefined_instead_of_wrong()
    {
        double[] flat = [1, 1, 1];
        CouplingStatistics statistics = CouplingStatistics.Compute([new ResponseRhythm(flat, flat, flat, flat), new ResponseRhythm([], [], [], [])]);
        statistics.Responses.Should().Be(1);
        statistics.EntropyAtWaadPeaks.Random.Should().Be(1);
        statistics.EntropyAtWaadPeaks.Observed.Should().Be(double.NaN);
        statistics.EntropyAtWaadPeaks.PValue.Should().Be(double.NaN);
        statistics.ToJson().Should().Contain("NaN");
    }

    [Fact]
    public void A_view_with_the_columns_that_are_asked_for_gives_the_same()
    {
        var ml = new MLContext(seed: 1);
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Repository.Path("models", "countdown"));
        IDataView problems = ml.Data.LoadFromEnumerable(Countdown.Generate(6, seed: 5));
        int read = 0;
        IDataView counted = ml.Data.FilterByCustomPredicate<Target>(problems, _ =>
        {
            Interlocked.Increment(ref read);
            return false;
        });
        IDataView rhythm = ml.Transforms.GenerateText(model, temperature: 0)
            .Append(ml.Transforms.AttentionRhythm(null, CouplingOptions.Rhythm))
            .Fit(problems)
            .Transform(counted);
        CouplingStatistics statistics = CouplingStatistics.Compute(rhythm);
        read.Should().Be(6, "the model answers every problem once");
        statistics.Responses.Should().Be(6);
        statistics.EntropyAtWaadPeaks.Lift.Should().NotBe(double.NaN);
        using var stop = new CancellationTokenSource();
        IDataView stopping = ml.Data.FilterByCustomPredicate<Target>(rhythm, _ =>
        {
            stop.Cancel();
            return false;
        });
        FluentActions.Invoking(() => CouplingStatistics.Compute(stopping, cancellationToken: stop.Token)).Should().Throw<OperationCanceledException>();
        FluentActions.Invoking(() => CouplingStatistics.Compute(problems)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Waad' is missing*");
    }

    [Fact]
    public void Bad_input_is_named()
    {
        FluentActions.Invoking(() => CouplingStatistics.Compute([])).Should().Throw<ArgumentException>().WithMessage("*no response with a token*");
        FluentActions.Invoking(() => CouplingStatistics.Compute([new ResponseRhythm([1, 2], [1], [1, 2], [1, 2])]))
            .Should().Throw<ArgumentException>().WithMessage("*Response 0 has 2 values*1 of another*");
        FluentActions.Invoking(() => CouplingStatistics.Compute([new ResponseRhythm([1, 2], [1, 2], [1, 2], [1, double.NaN])]))
            .Should().Throw<ArgumentException>().WithMessage("*entropy of token 1 of response 0 is NaN*");
        FluentActions.Invoking(() => CouplingStatistics.Compute([], new CouplingOptions { Prominence = -1, Permutations = 1, BootstrapDraws = 2 }))
            .Should().Throw<ArgumentException>()
            .Which.Message.Should().ContainAll("Prominence is -1", "Permutations is 1", "BootstrapDraws is 2");
    }

    private static CouplingStatistics Check(JsonElement pooled, IEnumerable<JsonElement> cases, double tolerance = 1e-12)
    {
        CouplingStatistics statistics = CouplingStatistics.Compute([.. cases.Select(it => new ResponseRhythm(
            Numbers(it, "waad"),
            Numbers(it, "fai_open"),
            Numbers(it, "receiver_fai_open"),
            Numbers(it, "entropy")))]);
        Compare("entropy_at_waad_peaks", statistics.EntropyAtWaadPeaks);
        Compare("receiver_peaks_at_fai_peaks", statistics.ReceiverPeaksAtFaiPeaks);
        Compare("fai_peaks_at_or_after_waad_peaks", statistics.FaiPeaksNearWaadPeaks);
        return statistics;

        void Compare(string name, CouplingStatistic actual)
        {
            JsonElement expected = pooled.GetProperty(name);
            actual.Random.Should().BeApproximately(expected.GetProperty("random").GetDouble(), tolerance, name);
            actual.Observed.Should().BeApproximately(expected.GetProperty("observed").GetDouble(), tolerance, name);
            actual.Lift.Should().BeApproximately(expected.GetProperty("lift").GetDouble(), 10 * tolerance, name);
        }
    }

    private sealed class Target
    {
        [ColumnName("Target")]
        public int Value { get; set; }
    }

    private static ResponseRhythm[] Noise(Random random, int count, int tokens)
    {
        double[] Series() => [.. Enumerable.Range(0, tokens).Select(_ => random.NextDouble())];
        return [.. Enumerable.Range(0, count).Select(_ => new ResponseRhythm(Series(), Series(), Series(), Series()))];
    }

    private static double[] Numbers(JsonElement from, string name) =>
        [.. from.GetProperty(name).EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble())];
}
