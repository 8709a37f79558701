namespace MLNetAttn.Transforms;

/// <summary>What a prompt column that holds text says. Token ids, a vector of Int32, are taken as they are.</summary>
public enum PromptFormat
{
    /// <summary>The prompt itself.</summary>
    Text,

    /// <summary>
    /// A conversation, which the model's chat template renders: JSON text, as data sets of conversations and chat services have it. Either an array of
    /// messages,
    /// <c>[{"role":"user","content":"…"}]</c>, or an object with such an array as <c>messages</c>, with <c>tools</c> (an array of objects) and
    /// <c>continue_final_message</c>
    /// (whether the model goes on with the last message instead of answering it; default false) where wanted; its other fields, and those of
    /// <c>chat_template_kwargs</c>, an object, are variables of the template, such as <c>enable_thinking</c>.
    /// </summary>
    Messages,
}
