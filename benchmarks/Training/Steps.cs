using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Benchmarks;

/// <summary>Steps on Countdown whose learning rate is next to nothing, so that every setting sees the same responses.</summary>
/// <param name="model">The policy.</param>
/// <param name="size">How large a step is.</param>
internal sealed class Steps(CausalLanguageModel model, StepSize size)
{
    private readonly MLContext _ml = new();
    private readonly IDataView _problems = new MLContext().Data.LoadFromEnumerable(Countdown.Generate(1_000, seed: 1));

    /// <summary>The time of each of some steps with uniform credit; the first does not count.</summary>
    public double[] Milliseconds()
    {
        double[] times = new double[size.Timed + 1];
        Fit(UniformOptions with { Progress = new Teller(step => times[step.Step - 1] = 1000 * step.Metrics["step_time"]) });
        return times[1..];
    }

    /// <summary>The times of steps with coupled credit, each beside that of the same step with uniform credit; the first, in which fused credit makes a pass to
    /// find head groups, does not count.</summary>
    /// <param name="pass">Where credit comes from.</param>
    /// <param name="groupsEvery">Steps between two measurements of head groups.</param>
    /// <param name="updates">Updates of a step.</param>
    public (double Coupled, double Uniform)[] Pairs(RhythmPassKind pass, int groupsEvery = 1, int updates = 1)
    {
        // One policy for both: two that are equal lie differently in memory, which makes a difference of a per cent.
        PolicyOptimizationOptions baseline = UniformOptions with { MiniBatches = updates };
        using var policy = new LearningPolicy(model, baseline, totalUpdates: 1_000);
        PolicyOptimizationStep uniform = Step(policy, baseline),
            coupled = Step(policy, CoupledOptions with { RhythmPass = pass, HeadGroupsEvery = groupsEvery, MiniBatches = updates });
        return [.. Enumerable.Range(0, size.Pairs + 1).Select(step =>
        {
            // Who is first changes from step to step, and among the steps that measure head groups too.
            if ((step / groupsEvery + step % groupsEvery) % 2 == 0) return (Time(coupled), Time(uniform));
            double before = Time(uniform);
            return (Time(coupled), before);

            double Time(PolicyOptimizationStep one) => Ratio.Time(() => one.Run(step));
        }).Skip(1)];
    }

    /// <summary>The time of what no step can do without, over the same prompts: sampling, the forward and backward pass over the responses, clipping and
    /// AdamW.</summary>
    public double[] KernelMilliseconds()
    {
        PolicyOptimizationOptions options = UniformOptions;
        using var policy = new LearningPolicy(model, options, totalUpdates: options.Steps);
        return Milliseconds(options, (step, prompts) =>
        {
            ulong seed = RandomUniform.Stream(options.Seed, step, (int)RandomPurpose.Sampling);
            IReadOnlyList<GeneratedSequence> samples = policy.Model.Generate(prompts, options.Sampling(options.Generations, temperature: null, seed));
            using var scope = NewDisposeScope();
            TokenScores scores = PackedScores.Score(
                policy.Model.Decoder,
                [.. samples.Select(sample => new TokenSequence(prompts[sample.PromptIndex], sample.TokenIds))],
                1,
                entropies: EntropyUse.Value);
            policy.Accumulate(scores.LogProbabilities.mean());
            policy.Clip();
            policy.Apply();
        });
    }

    /// <summary>The time of the same steps as <see cref="EagerStep"/> makes them.</summary>
    public double[] EagerMilliseconds()
    {
        PolicyOptimizationOptions options = UniformOptions;
        using var eager = new EagerStep(model, options);
        eager.RequireSame(model, Prompts(options).TokenIds[0]);
        return Milliseconds(options, (_, prompts) => eager.Run(prompts, options.Generations, options.MaxNewTokens));
    }

