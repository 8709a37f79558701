using System.Collections.Frozen;
using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>
/// Writes conversations the way a model was trained on them: the Jinja template of a Hugging Face folder, rendered as transformers does.
/// Safe for any number of threads.
/// </summary>
/// <remarks>
/// <para>A template is untrusted input: its time, memory and nesting are bounded in proportion to the conversation.</para>
/// <para>
/// Encode the text without adding special tokens: the template has written them. Those that a message spells out are special tokens too: take
/// them out of what others wrote before it is rendered.
/// </para>
/// </remarks>
public sealed class ChatTemplate
{
    private readonly FrozenDictionary<string, Lazy<JinjaTemplate>> _templates;
    private readonly IReadOnlyDictionary<string, string> _tokens;
    private readonly string _location;

    private ChatTemplate(IReadOnlyDictionary<string, (string Source, string Location)> templates, IReadOnlyDictionary<string, string> tokens, string location)
    {
        _templates = templates.ToFrozenDictionary(
            template => template.Key, template => new Lazy<JinjaTemplate>(() => JinjaTemplate.Parse(template.Value.Source, template.Value.Location)));
        (_tokens, _location) = (tokens, location);
    }

    /// <summary>Reads a template.</summary>
    /// <param name="source">The template, in Jinja.</param>
    /// <param name="specialTokens">The special tokens that it finds by name, such as <c>bos_token</c>; null = none.</param>
    /// <exception cref="InvalidDataException">The template is malformed; the message says where.</exception>
    /// <exception cref="NotSupportedException">It uses a block, filter or test that is not known; the message names it and says where.</exception>
    public static ChatTemplate Parse(string source, IReadOnlyDictionary<string, string>? specialTokens = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        const string Location = "the chat template";
        Dictionary<string, (string, string)> templates = new() { [ChatTemplateFiles.Default] = (source, Location) };
        ChatTemplate template = new(templates, specialTokens ?? FrozenDictionary<string, string>.Empty, Location);
        _ = template._templates[ChatTemplateFiles.Default].Value;
        return template;
    }

    /// <summary>
    /// Reads the template of a Hugging Face folder: chat_template.jinja, else the <c>chat_template</c> of tokenizer_config.json. Of several named
    /// templates "default" is used, or "tool_use" where tools are given. A template that is not used is not parsed.
    /// </summary>
    /// <param name="folder">The folder's path.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder has no chat template.</exception>
    /// <exception cref="InvalidDataException">A file is no valid JSON or UTF-8, or a template in it is no text.</exception>
    public static ChatTemplate FromPretrained(string folder) => FromPretrained(new FolderSource(folder));

    /// <summary>As <see cref="FromPretrained(string)"/>, from wherever the files lie.</summary>
    /// <param name="source">The files.</param>
    /// <inheritdoc cref="FromPretrained(string)" path="/exception"/>
    public static ChatTemplate FromPretrained(ICheckpointSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Find(file => source.Exists(file) ? CheckpointFiles.ReadSmall(source, file) : null, file => CheckpointFiles.Locate(source, file), source.Location)
            ?? throw new FileNotFoundException(
                $"'{source.Location}' has no chat template: neither a file {TokenizerFiles.ChatTemplate} nor a 'chat_template' in {TokenizerFiles.Config}.",
                CheckpointFiles.Locate(source, TokenizerFiles.ChatTemplate));
    }

    /// <summary>Writes a conversation as the model's prompt.</summary>
    /// <param name="messages">The messages; at least one.</param>
    /// <param name="addGenerationPrompt">Whether the beginning of an answer of the model follows. Default false.</param>
    /// <param name="variables">What else the template finds by name, such as <c>enable_thinking</c>: see <see cref="ChatTemplateOptions.Variables"/>. Null =
    /// nothing.</param>
    /// <inheritdoc cref="Render(JsonElement, ChatTemplateOptions)" path="/exception"/>
    /// <returns>The prompt.</returns>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = false, IReadOnlyDictionary<string, object?>? variables = null) =>
        Render(messages, new ChatTemplateOptions
        {
            AddGenerationPrompt = addGenerationPrompt,
            Variables = variables ?? FrozenDictionary<string, object?>.Empty,
        });

