using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using MLNetAttn.Cli;

namespace MLNetAttn.Docs.Tests;

public sealed partial class CommandTests
{
    private static readonly RootCommand Root = CommandLine.Create(new Streams(TextReader.Null, TextWriter.Null, TextWriter.Null, IsTerminal: false));

    [Theory]
    [MemberData(nameof(Page.Names), MemberType = typeof(Page))]
    public void Commands_of_a_page_are_what_the_tool_takes(string page) =>
        string.Join('\n', Page.Read(page).Blocks.Where(block => block.Language == "bash").SelectMany(block => Errors(block.Text))).Should().BeEmpty();

    [Fact]
    public void Examples_of_the_help_are_what_the_tool_takes()
    {
        Command[] commands = [.. Root.Subcommands.SelectMany(command => command.Subcommands.Count > 0 ? command.Subcommands : [command])];
        commands.Should().HaveCountGreaterThan(8);
        foreach (Command command in commands)
        {
            command.Description.Should().Contain("Example: ", command.Name);
            Errors(command.Description!).Should().BeEmpty();
        }
    }

    [Theory]
    [InlineData("mlnetattn anotate --model m", "anotate")]
    [InlineData("mlnetattn annotate --model m --receiver", "--receiver")]
    [InlineData("# first\necho '{\"a\": \"|\"}' | mlnetattn tokenize \\\n    --modle m", "--modle")]
    [InlineData("dotnet run -c Release --project src/Cli -- score --task chess", "chess")]
    public void What_the_tool_does_not_take_is_named(string text, string culprit) =>
        Errors(text).Should().NotBeEmpty().And.Contain(error => error.Contains(culprit, StringComparison.Ordinal));

    [Fact]
    public void There_are_commands() => Page.Read("docs/cli.md").Blocks
        .Where(block => block.Language == "bash")
        .Should().Contain(block => Call().IsMatch(block.Text));

    /// <summary>What the tool's parser has to say of its calls in a text; nothing is run.</summary>
    private static IEnumerable<string> Errors(string text) =>
        from call in Call().Matches(Continuation().Replace(text, " "))
        from error in Root.Parse([.. CommandLineParser.SplitCommandLine(call.Groups["arguments"].Value)]).Errors
        select $"{call.Value.Trim()}: {error.Message}";

    [GeneratedRegex(@"(^|\| *|[:;&] +)(\S*/)?(mlnetattn|dotnet run [^|\n]*src/Cli --)(?<arguments> [^|>&;\n#]*)", RegexOptions.Multiline)]
    private static partial Regex Call();

    [GeneratedRegex(@"\\\r?\n\s*")]
    private static partial Regex Continuation();
}
