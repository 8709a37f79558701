namespace MLNetAttn.Experiments.Tests;

/// <summary>The program, as its tests start it.</summary>
internal static class Kit
{
    public static readonly string Executable = Path.Combine(AppContext.BaseDirectory, "MLNetAttn.Experiments");

    /// <summary>Settings of a run that takes a moment.</summary>
    public static readonly string[] Tiny =
    [
        "--prompts", "2", "--generations", "4", "--mini-batches", "1", "--max-new-tokens", "24",
        "--test-problems", "4", "--evaluation-samples", "2",
    ];

    public static Task<(int Code, string Output, string Errors)> RunAsync(params string[] args) => RunAsAsync(Executable, args);

    public static async Task<(int Code, string Output, string Errors)> RunAsAsync(string executable, params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        int code = await CommandLine.RunAsync(args, executable, output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
