namespace MLNetAttn.Cli;

/// <summary>A row cannot be used; the rest can.</summary>
internal sealed class RowException(string message) : Exception(message);
