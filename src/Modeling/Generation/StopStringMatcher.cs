using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>Cuts a text that comes in pieces at the first stop string. Text that may be the beginning of one is held back.</summary>
/// <remarks>
/// The first is the one that is complete first; of several that end at one place the longest. So the cut depends on the text alone, not on its pieces.
/// Knuth, Morris and Pratt's automaton for each stop string: linear time, whatever the strings.
/// </remarks>
internal sealed class StopStringMatcher
{
    private readonly IReadOnlyList<string> _stops;
    private readonly bool _include;
    private readonly int[][] _borders;
    private readonly int[] _matched;
    private readonly StringBuilder _held = new();

    /// <param name="stops">None of them empty.</param>
    /// <param name="include">Whether the text ends behind the stop string, not before it.</param>
    public StopStringMatcher(IReadOnlyList<string> stops, bool include = false)
    {
        (_stops, _include) = (stops, include);
        _borders = [.. stops.Select(Borders)];
        _matched = new int[stops.Count];
    }

    /// <summary>Whether a stop string is complete. What comes after it is ignored.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next piece; returns the text that is certain not to be part of a stop string.</summary>
    public string Append(string piece)
    {
        if (Stopped) return "";
        foreach (char unit in piece)
        {
            _held.Append(unit);
            int complete = 0;
            for (int i = 0; i < _stops.Count; i++)
                if ((_matched[i] = Advance(i, unit)) == _stops[i].Length) complete = Math.Max(complete, _matched[i]);
            if (complete == 0) continue;
            Stopped = true;
            return Release(_include ? _held.Length : _held.Length - complete);
        }
        return Release(_held.Length - _matched.DefaultIfEmpty().Max());
    }

    /// <summary>Ends the text: returns what was held back, unless a stop string cut it.</summary>
    public string Flush() => Stopped ? "" : Release(_held.Length);

    private string Release(int length)
    {
        string text = _held.ToString(0, length);
        _held.Remove(0, length);
        return text;
    }

    /// <summary>How many characters of a stop string the text ends with once it has another one.</summary>
    private int Advance(int stop, char unit)
    {
        int length = _matched[stop];
        while (length > 0 && _stops[stop][length] != unit) length = _borders[stop][length - 1];
        return _stops[stop][length] == unit ? length + 1 : 0;
    }

    /// <summary>For each beginning of a text, the longest shorter one that it ends with.</summary>
    private static int[] Borders(string text)
    {
        int[] borders = new int[text.Length];
        for (int i = 1, length = 0; i < text.Length; i++)
        {
            while (length > 0 && text[i] != text[length]) length = borders[length - 1];
            borders[i] = text[i] == text[length] ? ++length : 0;
        }
        return borders;
    }
}
