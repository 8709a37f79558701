namespace MLNetAttn.Modeling;

/// <summary>A part of a template that writes text or changes a variable.</summary>
/// <param name="Position">Where it is in the source.</param>
internal abstract record JinjaStatement(int Position);

internal sealed record TextStatement(string Text, int Position) : JinjaStatement(Position);

/// <summary><c>{{ value }}</c></summary>
internal sealed record PrintStatement(JinjaExpression Value, int Position) : JinjaStatement(Position);

internal sealed record IfStatement(
    IReadOnlyList<(JinjaExpression Test, IReadOnlyList<JinjaStatement> Body)> Branches, IReadOnlyList<JinjaStatement> Else, int Position)
    : JinjaStatement(Position);

internal sealed record ForStatement(
    AssignmentTarget Target, JinjaExpression Iterable, JinjaExpression? Condition, bool IsRecursive,
    IReadOnlyList<JinjaStatement> Body, IReadOnlyList<JinjaStatement> Else, int Position) : JinjaStatement(Position);

internal sealed record BreakStatement(int Position) : JinjaStatement(Position);

internal sealed record ContinueStatement(int Position) : JinjaStatement(Position);

internal sealed record SetStatement(AssignmentTarget Target, JinjaExpression Value, int Position) : JinjaStatement(Position);

/// <summary><c>{% set name %}…{% endset %}</c></summary>
internal sealed record SetBlockStatement(
    AssignmentTarget Target, IReadOnlyList<FilterCall> Filters, IReadOnlyList<JinjaStatement> Body, int Position) : JinjaStatement(Position);

internal sealed record FilterStatement(IReadOnlyList<FilterCall> Filters, IReadOnlyList<JinjaStatement> Body, int Position) : JinjaStatement(Position);

internal sealed record WithStatement(
    IReadOnlyList<(AssignmentTarget Target, JinjaExpression Value)> Variables, IReadOnlyList<JinjaStatement> Body, int Position) : JinjaStatement(Position);

/// <summary>What a macro is made of.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Their names, and what they are where nothing is passed.</param>
/// <param name="Body">What it writes.</param>
/// <param name="Names">The names in the body: <c>caller</c>, <c>varargs</c> and <c>kwargs</c> exist where they are used.</param>
internal sealed record MacroDefinition(
    string Name, IReadOnlyList<(string Name, JinjaExpression? Default)> Parameters, IReadOnlyList<JinjaStatement> Body, IReadOnlySet<string> Names);

internal sealed record MacroStatement(MacroDefinition Macro, int Position) : JinjaStatement(Position);

/// <summary><c>{% call name() %}…{% endcall %}</c></summary>
internal sealed record CallStatement(CallExpression Call, MacroDefinition Caller, int Position) : JinjaStatement(Position);

/// <summary><c>{% generation %}…{% endgeneration %}</c>: what the model wrote. It only marks the text, and has its own variables.</summary>
internal sealed record GenerationStatement(IReadOnlyList<JinjaStatement> Body, int Position) : JinjaStatement(Position);

/// <summary>What a value is assigned to.</summary>
internal abstract record AssignmentTarget(int Position);

internal sealed record NameTarget(string Name, int Position) : AssignmentTarget(Position);

/// <summary>An attribute of a namespace.</summary>
internal sealed record AttributeTarget(string Namespace, string Name, int Position) : AssignmentTarget(Position);

internal sealed record TupleTarget(IReadOnlyList<AssignmentTarget> Targets, int Position) : AssignmentTarget(Position);
