using Tensorboard;

namespace MLNetAttn.Estimators.Tests;

public sealed class TensorBoardFileTests
{
    private static readonly Dictionary<string, double> Metrics = new()
    {
        ["reward"] = 0.25,
        ["completions/mean_length"] = 96,
        ["kl"] = double.NaN,
        ["loss"] = double.PositiveInfinity,
    };

    [Fact]
    public void Others_read_what_was_written()
    {
        using var folder = new TemporaryFolder();
        string runs = folder.File("tensorboard");
        double before = Now();
        using (var file = new TensorBoardFile(runs))
        {
            file.Write(1, Metrics);
            Read(Directory.GetFiles(runs).Single()).Should().HaveCount(3, "TensorBoard reads while the run goes on");
            file.Write(70_000, Metrics);
        }
        string path = Directory.GetFiles(runs).Single();
        Path.GetFileName(path).Should().StartWith("events.out.tfevents.").And.Contain(Environment.MachineName);
        Event[] events = Read(path);
        events.Should().OnlyContain(entry => entry.WallTime >= before && entry.WallTime <= Now());
        events[0].FileVersion.Should().Be("brain.Event:2");
        events[1].SessionLog.Status.Should().Be(SessionLog.Types.SessionStatus.Start);
        events[2..].Select(entry => entry.Step).Should().Equal(1, 70_000);
        foreach (Event entry in events[2..])
            entry.Summary.Value.Select(value => (value.Tag, value.SimpleValue))
                .Should().Equal(("reward", 0.25f), ("completions/mean_length", 96f), ("loss", float.PositiveInfinity));
    }

    [Fact]
    public void A_run_that_resumes_begins_a_file_that_comes_last_and_takes_back_later_steps()
    {
        using var folder = new TemporaryFolder();
        for (int run = 0; run < 3; run++)
        {
            using var file = new TensorBoardFile(folder.Path, resumeAfterStep: 10 * run);
            file.Write(10 * run + 1, Metrics);
        }
        Event[][] files = [.. Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal).Select(Read)];
        files.Select(file => file[1].SessionLog.Status).Should().AllBeEquivalentTo(SessionLog.Types.SessionStatus.Start);
        // TensorBoard drops, of what it read before, all steps from this one on.
        files.Select(file => file[1].Step).Should().Equal(1, 11, 21);
        files.Select(file => file[2].Step).Should().Equal(1, 11, 21);
    }

    private static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    /// <summary>Reads records with their checksums, and messages with the classes that protoc made of TensorBoard's own definitions for TorchSharp.</summary>
    private static Event[] Read(string path)
    {
        using var reader = new BinaryReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        List<Event> events = [];
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            byte[] length = reader.ReadBytes(8);
            reader.ReadUInt32().Should().Be(Masked(length));
            byte[] data = reader.ReadBytes((int)BitConverter.ToUInt64(length));
            reader.ReadUInt32().Should().Be(Masked(data));
            events.Add(Event.Parser.ParseFrom(data));
        }
        return [.. events];
    }

    private static uint Masked(byte[] data)
    {
        // The definition, bit by bit, so that it shares nothing with what it checks.
        uint checksum = uint.MaxValue;
        foreach (byte value in data)
        {
            checksum ^= value;
            for (int bit = 0; bit < 8; bit++) checksum = (checksum >> 1) ^ ((checksum & 1) * 0x82F63B78);
        }
        checksum = ~checksum;
        return unchecked(((checksum >> 15) | (checksum << 17)) + 0xA282EAD8);
    }
}
