using Microsoft.ML;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public sealed class ModelSavingCatalogTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _data;
    private readonly ITransformer _fitted;
    private readonly TemporaryFolder _folder = new();
    private readonly string _zip;

    public ModelSavingCatalogTests()
    {
        _data = _ml.Data.LoadFromEnumerable(TextPair.Make(2));
        _fitted = _ml.Transforms.AttentionRhythm(_model).Append(_ml.Transforms.RhythmCredit()).Fit(_data);
        _zip = _folder.File("model.zip");
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_zip_is_saved_over_an_older_one_and_nothing_stays_beside_it()
    {
        File.WriteAllText(_zip, "old");
        _ml.Model.SaveAtomically(_fitted, _data.Schema, _zip);
        Load().Should().NotBeNull();
        Directory.GetFiles(_folder.Path).Should().Equal(_zip);
    }

    [Fact]
    public void A_link_is_followed()
    {
        string link = _folder.File("link.zip");
        File.WriteAllText(_zip, "old");
        File.CreateSymbolicLink(link, _zip);
        _ml.Model.SaveAtomically(_fitted, _data.Schema, link);
        File.ResolveLinkTarget(link, returnFinalTarget: true)!.FullName.Should().Be(_zip);
        Load().Should().NotBeNull();
    }

    [Fact]
    public void A_disk_that_is_full_at_any_byte_leaves_the_old_zip()
    {
        File.WriteAllText(_zip, "old");
        var whole = new MemoryStream();
        _ml.Model.Save(_fitted, _data.Schema, whole);
        for (long room = 0; room < whole.Length; room += room > whole.Length - 300 ? 7 : whole.Length / 12)
        {
            Action save = () => AtomicZip.Write(_zip, stream => _ml.Model.Save(_fitted, _data.Schema, stream), path => new FullDisk(File.Create(path), room));
            save.Should().Throw<IOException>($"there is room for {room} of {whole.Length} bytes");
            File.ReadAllText(_zip).Should().Be("old");
            Directory.GetFiles(_folder.Path).Should().Equal(_zip);
        }
    }

    [Fact]
    public void A_model_that_cannot_be_saved_leaves_the_old_zip()
    {
        File.WriteAllText(_zip, "old");
        ((IDisposable)_fitted).Dispose();
        _ml.Model.Invoking(it => it.SaveAtomically(_fitted, _data.Schema, _zip)).Should().Throw<ObjectDisposedException>();
        File.ReadAllText(_zip).Should().Be("old");
        Directory.GetFiles(_folder.Path).Should().Equal(_zip);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_disk_that_is_read_only_leaves_the_old_zip(bool opens)
    {
        File.WriteAllText(_zip, "old");
        Action save = () => AtomicZip.Write(
            _zip,
            stream => _ml.Model.Save(_fitted, _data.Schema, stream),
            path => opens
                ? new FullDisk(File.Create(path), room: 0)
                : throw new UnauthorizedAccessException($"Access to '{path}' is denied: read-only file system"));
        save.Should().Throw<Exception>().Which.Should().Match(exception => exception is IOException || exception is UnauthorizedAccessException);
        File.ReadAllText(_zip).Should().Be("old");
        Directory.GetFiles(_folder.Path).Should().Equal(_zip);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_an_error_that_names_it() =>
        _ml.Model.Invoking(it => it.SaveAtomically(_fitted, _data.Schema, "/proc/no-such-place/model.zip"))
            .Should().Throw<IOException>().WithMessage("*/proc/no-such-place*");

    [Fact]
    public void A_zip_cut_at_any_place_is_an_error_and_never_a_model()
    {
        _ml.Model.SaveAtomically(_fitted, _data.Schema, _zip);
        byte[] bytes = File.ReadAllBytes(_zip);
        for (int length = 0; length < bytes.Length; length += length > bytes.Length - 100 ? 1 : bytes.Length / 50)
        {
            using var cut = new MemoryStream(bytes, 0, length);
            cut.Invoking(it => new MLContext().Model.Load(it, out _)).Should().Throw<Exception>($"{length} of {bytes.Length} bytes are there");
        }
    }

    [Fact]
    public void A_zip_with_a_damaged_byte_is_an_error_or_a_model_and_never_more()
    {
        _ml.Model.SaveAtomically(_fitted, _data.Schema, _zip);
        var random = new Random(11);
        int refused = 0;
        for (int trial = 0; trial < 60; trial++)
        {
            byte[] bytes = File.ReadAllBytes(_zip);
            bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
            try
            {
                ((IDisposable)new MLContext().Model.Load(new MemoryStream(bytes), out _)).Dispose();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                refused++;
            }
        }
        refused.Should().BePositive();
    }

    private ITransformer Load() => _ml.Model.Load(_zip, out _);

    /// <summary>A file on a disk with little room.</summary>
    private sealed class FullDisk(FileStream file, long room) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => file.Length;

        public override long Position { get => file.Position; set => file.Position = value; }

        public override void Flush() => file.Flush();

        public override int Read(byte[] buffer, int offset, int count) => file.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

        public override void SetLength(long value) => file.SetLength(value);

        public override void Write(byte[] buffer, int offset, int count)
        {
            int fits = (int)Math.Clamp(room - file.Position, 0, count);
            file.Write(buffer, offset, fits);
            if (fits < count) throw new IOException("No space left on device");
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) file.Dispose();
            base.Dispose(disposing);
        }
    }
}