    /// <summary>As <see cref="Render(IReadOnlyList{ChatMessage}, bool, IReadOnlyDictionary{string, object})"/>, with all options.</summary>
    /// <param name="messages">The messages; at least one.</param>
    /// <param name="options">Tools, variables, and how the text ends.</param>
    /// <inheritdoc cref="Render(JsonElement, ChatTemplateOptions)" path="/exception"/>
    /// <returns>The prompt.</returns>
    public string Render(IReadOnlyList<ChatMessage> messages, ChatTemplateOptions options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(options);
        return Render(variables => variables.Convert(messages), options);
    }

    /// <summary>Writes a conversation as the model's prompt, its messages as the JSON that chat services exchange: the template sees every field, in its
    /// order.</summary>
    /// <param name="messages">A JSON list of objects; at least one.</param>
    /// <param name="options">Tools, variables, and how the text ends; null = as they are by default.</param>
    /// <exception cref="ArgumentException">
    /// There is no message; the template refuses the conversation, in its own words; an option or value is out of range; or the last message
    /// cannot be continued.
    /// </exception>
    /// <exception cref="InvalidDataException">The template is malformed, does what Jinja refuses, or takes time or space out of proportion; the message says
    /// where.</exception>
    /// <exception cref="NotSupportedException">The template uses what is not known; the message names it and says where.</exception>
    /// <returns>The prompt.</returns>
    public string Render(JsonElement messages, ChatTemplateOptions? options = null) =>
        Render(variables => variables.Convert(messages), options ?? new ChatTemplateOptions());

    /// <summary>The template of these files, or null if they hold none.</summary>
    internal static ChatTemplate? Find(Func<string, byte[]?> find, Func<string, string> locate, string location)
    {
        ChatTemplateFiles files = ChatTemplateFiles.Read(find, locate);
        return files.Templates.Count > 0 ? new ChatTemplate(files.Templates, files.Tokens, location) : null;
    }

    private string Render(Func<TemplateVariables, JinjaList> convert, ChatTemplateOptions options)
    {
        options.Validate();
        TemplateVariables variables = new();
        JinjaList messages = convert(variables);
        if (messages.Values.Count == 0)
            throw new ArgumentException("There is no message; expected at least one.");
        JinjaTemplate template = Choose(options.Tools is not null);
        FinalMessage? final = options.ContinueFinalMessage ? FinalMessage.MarkIn(messages, template.Source) : null;
        foreach ((string name, string token) in _tokens)
            variables.Set(name, token);
        variables.Set("documents", JinjaNone.Instance);
        foreach ((string name, object? value) in options.Variables)
            variables.Set(name, value);
        variables.Set("messages", final?.Messages ?? messages);
        variables.Set("tools", options.Tools);
        variables.Set("add_generation_prompt", JinjaBoolean.Of(options.AddGenerationPrompt));
        string rendered = template.Render(variables.Values, variables.Size, options.Clock);
        return final?.Cut(rendered) ?? rendered;
    }

    private JinjaTemplate Choose(bool withTools)
    {
        if (withTools && _templates.TryGetValue(ChatTemplateFiles.ToolUse, out Lazy<JinjaTemplate>? template))
            return template.Value;
        if (_templates.TryGetValue(ChatTemplateFiles.Default, out template))
            return template.Value;
        string names = string.Join(", ", _templates.Keys.Order(StringComparer.Ordinal).Select(name => $"'{name}'"));
        throw new InvalidDataException($"'{_location}' has chat templates named {names}, but none named '{ChatTemplateFiles.Default}'.");
    }
}
