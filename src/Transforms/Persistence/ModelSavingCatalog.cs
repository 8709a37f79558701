using Microsoft.ML;
using MLNetAttn.Transforms;

namespace MLNetAttn;

/// <summary>Adds <c>SaveAtomically</c> to <c>mlContext.Model</c>.</summary>
public static class ModelSavingCatalog
{
    /// <summary>Saves a model like <c>mlContext.Model.Save</c>, but all or nothing: the zip is written beside the file and moved into its place when it is
    /// whole and on the disk.</summary>
    /// <remarks>Whatever happens before that, a full disk, an exception or a kill, an older file stays as it was; a kill leaves a file *.tmp beside it.
    /// <c>mlContext.Model.Load</c> loads the zip.</remarks>
    /// <param name="catalog">The model operations' catalog.</param>
    /// <param name="model">The model to save.</param>
    /// <param name="inputSchema">The schema of its input; it may be null.</param>
    /// <param name="filePath">The zip.</param>
    /// <exception cref="IOException">The disk is full or cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void SaveAtomically(this ModelOperationsCatalog catalog, ITransformer model, DataViewSchema? inputSchema, string filePath) =>
        AtomicZip.Write(filePath, stream => catalog.Save(model, inputSchema, stream));
}
