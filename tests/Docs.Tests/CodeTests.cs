namespace MLNetAttn.Docs.Tests;

public sealed class CodeTests
{
    [Theory]
    [MemberData(nameof(Page.Names), MemberType = typeof(Page))]
    public void Code_of_a_page_compiles(string page) => string.Join('\n', PageProgram.Errors(page)).Should().BeEmpty();

    [Fact]
    public void There_is_code()
    {
        string[] pages = [.. Page.Names().Select(row => row.Data).Where(page => Page.Read(page).Blocks.Any(block => block.Language == "csharp"))];
        pages.Should().Contain(["README.md", PageProgram.Index, "docs/rewards.md", "docs/report.md", "docs/analyses.md"]);
    }

    [Fact]
    public void Blocks_say_their_language_so_that_none_goes_unread() => AllLanguages().Should().BeSubsetOf(["csharp", "bash", "json", "xml", "text"]);

    [Fact]
    public void An_error_names_page_line_and_what_the_compiler_says() => PageProgram
        .Errors("docs/page.md", [new CodeBlock("csharp", 7, "int one = 1;\nint two = One;")], () => [])
        .Should().Equal("docs/page.md:8: CS0103: The name 'One' does not exist in the current context");

    [Fact]
    public void Later_blocks_see_earlier_ones_and_the_page_that_is_continued_whose_names_can_be_declared_anew()
    {
        CodeBlock[] index = [new("csharp", 1, "using System.Text;\nvar text = new StringBuilder();\nint count = 3;")];
        PageProgram
            .Errors(
                "docs/page.md",
                [
                    new CodeBlock("csharp", 1, "text.Append(count);\nstring count2 = new Pair(\"a\").Name;\nrecord Pair(string Name);"),
                    new CodeBlock("csharp", 9, "double count = count2.Length;"),
                ],
                () => index)
            .Should().NotBeEmpty("a name is used and then declared anew");
        PageProgram
            .Errors(
                "docs/page.md",
                [
                    new CodeBlock("csharp", 1, "text.Append(1);\nstring name = new Pair(\"a\").Name;\nrecord Pair(string Name);"),
                    new CodeBlock("csharp", 9, "double count = name.Length;"),
                ],
                () => index)
            .Should().BeEmpty();
    }

    [Fact]
    public void Guides_stand_alone_and_no_page_sees_anything_internal()
    {
        CodeBlock[] index = [new("csharp", 1, "int count = 3;")];
        PageProgram
            .Errors("docs/guides/page.md", [new CodeBlock("csharp", 1, "int two = count;")], () => index)
            .Should().ContainSingle().Which.Should().Contain("'count'");
        PageProgram
            .Errors(
                "docs/page.md",
                [new CodeBlock("csharp", 1, "using MLNetAttn.Pipelines;\nstring names = typeof(StoredMap).Name + typeof(ReportJson).Name;")],
                () => index)
            .Should().ContainSingle().Which.Should().Contain("inaccessible");
    }

    private static string[] AllLanguages() => [.. Page.Names().SelectMany(row => Page.Read(row.Data).Blocks).Select(block => block.Language).Distinct()];
}
