using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class KeyValueCacheTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Passes_with_a_cache_that_grows_equal_one_pass_without(int step)
    {
        using CausalLanguageModel model = TinyModel.Create();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor ids = tensor(TinyModel.Ids(40, 1).Concat(TinyModel.Ids(40, 2)).Select(i => (long)i).ToArray(), [2, 40]);
        Tensor whole = model.Decoder.Forward(ids);
        using var cache = new KeyValueCache(model.Config, batch: 2, capacity: 3, ScalarType.Float32, CPU);
        for (int start = 0; start < 40; start += step)
        {
            Tensor part = model.Decoder.Forward(ids.narrow(1, start, step), cache);
            (part - whole.narrow(1, start, step)).abs().max().ToDouble().Should().BeLessThan(1e-4);
        }
        cache.Length.Should().Be(40);
    }

    [Fact]
    public void Selected_rows_go_on_as_if_they_had_always_been_alone()
    {
        using CausalLanguageModel model = TinyModel.Create();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor ids = tensor(TinyModel.Ids(10, 1).Concat(TinyModel.Ids(10, 2)).Select(i => (long)i).ToArray(), [2, 10]),
            next = tensor(new long[] { 7, 7, 7 }).unsqueeze(1);
        using var cache = new KeyValueCache(model.Config, batch: 2, capacity: 10, ScalarType.Float32, CPU);
        model.Decoder.Forward(ids, cache);
        cache.Select(tensor(new long[] { 1, 0, 1 }), capacity: 11);
        Tensor continued = model.Decoder.Forward(next, cache);
        Tensor whole = model.Decoder.Forward(cat([ids.index_select(0, tensor(new long[] { 1, 0, 1 })), next], 1)).narrow(1, 10, 1);
        (continued - whole).abs().max().ToDouble().Should().BeLessThan(1e-4);
    }

    [Fact]
    public void It_grows_to_its_limit_and_takes_the_bytes_that_were_foretold()
    {
        using CausalLanguageModel model = TinyModel.Create();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var cache = new KeyValueCache(model.Config, batch: 2, capacity: 4, ScalarType.Float32, CPU, limit: 13);
        for (int i = 0; i < 13; i++) model.Decoder.Forward(ones(2, 1, dtype: ScalarType.Int64), cache);
        cache.Capacity.Should().Be(13);
        cache.Select(tensor(new long[] { 0, 1, 1 }), capacity: 99);
        cache.Capacity.Should().Be(13);
        cache.Tensors().Sum(tensor => tensor.numel() * tensor.ElementSize)
            .Should().Be(KeyValueCache.Bytes(model.Config, rows: 3, positions: 13, elementSize: sizeof(float)));
    }
}
