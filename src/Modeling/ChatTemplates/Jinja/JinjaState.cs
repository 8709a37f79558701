using System.Runtime.CompilerServices;

namespace MLNetAttn.Modeling;

/// <summary>
/// One run of a template: where it is, and what it may still use. A template is untrusted input: every node and every item it looks at is a step,
/// every character or item it makes takes space, and both are bounded in proportion to what the template was given.
/// </summary>
/// <param name="clock">The time that <c>strftime_now</c> tells.</param>
/// <param name="inputSize">The characters of the template and its variables.</param>
internal sealed class JinjaState(TimeProvider clock, long inputSize)
{
    /// <summary>Below this many nested evaluations Python has long given up.</summary>
    public const int MaximumDepth = 1000;

    /// <summary>What an item of a list or an entry of a dictionary takes, in characters.</summary>
    public const int ItemSpace = 24;

    private const long BaseSteps = 10_000_000;
    private const long BaseSpace = 32_000_000;
    private const int CharactersPerStep = 64;

    private long _steps = BaseSteps + 100 * inputSize;
    private long _space = BaseSpace + 64 * inputSize;
    private int _depth;

    public TimeProvider Clock { get; } = clock;

    /// <summary>The node that is being evaluated, as an index into the source.</summary>
    public int Position { get; set; }

    /// <summary>Begins a nested evaluation.</summary>
    public void Enter(int position)
    {
        Position = position;
        Enter();
    }

    /// <summary>Begins a nested evaluation of the same node, such as of a value inside a value.</summary>
    public void Enter()
    {
        Step();
        if (++_depth > MaximumDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw JinjaException.Invalid($"the template nests calls or values more than {MaximumDepth} deep");
    }

    public void Leave() => _depth--;

    /// <summary>Counts work.</summary>
    public void Step(long count = 1)
    {
        if ((_steps -= count) < 0)
            throw JinjaException.Invalid("the template takes time out of proportion to its input; it may loop for ever");
    }

    /// <summary>Counts the work of looking at so many characters.</summary>
    public void Read(long characters) => Step(characters / CharactersPerStep);

    /// <summary>Counts the work of turning a long integer into text or back, which grows with the square of its length.</summary>
    public void ConvertDigits(long digits) => Step(digits * digits / 16384);

    /// <summary>Counts characters that are about to be made.</summary>
    public void Take(long characters)
    {
        if ((_space -= characters) < 0)
            throw JinjaException.Invalid("the template makes text out of proportion to its input");
    }

    /// <summary>Counts items that are about to be made.</summary>
    public void TakeItems(long count)
    {
        Step(count);
        Take(count * ItemSpace);
    }

    /// <summary>A new text.</summary>
    public JinjaText Text(string text, bool isSafe = false)
    {
        Take(text.Length);
        return new JinjaText(text, isSafe);
    }

    /// <summary>A new list of what a sequence gives.</summary>
    public JinjaList List(IEnumerable<JinjaValue> items)
    {
        List<JinjaValue> list = [];
        foreach (JinjaValue item in items)
        {
            TakeItems(1);
            list.Add(item);
        }
        return new JinjaList(list);
    }

    /// <summary>What <c>for</c> runs over, each item a step.</summary>
    public IEnumerable<JinjaValue> Iterate(JinjaValue value)
    {
        IEnumerable<JinjaValue> items = value.Items ?? throw JinjaException.Invalid($"a value of type '{value.TypeName}' is not iterable");
        return Count(items);

        IEnumerable<JinjaValue> Count(IEnumerable<JinjaValue> items)
        {
            foreach (JinjaValue item in items)
            {
                Step();
                yield return item;
            }
        }
    }

    /// <summary><c>str(value)</c></summary>
    public string TextOf(JinjaValue value)
    {
        if (value is JinjaText text)
            return text.Value;
        JinjaWriter writer = new(this);
        value.WriteText(writer);
        return writer.ToString();
    }
}
