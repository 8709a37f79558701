using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MLNetAttn.Docs.Tests;

/// <summary>What .editorconfig and CONTRIBUTING.md ask of source files and no tool checks.</summary>
public sealed partial class SourceTests
{
    private const int Columns = 160, Lines = 400;

    public static IEnumerable<TheoryDataRow<string>> Folders =>
        new[] { "src", "examples", "tests", "benchmarks", "eng" }.Select(folder => new TheoryDataRow<string>(folder));

    [Theory]
    [MemberData(nameof(Folders))]
    public void Lines_have_160_columns_but_for_a_long_literal_and_files_have_400_lines(string folder)
    {
        string root = Repository.Path(folder);
        string[] files =
        [
            .. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
                .Where(file => !Generated().IsMatch(Path.GetRelativePath(root, file))),
        ];
        files.Should().NotBeEmpty();
        files.SelectMany(Excesses).Should().BeEmpty();
    }

    [Theory]
    [InlineData("var x = 1;", true)]
    [InlineData("/// | a table | is not broken |", true)]
    [InlineData("throw new InvalidOperationException(LITERAL);", false)]
    [InlineData("    $LITERAL,", true)]
    [InlineData("var text = \"\"\"\nLITERAL\n\"\"\";", true)]
    public void A_literal_may_be_long_where_it_has_a_line_of_its_own(string code, bool isAllowed)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.cs"), code.Replace("LITERAL", '"' + new string('x', Columns) + '"', StringComparison.Ordinal));
        Excesses(folder.File("a.cs")).Any().Should().Be(!isAllowed);
    }

    private static IEnumerable<string> Excesses(string file)
    {
        string text = File.ReadAllText(file);
        string[] lines = text.Split('\n');
        if (lines.Length > Lines + 1) yield return $"{file} has {lines.Length - 1} lines";
        if (lines.All(line => line.Length <= Columns)) yield break;
        // Text that goes over several lines is as it is.
        SyntaxNode syntax = CSharpSyntaxTree.ParseText(text).GetRoot(default);
        HashSet<int> texts = [.. syntax.DescendantTokens()
            .Select(token => token.GetLocation().GetLineSpan())
            .SelectMany(span => Enumerable.Range(span.StartLinePosition.Line + 1, span.EndLinePosition.Line - span.StartLinePosition.Line))];
        for (int i = 0; i < lines.Length; i++)
            if (lines[i].Length > Columns && !texts.Contains(i) && !Whole().IsMatch(lines[i])) yield return $"{file}:{i + 1} has {lines[i].Length} columns";
    }

    // A literal with little before it, the row of a table, a command.
    [GeneratedRegex("""^\s*([^"]{0,24}"|/// [|]|/// dotnet )""")]
    private static partial Regex Whole();

    [GeneratedRegex(@"(^|[/\\])(bin|obj)[/\\]")]
    private static partial Regex Generated();
}
