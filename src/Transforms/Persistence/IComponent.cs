using Microsoft.ML;

namespace MLNetAttn.Transforms;

/// <summary>A transformer that lives in a model zip: it writes its state here, and has a constructor <c>(IHostEnvironment, ComponentReader)</c> that reads it
/// back.</summary>
internal interface IComponent : ITransformer
{
    /// <summary>Writes what the loading constructor needs.</summary>
    void Save(ComponentWriter writer);
}
