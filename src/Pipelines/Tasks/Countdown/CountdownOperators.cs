namespace MLNetAttn.Pipelines;

/// <summary>The operations that solutions may use.</summary>
[Flags]
public enum CountdownOperators
{
    /// <summary>No operation.</summary>
    None = 0,

    /// <summary>Addition.</summary>
    Add = 1,

    /// <summary>Subtraction without negative results.</summary>
    Subtract = 2,

    /// <summary>Multiplication.</summary>
    Multiply = 4,

    /// <summary>Division without remainder.</summary>
    Divide = 8,
}
