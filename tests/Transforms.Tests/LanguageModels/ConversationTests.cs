namespace MLNetAttn.Transforms.Tests;

public sealed class ConversationTests
{
    [Theory]
    [InlineData("""[{"role":"user","content":"1"}]""", true)]
    [InlineData(""" { "messages": [{"role":"system","content":"a"},{"role":"user","content":"1"}], "tools": null }""", true)]
    [InlineData("""[{"content":"1"}]""", false)]
    [InlineData("""[{"role":1}]""", false)]
    [InlineData("[1, 2]", false)]
    [InlineData("[]", false)]
    [InlineData("""{"messages":"none"}""", false)]
    [InlineData("""{"role":"user"}""", false)]
    [InlineData("[user] hello", false)]
    [InlineData("\"[1]\"", false)]
    [InlineData("", false)]
    public void A_conversation_is_known_by_its_messages(string text, bool isOne) => Conversation.IsOne(text).Should().Be(isOne);
}
