namespace MLNetAttn.Cli.Tests;

public sealed class RunCourseTests
{
    [Fact]
    public void The_best_evaluation_the_last_and_that_of_the_start_are_known()
    {
        var course = new RunCourse();
        (course.Step, course.Goal, course.Best).Should().Be((0, null, null));
        course.Add(0, Evaluation(0.125, best: 0));
        course.Add(1, new Dictionary<string, double> { ["reward"] = 0.5 });
        course.Add(2, Evaluation(0.5, best: 2));
        course.Add(4, Evaluation(0.25, best: 2));
        (course.Step, course.Goal).Should().Be((4, "eval_reward"));
        (course.Start, course.Best, course.Last).Should().Be((
            new RunCourse.Evaluated(0, 0.125), new RunCourse.Evaluated(2, 0.5), new RunCourse.Evaluated(4, 0.25)));
    }

    [Fact]
    public void Of_a_best_one_that_no_file_holds_the_step_alone_is_known()
    {
        var course = new RunCourse();
        course.Add(6, Evaluation(0.5, best: 2));
        course.Best.Should().Be(new RunCourse.Evaluated(2, double.NaN));
    }

    private static Dictionary<string, double> Evaluation(double reward, double best) => new() { ["eval_reward"] = reward, ["eval_best_step"] = best };
}
