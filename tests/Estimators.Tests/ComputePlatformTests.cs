using System.Text.Json.Nodes;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Estimators.Tests;

public sealed class ComputePlatformTests : CheckpointFixture
{
    [Fact]
    public void It_says_what_this_process_computes_with()
    {
        var platform = ComputePlatform.Of(Model);
        platform.Should().Be(ComputePlatform.Of(Model));
        platform.Threads.Should().Be(TorchSharp.torch.get_num_threads());
        platform.Processor.Should().MatchRegex("^[ -~]+, (128|256|512) bits$");
        platform.LibTorch.Should().MatchRegex("^[0-9]+[.][0-9]+");
        platform.Device.Should().Be("cpu");
        platform.Library.Should().MatchRegex("^[0-9]+[.][0-9]+[.][0-9]+.*[+][0-9a-f]{7}", "the version alone does not tell one commit from another");
    }

    [Fact]
    public void All_that_is_not_as_it_was_is_said()
    {
        var now = ComputePlatform.Of(Model);
        now.Differences(now).Should().BeEmpty();
        now.Differences(now with { Threads = now.Threads + 1, LibTorch = "1.0" })
            .Should().Be($"the number of threads was {now.Threads + 1}, and is {now.Threads}; libtorch was 1.0, and is {now.LibTorch}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_that_goes_on_with_other_threads_is_told_that_last_bits_may_differ(bool other)
    {
        Train(Options(steps: 2));
        string path = Path.Combine(Output, "checkpoint-000002", "trainer_state.json");
        JsonNode state = JsonNode.Parse(File.ReadAllText(path))!;
        state["Platform"]!["Threads"]!.GetValue<int>().Should().Be(TorchSharp.torch.get_num_threads());
        if (other) state["Platform"]!["Threads"] = 7;
        else state.AsObject().Remove("Platform"); // As earlier versions wrote it.
        File.WriteAllText(path, state.ToJsonString());
        var warnings = new List<string>();
        Ml.Log += (_, entry) =>
        {
            if (entry.Kind == ChannelMessageKind.Warning) warnings.Add(entry.RawMessage);
        };
        Train(Options(steps: 3, resume: true)).ShouldEqual(Train(Options(steps: 3, folder: null)));
        if (other)
            warnings.Should().ContainSingle().Which.Should().Match(
                "Going on with other means than '*checkpoint-000002' was written with: the number of threads was 7, and is *. The steps that follow may differ in their last bits*");
        else
            warnings.Should().BeEmpty();
        // No step follows.
        warnings.Clear();
        path = Path.Combine(Output, "checkpoint-000003", "trainer_state.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"Threads\": ", "\"Threads\": 9", StringComparison.Ordinal));
        Train(Options(steps: 3, resume: true));
        warnings.Should().BeEmpty();
    }
}
