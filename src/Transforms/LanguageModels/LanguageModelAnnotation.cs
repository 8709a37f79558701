using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Annotations of a column that a language model wrote. They let <c>AttentionRhythm()</c> analyse a response with the very model, the very tokens and
/// the very reading of the prompt that it was written with.</summary>
public static class LanguageModelAnnotation
{
    /// <summary>The annotation that names the model: text, its <see cref="CausalLanguageModel.Fingerprint"/>. The model is found as long as it lives in this
    /// process.</summary>
    public const string Kind = "LanguageModel";

    /// <summary>The annotation of a text column that names the column with the token ids of the text, which tokenizing the text again need not give.</summary>
    public const string TokenIdsKind = "TokenIds";

    /// <summary>The annotation of a text column that says which tokenizer's these ids are: text, a fingerprint of its ids and tokens. A model with another
    /// tokenizer reads the text. Without it, ids are taken for those of whichever model reads them.</summary>
    public const string TokenizerKind = "Tokenizer";

    /// <summary>The annotation that names the column of the prompt that was answered: text.</summary>
    public const string PromptColumnKind = "PromptColumn";

    /// <summary>The annotation that says what text of that column was taken for: text, the name of a <see cref="PromptFormat"/>.</summary>
    public const string PromptFormatKind = "PromptFormat";

    /// <summary>The annotation that says whether text of that column got the special tokens that the tokenizer puts around a text: Boolean.</summary>
    public const string AddSpecialTokensKind = "AddSpecialTokens";

    /// <summary>The annotations of a column that a model writes.</summary>
    /// <param name="handle">The model. Its fingerprint is computed when the annotation is read.</param>
    /// <param name="prompts">How the prompts are read.</param>
    /// <param name="tokenIdsColumnName">The column of the token ids; null for that column itself.</param>
    internal static DataViewSchema.Annotations Create(LanguageModelHandle handle, PromptReader prompts, string? tokenIdsColumnName = null)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add<ReadOnlyMemory<char>>(Kind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = handle.PublishFingerprint().AsMemory());
        if (tokenIdsColumnName is not null) AddTokenIds(builder, tokenIdsColumnName, handle.Model);
        AddPrompts(builder, prompts);
        return builder.ToAnnotations();
    }

    /// <summary>The annotations of a text column that came with its token ids, and that is not to say by which model.</summary>
    /// <param name="tokenIdsColumnName">The column of the token ids.</param>
    /// <param name="prompts">How the prompts were read.</param>
    /// <param name="model">Wrote it; null = one whose tokenizer is not known.</param>
    internal static DataViewSchema.Annotations OfTokenIds(string tokenIdsColumnName, PromptReader prompts, CausalLanguageModel? model)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        AddTokenIds(builder, tokenIdsColumnName, model);
        AddPrompts(builder, prompts);
        return builder.ToAnnotations();
    }

    /// <summary>The model that wrote a column.</summary>
    /// <exception cref="InvalidOperationException">The column does not say, or the model does not live in this process.</exception>
    internal static LanguageModelHandle FindModel(IExceptionContext context, DataViewSchema.Column column)
    {
        string fingerprint;
        try
        {
            fingerprint = Read(column, Kind) ?? throw Unknown(context, column.Name);
        }
        catch (ObjectDisposedException exception)
        {
            throw context.Process(new InvalidOperationException(
                $"Column '{column.Name}' was written by a language model that was disposed since. Pass a model, as in AttentionRhythm(model).",
                exception));
        }
        return LanguageModelRegistry.Find(fingerprint) ?? throw context.Process(new InvalidOperationException(
            $"Column '{column.Name}' was written by a language model (fingerprint {fingerprint}) that is not in this process: it was disposed, or the data comes from elsewhere. Pass the model, as in AttentionRhythm(model)."));
    }

    /// <summary>Checks that a column will say which model wrote it.</summary>
    /// <exception cref="InvalidOperationException">It will not.</exception>
    internal static void RequireModel(IExceptionContext context, SchemaShape.Column column)
    {
        if (column.Annotations.All(annotation => annotation.Name != Kind)) throw Unknown(context, column.Name);
    }

    /// <summary>The name of the column with the token ids of a text column; null if it has none.</summary>
    internal static string? TokenIdsColumnName(DataViewSchema.Column column) => Read(column, TokenIdsKind);

    /// <summary>Whether the token ids of a text column are another tokenizer's than a model's, so that they mean something else to it.</summary>
    internal static bool HasForeignIds(DataViewSchema.Column column, CausalLanguageModel model) =>
        model.HasTokenizer && Read(column, TokenizerKind) is { } writer && writer != model.Tokenizer.Fingerprint;

    /// <summary>How the prompt that a column answers was read; null where it does not say.</summary>
    internal static PromptReader? Prompts(DataViewSchema.Column column)
    {
        if (Read(column, PromptColumnKind) is not { } name
            || !Enum.TryParse(Read(column, PromptFormatKind), out PromptFormat format)
            || column.Annotations.Schema.GetColumnOrNull(AddSpecialTokensKind) is not { Type: BooleanDataViewType })
            return null;
        bool addSpecialTokens = false;
        column.Annotations.GetValue(AddSpecialTokensKind, ref addSpecialTokens);
        return new PromptReader(name, format, addSpecialTokens);
    }

    private static void AddTokenIds(DataViewSchema.Annotations.Builder builder, string column, CausalLanguageModel? model)
    {
        builder.AddPrimitiveValue(TokenIdsKind, TextDataViewType.Instance, column.AsMemory());
        if (model is not { HasTokenizer: true }) return;
        // The tokenizer outlives the model, whose weights may be gone when it is asked for.
        Tokenizer tokenizer = model.Tokenizer;
        builder.Add<ReadOnlyMemory<char>>(
            TokenizerKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = tokenizer.Fingerprint.AsMemory());
    }

    private static void AddPrompts(DataViewSchema.Annotations.Builder builder, PromptReader prompts)
    {
        builder.AddPrimitiveValue(PromptColumnKind, TextDataViewType.Instance, prompts.ColumnName.AsMemory());
        builder.AddPrimitiveValue(PromptFormatKind, TextDataViewType.Instance, prompts.Format.ToString().AsMemory());
        builder.AddPrimitiveValue(AddSpecialTokensKind, BooleanDataViewType.Instance, prompts.AddSpecialTokens);
    }

    private static string? Read(DataViewSchema.Column column, string kind)
    {
        if (column.Annotations.Schema.GetColumnOrNull(kind) is not { } annotation || annotation.Type is not TextDataViewType) return null;
        ReadOnlyMemory<char> value = default;
        column.Annotations.GetValue(kind, ref value);
        return value.ToString();
    }

    private static InvalidOperationException Unknown(IExceptionContext context, string column) => context.Process(new InvalidOperationException(
        $"No language model was given, and column '{column}' does not say which one wrote it (annotation '{Kind}', as GenerateText and the trainers' policies set it). Pass the model, as in AttentionRhythm(model)."));
}
