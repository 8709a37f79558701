using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNetAttn.Modeling.Tests;

/// <summary>
/// A damaged template is refused with a clear error or renders; none crashes, hangs or takes memory out of proportion. A run outside CI takes
/// MLNETATTN_FUZZ, the number of mutated templates.
/// </summary>
public sealed partial class ChatTemplateFuzzTests
{
    private const long MaximumAllocation = 4L << 30;

    private static readonly int Templates = int.TryParse(Environment.GetEnvironmentVariable("MLNETATTN_FUZZ"), out int count) ? count : 3000;

    private static readonly string[] Snippets =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}",
        "{% for x in messages %}", "{% endfor %}", "{% if x %}", "{% else %}", "{% endif %}",
        "{% macro m(x) %}", "{% endmacro %}", "{{ m(x) }}", "{{ loop(x) }}",
        "{% set ns.x = ns.x + ns.x %}", "{% set x = namespace(x=x) %}", "{% raw %}", "{% break %}", "{% generation %}",
        "range(100000)", " * 1000000", " ** 99999", " | tojson(indent=9)", " | indent(99999)",
        " | join(x)", ".replace('', x)", ".split()", " | map('upper')", " | list", " | string", " | sort",
        "[::-1]", "[1:]", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "~",
        " in ", " is ", " not ", " recursive ", "messages",
        "|", ".", ",", "=", "0", "-1", "1e999", "none", "\n", "\r\n", " ", "\u00A0", "é", "\uD83D\uDE00", "\uD800", "\0", "__class__", "*args", "**kwargs",
    ];

    private static readonly string[][] Pieces = [.. ReadOriginals().Select(original => Tokens().Matches(original).Select(match => match.Value).ToArray())];

    private static readonly JsonElement Messages = JsonDocument.Parse(
        """[{"role": "system", "content": "s"}, {"role": "user", "content": "é 😀"}, {"role": "assistant", "content": "<think>t</think>a", "tool_calls": [{"id": "123456789", "function": {"name": "f", "arguments": {"k": [1, null]}}}]}, {"role": "tool", "content": "r"}]""").RootElement;

    private static readonly ChatTemplateOptions Options = new()
    {
        AddGenerationPrompt = true,
        Clock = FixedClock.Instance,
        Tools =
        [
            JsonDocument.Parse("""{"type": "function", "function": {"name": "f", "parameters": {"properties": {"k": {"type": "string"}}}}}""").RootElement,
        ],
    };

    [Fact]
    public void A_damaged_template_is_refused_or_renders()
    {
        int rendered = 0;
        for (int seed = 0; seed < Templates; seed++)
        {
            string template = Damage(new Random(seed));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ChatTemplate.Parse(template).Render(Messages, Options).Length.Should().BeLessThan(100_000_000);
                rendered++;
            }
            catch (Exception exception) when (exception is InvalidDataException or NotSupportedException
                || (exception is ArgumentException && exception.Message.Contains("refuses", StringComparison.Ordinal)))
            {
                exception.Message.Should().Contain("the chat template, line ");
            }
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(MaximumAllocation, template);
        }
        rendered.Should().BeGreaterThan(Templates / 20, "damage that no template survives tests only the parser");
    }

    /// <summary>Removes, doubles, moves, puts in or changes a few pieces; some templates are made of nothing but snippets.</summary>
    private static string Damage(Random random)
    {
        List<string> pieces = random.Next(10) == 0 ? [] : [.. Pieces[random.Next(Pieces.Length)]];
        for (int change = random.Next(1, pieces.Count == 0 ? 30 : 6); change > 0; change--)
        {
            int at = random.Next(pieces.Count + 1), length = Math.Min(random.Next(1, 12), pieces.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    pieces.RemoveRange(at, length);
                    break;
                case 1:
                    pieces.InsertRange(at, pieces.GetRange(at, length));
                    break;
                case 2:
                    List<string> moved = pieces.GetRange(at, length);
                    pieces.RemoveRange(at, length);
                    pieces.InsertRange(random.Next(pieces.Count + 1), moved);
                    break;
                case 3 when length > 0:
                    pieces[at] = Snippets[random.Next(Snippets.Length)];
                    break;
                case 4 when length > 0:
                    // A piece of another template, mostly one that fits the grammar.
                    string[] other = Pieces[random.Next(Pieces.Length)];
                    pieces[at] = other[random.Next(other.Length)];
                    break;
                default:
                    pieces.Insert(at, Snippets[random.Next(Snippets.Length)]);
                    break;
            }
        }
        return string.Concat(pieces);
    }

    /// <summary>Templates of the fixtures, short ones and whole ones.</summary>
    private static string[] ReadOriginals()
    {
        string path = Repository.Path("tests", "Modeling.Tests", "ChatTemplates", "Fixtures", "jinja.cases.jsonl");
        string[] all = [.. File.ReadLines(path).Skip(1)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("template", out _))
            .Select(line => line.GetProperty("template").GetString()!)
            .Where(template => template.Length > 0)];
        // Whole templates are few among the cases of single expressions.
        return [.. all, .. Enumerable.Repeat(all.Where(template => template.Length > 500), 100).SelectMany(templates => templates)];
    }

    [GeneratedRegex(@"\s+|\w+|'[^']*'|\{[{%#]-?|-?[}%#]\}|.", RegexOptions.Singleline)]
    private static partial Regex Tokens();
}
