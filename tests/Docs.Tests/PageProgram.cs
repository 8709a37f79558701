using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MLNetAttn.Docs.Tests;

/// <summary>The C# blocks of a page as the one program that a reader makes of them.</summary>
/// <remarks>
/// Blocks follow each other: a later one sees what an earlier one declared. README.md and the guides stand alone, but for the using directives that every new
/// project has. Any other page continues docs/README.md, whose block declares what pages take for granted; it may declare the same names anew.
/// </remarks>
internal static class PageProgram
{
    /// <summary>The page that says what others take for granted.</summary>
    public const string Index = "docs/README.md";

    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;

        """;

    private static readonly CSharpParseOptions Parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);

    private static readonly CSharpCompilationOptions Options = new(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);

    // What a user's project would reference: these tests' own references, without access to anything internal.
    private static readonly Lazy<MetadataReference[]> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(file => MetadataReference.CreateFromFile(file))]);

    /// <summary>What the compiler has to say of a page, as "page:line: error"; empty = it compiles.</summary>
    public static IReadOnlyList<string> Errors(string name) => Errors(name, [.. Page.Read(name).Blocks], () => [.. Page.Read(Index).Blocks]);

    /// <summary>What the compiler has to say of blocks.</summary>
    /// <param name="name">The page they are from.</param>
    /// <param name="blocks">The page's blocks, in any language.</param>
    /// <param name="index">The blocks of the page that is continued.</param>
    public static IReadOnlyList<string> Errors(string name, IReadOnlyList<CodeBlock> blocks, Func<IReadOnlyList<CodeBlock>> index)
    {
        Part[] page = Parse(name, blocks);
        if (page.Length == 0) return [];
        Part[] before =
            name == Index
            || !name.StartsWith("docs/", StringComparison.Ordinal)
            || name.StartsWith("docs/guides/", StringComparison.Ordinal)
                ? []
                : Parse(Index, index());
        var text = new StringBuilder(ImplicitUsings);
        foreach (Part part in before.Concat(page)) part.Append(text, part.Root.Usings);
        foreach (Part part in before) part.Append(text, part.Root.Members.OfType<GlobalStatementSyntax>());
        // Inside a function names may be declared anew.
        text.AppendLine()
            .AppendLine("#line hidden")
            .AppendLine("await Page();")
            .AppendLine("async Task Page()")
            .AppendLine("{")
            .AppendLine("await Task.CompletedTask;");
        foreach (Part part in page) part.Append(text, part.Root.Members.OfType<GlobalStatementSyntax>());
        text.AppendLine().AppendLine("#line hidden").AppendLine("}");
        foreach (Part part in before.Concat(page)) part.Append(text, part.Root.Members.Where(member => member is not GlobalStatementSyntax));
        return [.. CSharpCompilation.Create("page", [CSharpSyntaxTree.ParseText(text.ToString(), Parsing)], References.Value, Options).GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error || diagnostic.Id is "CS0618" or "CS0612").Select(Message)];
    }

    private static Part[] Parse(string page, IEnumerable<CodeBlock> blocks) =>
    [
        .. blocks
            .Where(block => block.Language == "csharp")
            .Select(block => new Part(page, block, (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(block.Text, Parsing).GetRoot())),
    ];

    private static string Message(Diagnostic diagnostic)
    {
        FileLinePositionSpan place = diagnostic.Location.GetMappedLineSpan();
        return $"{place.Path}:{place.StartLinePosition.Line + 1}: {diagnostic.Id}: {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}";
    }

    private sealed record Part(string Page, CodeBlock Block, CompilationUnitSyntax Root)
    {
        /// <summary>Appends some of the block's code, with the page's line numbers.</summary>
        public void Append(StringBuilder text, IEnumerable<SyntaxNode> nodes)
        {
            foreach (SyntaxNode node in nodes)
                text.AppendLine()
                    .AppendLine(
                        System.Globalization.CultureInfo.InvariantCulture,
                        $"#line {Block.Line + node.GetLocation().GetLineSpan().StartLinePosition.Line} \"{Page}\"")
                    .AppendLine(node.ToString());
        }
    }
}
