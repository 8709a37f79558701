namespace MLNetAttn.Modeling;

/// <summary>A sequence, and the tokens between which the flow of its attention is traced.</summary>
/// <param name="Tokens">Prompt and response.</param>
/// <param name="Answer">The tokens of the answer, counted in the response: <c>^5..^1</c> are four before the last.</param>
public readonly record struct FlowSequence(TokenSequence Tokens, Range Answer)
{
    /// <summary>The tokens of the question, counted in the prompt. Default all.</summary>
    public Range Question { get; init; } = Range.All;
}

/// <summary>How much of what flows from question to answer passes each token (FlowTracer, arXiv 2606.10646). Arrays have one value per token of prompt and
/// response.</summary>
public sealed class FlowAnalysis
{
    /// <summary>Tokens of the prompt: the response's first index in the arrays.</summary>
    public required int PromptLength { get; init; }

    /// <summary>h: 1 at the answer's tokens, elsewhere the attention of later tokens weighted with their h, h(i) = Σ_{k&gt;i} W[i,k] · h(k). 0 where nothing
    /// leads to the answer.</summary>
    public required double[] Reachability { get; init; }

    /// <summary>f: what arrives at a token of the 1 that is injected at the question, at the answer's tokens 1 in all.</summary>
    public required double[] Inflow { get; init; }

    /// <summary>What arrives at a token plus what leaves it: 2 · f, f at the answer's tokens and where nothing leads on. Tokens are ranked by it.</summary>
    public required double[] Throughput { get; init; }

    /// <summary>The throughput of the response's tokens: what flow credit ranks.</summary>
    public double[] ResponseThroughput => Throughput[PromptLength..];

    /// <summary>Traces the flow through a mean attention map. Doubles: reachability decays geometrically.</summary>
    /// <param name="map">A[t,s] for s ≤ t, row by row; the diagonal does not count.</param>
    /// <param name="promptLength">Tokens of the prompt.</param>
    /// <param name="question">Positions of the question.</param>
    /// <param name="answer">Positions of the answer.</param>
    internal static FlowAnalysis Trace(double[][] map, int promptLength, (int Start, int End) question, (int Start, int End) answer)
    {
        int length = map.Length;
        double[] reach = new double[length], inflow = new double[length], onward = new double[length];
        // Backward: when k's turn comes, all that follow it have added their share, so reach[k] is complete.
        for (int k = length - 1; k >= 0; k--)
        {
            if (k >= answer.Start && k < answer.End) reach[k] = 1;
            for (int i = 0; i < k; i++) reach[i] += map[k][i] * reach[k];
        }
        // Forward: f(k) = injected + h(k) · Σ_{i<k} W[i,k] · f(i) / h(i). The answer's tokens keep what they get.
        for (int k = 0; k < length; k++)
        {
            double sum = 0;
            for (int i = 0; i < k; i++) sum += map[k][i] * onward[i];
            inflow[k] = (k >= question.Start && k < question.End ? 1.0 / (question.End - question.Start) : 0) + reach[k] * sum;
            if (reach[k] > 0 && !(k >= answer.Start && k < answer.End)) onward[k] = inflow[k] / reach[k];
        }
        return new FlowAnalysis
        {
            PromptLength = promptLength,
            Reachability = reach,
            Inflow = inflow,
            Throughput = [.. inflow.Select((f, k) => reach[k] > 0 && !(k >= answer.Start && k < answer.End) ? 2 * f : f)],
        };
    }
}
