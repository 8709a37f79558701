using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>What training leaves out of the inputs of adapters. The numbers follow from seed, update, pass and matrix alone: there is no random state to
/// keep.</summary>
/// <param name="rate">The share that is left out.</param>
/// <param name="seed">The random stream of the update that is being prepared.</param>
internal sealed class AdapterDropout(double rate, Func<ulong> seed)
{
    private ulong _update;

    /// <summary>The forward pass of the update that numbers are for.</summary>
    public int Pass { get; set; } = -1;

    /// <summary>Begins a forward pass with a gradient: each of an update has numbers of its own.</summary>
    public void Begin()
    {
        ulong update = seed();
        (Pass, _update) = (update == _update ? Pass + 1 : 0, update);
    }

    /// <summary>An input of which a share is 0 and the rest is scaled up.</summary>
    /// <param name="input">[.., in].</param>
    /// <param name="matrix">Which matrix of the model reads it.</param>
    public Tensor Apply(Tensor input, int matrix)
    {
        using var generator = new Generator(RandomUniform.Branch(RandomUniform.Branch(_update, Pass), matrix), input.device);
        using Tensor dropped = empty(input.shape, ScalarType.Bool, input.device).bernoulli_(rate, generator);
        return input.Masked(dropped, 0).Over(1 - rate);
    }
}
