using System.Text;
using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>What a checkpoint's files say about chats: its templates by name, and the tokens that they name.</summary>
internal sealed class ChatTemplateFiles
{
    /// <summary>The template that is used unless another is meant.</summary>
    public const string Default = "default";

    /// <summary>The template that is used with tools, where there is one.</summary>
    public const string ToolUse = "tool_use";

    private static readonly string[] SpecialTokens = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly Dictionary<string, (string Source, string Location)> _templates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);

    /// <summary>The sources of the templates, and what messages call them.</summary>
    public IReadOnlyDictionary<string, (string Source, string Location)> Templates => _templates;

    /// <summary>The special tokens, by the names that templates find them under.</summary>
    public IReadOnlyDictionary<string, string> Tokens => _tokens;

    /// <param name="find">A file's bytes, or null where it is absent.</param>
    /// <param name="locate">How a file is named in messages.</param>
    /// <exception cref="InvalidDataException">A file is no valid JSON or UTF-8, or a template or token in it is no text.</exception>
    public static ChatTemplateFiles Read(Func<string, byte[]?> find, Func<string, string> locate)
    {
        ChatTemplateFiles files = new();
        SpecialTokenNames names = new(find, locate);
        foreach (string purpose in SpecialTokens)
            if (names.Find(purpose) is ({ Length: > 0 } token, _))
                files._tokens[purpose] = token;
        if (find(TokenizerFiles.Config) is { } config)
            files.ReadTemplates(JsonFields.Parse(config, locate(TokenizerFiles.Config)), locate(TokenizerFiles.Config));
        if (find(TokenizerFiles.ChatTemplate) is { } template)
        {
            // The file replaces whatever tokenizer_config.json holds.
            files._templates.Clear();
            files._templates[Default] = (ReadText(template, locate(TokenizerFiles.ChatTemplate)), locate(TokenizerFiles.ChatTemplate));
        }
        return files;
    }

    private void ReadTemplates(JsonFields config, string location)
    {
        const string Key = "chat_template";
        if (config.Has(Key) && config.Element.GetProperty(Key).ValueKind == JsonValueKind.Array)
            foreach (JsonFields template in config.Objects(Key)!)
                _templates[PartFields.RequiredText(template, "name", location)] =
                    (PartFields.RequiredText(template, "template", location), $"{location}, {Key}");
        else if (config.Text(Key) is { } source)
            _templates[Default] = (source, $"{location}, {Key}");
    }

    private static string ReadText(byte[] bytes, string location)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"{location}: the file is no valid UTF-8.", exception);
        }
    }
}
