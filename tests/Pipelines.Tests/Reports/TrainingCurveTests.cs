using MLNetAttn.Estimators;

namespace MLNetAttn.Pipelines;

public sealed class TrainingCurveTests
{
    [Fact]
    public void Curves_come_from_what_a_trainer_reported()
    {
        TrainingProgress Step(int step, params (string, double)[] metrics) =>
            new(step, 2, TimeSpan.Zero, TimeSpan.Zero, metrics.ToDictionary(m => m.Item1, m => m.Item2));
        IReadOnlyList<TrainingCurve> curves = TrainingCurve.From(
            "a",
            [Step(1, ("reward", 0.5)), Step(2, ("reward", 0.75), ("kl", 1))],
            "kl", "reward", "nothing");
        curves.Select(curve => curve.Metric).Should().Equal("kl", "reward");
        curves[0].Steps.Should().Equal([2], "an evaluation, for example, is not made in every step");
        curves[0].Values.Should().Equal(1);
        curves[1].Steps.Should().Equal(1, 2);
        TrainingCurve.From("a", [Step(1, ("reward", 0.5))]).Single().Values.Should().Equal(0.5);
    }

    [Fact]
    public void Curves_come_from_the_file_that_a_run_writes()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("metrics.jsonl");
        File.WriteAllText(path, """
            {"step":1,"reward":0.5,"kl":null}
            {"step":3,"reward":0.75,"kl":1}
            {"step":4,"rew
            """);
        IReadOnlyList<TrainingCurve> curves = TrainingCurve.Read("a", path, "kl", "reward", "nothing");
        curves.Select(curve => (curve.Metric, curve.Name)).Should().Equal(("kl", "a"), ("reward", "a"));
        curves[0].Values.Should().Equal(double.NaN, 1);
        curves[1].Steps.Should().Equal(1, 3);
        curves[1].Values.Should().Equal(0.5, 0.75);
    }

    [Fact]
    public void Curves_that_are_none_are_named()
    {
        FluentActions.Invoking(() => new TrainingCurve("reward", "a", [1, 2], [1]).Validate())
            .Should().Throw<ArgumentException>().WithMessage("Curve 'a' of reward has 2 steps and 1 values*");
        FluentActions.Invoking(() => new TrainingCurve("reward", "a", [1, 1], [1, 2]).Validate())
            .Should().Throw<ArgumentException>().WithMessage("*step 1 follows step 1*");
    }
}
