using System.CommandLine;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>How credit is assigned. Flow and sign modes need what annotate does not have: they are the library's.</summary>
internal sealed class CreditArguments
{
    private readonly Choice<CreditStrategy> _strategy = new("--credit", "Which tokens get credit.", CreditStrategy.Coupled, without: CreditStrategy.Flow);
    private readonly Option<double> _fraction = new("--fraction")
    {
        Description = "q, the share of the tokens that is selected.",
        DefaultValueFactory = _ => new CreditOptions().Fraction,
    };
    private readonly Option<double> _amplification = new("--amplification")
    {
        Description = "γ of a selected token.",
        DefaultValueFactory = _ => new CreditOptions().Amplification,
    };
    private readonly Option<bool> _bottom = new("--bottom") { Description = "Select the lowest instead of the highest." };
    private readonly Option<bool> _normalize = new("--normalize") { Description = "Scale a response's credit to a mean of 1." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_strategy.Option, _fraction, _amplification, _bottom, _normalize]) command.Options.Add(option);
    }

    public CreditOptions Read(ParseResult parsed) => new()
    {
        Strategy = _strategy.Read(parsed),
        Fraction = parsed.GetValue(_fraction),
        Amplification = parsed.GetValue(_amplification),
        Bottom = parsed.GetValue(_bottom),
        Normalize = parsed.GetValue(_normalize),
    };
}