    /// <summary>Live tensors and resident memory after the hundredth step and after the tenth.</summary>
    /// <remarks>Memory is the median of ten steps: how much of what is free the C library has given back differs from step to step by some per cent.</remarks>
    /// <param name="inUse">Whether what the C library keeps of memory that was freed is given back before it is read.</param>
    public void ReportGrowth(bool inUse)
    {
        const int measured = 10;
        List<(long Tensors, long Bytes)> early = [], late = [];
        var teller = new Teller(progress =>
        {
            List<(long Tensors, long Bytes)>? window = progress.Step is >= 10 and < 10 + measured ? early : progress.Step >= 100 ? late : null;
            bool tells = progress.Step % 20 == 10;
            if (window is null && !tells) return;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            (long Tensors, long Bytes) now = (Tensor.TotalCount, inUse ? ResidentMemory.InUse : ResidentMemory.Now);
            window?.Add(now);
            if (tells) Console.WriteLine($"after step {progress.Step}: {now.Tensors} tensors, {now.Bytes >> 20} MB");
        });
        Fit(CoupledOptions with { Steps = 100 + measured - 1, Progress = teller });
        (long before, long after) = (Median(early), Median(late));
        Console.WriteLine(FormattableString.Invariant(
            $"flat: after step 100 / after step 10: tensors {late[0].Tensors} / {early[0].Tensors} = {late[0].Tensors / (double)early[0].Tensors:F3}, memory{(inUse ? " in use" : "")} {after >> 20} MB / {before >> 20} MB = {after / (double)before:F3}   at most 1.02"));

        static long Median(List<(long Tensors, long Bytes)> window) => window.Select(one => one.Bytes).Order().ElementAt(measured / 2);
    }

    private PolicyOptimizationOptions UniformOptions => new()
    {
        Steps = size.Timed + 1,
        PromptsPerStep = size.Prompts,
        Generations = size.Generations,
        MaxNewTokens = size.MaxNewTokens,
        Lora = size.Lora,
        LearningRate = 1e-12,
        Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
        Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 4, MaximumHorizon = 40 },
    };

    private PolicyOptimizationOptions CoupledOptions => UniformOptions with { Credit = new CreditOptions { Strategy = CreditStrategy.Coupled } };

    private IHost Host => ((IHostEnvironment)_ml).Register("steps");

    private PromptSet Prompts(PolicyOptimizationOptions options) => PromptSet.Read(Host, _problems, model, options, DateTimeOffset.Now);

    /// <summary>The time of work on the prompts of each step; the first does not count.</summary>
    private double[] Milliseconds(PolicyOptimizationOptions options, Action<int, int[][]> work)
    {
        PromptSet prompts = Prompts(options);
        return [.. Enumerable.Range(0, size.Timed + 1).Select(step =>
        {
            int[][] batch = [.. SeededOrder
                .Visit(prompts.Count, (long)step * options.PromptsPerStep, options.PromptsPerStep, options.Seed)
                .Select(row => prompts.TokenIds[row])];
            return Ratio.Time(() => work(step, batch));
        }).Skip(1)];
    }

    private void Fit(PolicyOptimizationOptions options) =>
        _ml.Policies.Trainers.PolicyOptimization(model, _ml.Transforms.CountdownReward(), options).Fit(_problems).Dispose();

    /// <summary>What the trainer makes its steps with.</summary>
    private PolicyOptimizationStep Step(LearningPolicy policy, PolicyOptimizationOptions options)
    {
        RewardFunction reward = RewardFunction.From(_ml.Transforms.CountdownReward(), options.Rewards);
        var cancellation = new RunCancellation(Host, options.CancellationToken);
        return new PolicyOptimizationStep(
            policy,
            model,
            new SampledRollouts(policy, Prompts(options), reward, options, cancellation, Host, warn: _ => { }),
            evaluation: null,
            options,
            cancellation,
            warn: _ => { });
    }

    private sealed class Teller(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }
}

/// <summary>How large a step is.</summary>
/// <param name="Prompts">P.</param>
/// <param name="Generations">G.</param>
/// <param name="MaxNewTokens">The most tokens of a response.</param>
/// <param name="Timed">Steps of a run that is timed.</param>
/// <param name="Pairs">Steps that are timed beside the same step with other settings.</param>
/// <param name="Lora">The adapter that learns; null = all weights do.</param>
internal sealed record StepSize(int Prompts, int Generations, int MaxNewTokens, int Timed, int Pairs, LoraOptions? Lora = null);
