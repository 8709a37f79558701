using System.Text.Json;

namespace MLNetAttn.Cli.Tests;

public class InputRowTests
{
    [Fact]
    public void Chat_templates_get_what_a_row_says_beside_its_messages_and_nothing_of_its_other_fields()
    {
        InputRow row = InputRow.Parse(1, """
            {"messages":[],"tools":[{"name":"f"}],"continue_final_message":true,"chat_template_kwargs":{"enable_thinking":false},"id":7,"prefix":"no variable"}
            """);
        Modeling.ChatTemplateOptions options = row.ChatOptions(addGenerationPrompt: true);
        (options.AddGenerationPrompt, options.ContinueFinalMessage).Should().Be((false, true));
        options.Tools.Should().ContainSingle();
        options.Variables.Should().ContainSingle().Which.Key.Should().Be("enable_thinking");
        ((JsonElement)options.Variables["enable_thinking"]!).GetBoolean().Should().BeFalse();
    }

    [Theory]
    [InlineData("{}", true, true)]
    [InlineData("{}", false, false)]
    [InlineData("""{"add_generation_prompt":false}""", true, false)]
    [InlineData("""{"add_generation_prompt":true}""", false, true)]
    [InlineData("""{"add_generation_prompt":null,"continue_final_message":null,"tools":null,"chat_template_kwargs":null}""", true, true)]
    public void A_row_decides_whether_an_answer_is_begun_where_it_says_so(string row, bool otherwise, bool begun)
    {
        Modeling.ChatTemplateOptions options = InputRow.Parse(1, row).ChatOptions(otherwise);
        (options.AddGenerationPrompt, options.ContinueFinalMessage, options.Tools, options.Variables.Count).Should().Be((begun, false, null, 0));
    }

    [Theory]
    [InlineData("""{"continue_final_message":"true"}""", "'continue_final_message' is \"true\", expected true or false.")]
    [InlineData("""{"tools":{}}""", "'tools' is {}, expected an array of objects.")]
    [InlineData("""{"chat_template_kwargs":[]}""", "'chat_template_kwargs' is [], expected an object*")]
    public void A_field_of_another_kind_is_refused(string row, string message) =>
        FluentActions.Invoking(() => InputRow.Parse(1, row).ChatOptions(true)).Should().Throw<RowException>().WithMessage(message);
}
