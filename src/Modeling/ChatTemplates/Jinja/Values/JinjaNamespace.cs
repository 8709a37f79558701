namespace MLNetAttn.Modeling;

/// <summary>What <c>namespace()</c> makes: the one value whose attributes a template sets.</summary>
internal sealed class JinjaNamespace(JinjaDictionary attributes) : JinjaValue
{
    public override string TypeName => "Namespace";

    public void Set(string name, JinjaValue value) => attributes.Set(name, value);

    public override JinjaValue? Attribute(string name) => attributes.FindText(name);

    public override void WriteRepr(JinjaWriter writer)
    {
        writer.Append("<Namespace ");
        writer.AppendRepr(attributes);
        writer.Append('>');
    }
}
