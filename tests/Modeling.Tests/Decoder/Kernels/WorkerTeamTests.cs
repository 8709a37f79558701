namespace MLNetAttn.Modeling.Tests;

public sealed class WorkerTeamTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1 << 20)]
    [InlineData(1000, 1 << 14)]
    [InlineData(0, 1)]
    public void Every_item_is_done_once(int count, long work)
    {
        int[] done = new int[count];
        WorkerTeam.For(count, work, (start, end) =>
        {
            for (int i = start; i < end; i++) Interlocked.Increment(ref done[i]);
        });
        done.Count(times => times != 1).Should().Be(0);
    }

    [Fact]
    public void Work_is_shared_by_torchs_own_threads()
    {
        Assert.SkipUnless(WorkerTeam.IsAvailable, "This torch does not run on GNU OpenMP.");
        int before = TorchSharp.torch.get_num_threads();
        TorchSharp.torch.set_num_threads(2);
        try
        {
            var threads = new System.Collections.Concurrent.ConcurrentDictionary<int, int>();
            WorkerTeam.For(2, 1 << 20, (_, _) => threads[Environment.CurrentManagedThreadId] = 1);
            threads.Should().HaveCount(2);
        }
        finally
        {
            TorchSharp.torch.set_num_threads(before);
        }
    }

    [Fact]
    public void An_exception_in_a_part_reaches_the_caller() =>
        FluentActions.Invoking(() => WorkerTeam.For(8, 1 << 20, (_, _) => throw new InvalidOperationException("a part failed")))
            .Should().Throw<InvalidOperationException>().WithMessage("a part failed");
}
