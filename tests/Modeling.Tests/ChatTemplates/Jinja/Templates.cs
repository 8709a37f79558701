namespace MLNetAttn.Modeling.Tests;

/// <summary>Renders templates of tests.</summary>
internal static class Templates
{
    public static string Render(string template, params (string Name, object? Value)[] variables)
    {
        TemplateVariables values = new();
        foreach ((string name, object? value) in variables)
            values.Set(name, value);
        return JinjaTemplate.Parse(template, "t.jinja").Render(values.Values, values.Size, FixedClock.Instance);
    }

    /// <summary>What <c>{{ expression }}</c> prints.</summary>
    public static string Evaluate(string expression, params (string Name, object? Value)[] variables) => Render("{{ " + expression + " }}", variables);

    public static JinjaState State() => new(FixedClock.Instance, 0);
}
