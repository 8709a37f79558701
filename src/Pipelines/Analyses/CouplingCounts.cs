using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>The peaks of one response and what coincides with them: what the statistics are sums of.</summary>
internal sealed class CouplingCounts
{
    public CouplingCounts(ResponseRhythm response, double prominence)
    {
        Tokens = response.Waad.Length;
        WaadPeaks = RhythmPeaks.Find(response.Waad, prominence);
        FaiPeaks = RhythmPeaks.Find(response.Fai, prominence);
        int[] receiverPeaks = RhythmPeaks.Find(response.ReceiverFai, prominence);
        ReceiverPeaks = receiverPeaks.Length;
        Entropy = response.Entropy;
        IsReceiverPeak = new double[Tokens];
        foreach (int peak in receiverPeaks) IsReceiverPeak[peak] = 1;
        IsCovered = new double[Tokens];
        foreach (int token in RhythmPeaks.CoupledTo(WaadPeaks).Where(token => token < Tokens)) IsCovered[token] = 1;
        (EntropySum, Covered) = (Entropy.Sum(), IsCovered.Sum());
        EntropyAtWaadPeaks = SumAt(WaadPeaks, Entropy);
        ReceiverPeaksAtFaiPeaks = SumAt(FaiPeaks, IsReceiverPeak);
        CoveredFaiPeaks = SumAt(FaiPeaks, IsCovered);
    }

    public int Tokens { get; }

    public int[] WaadPeaks { get; }

    public int[] FaiPeaks { get; }

    public int ReceiverPeaks { get; }

    /// <summary>Per token.</summary>
    public double[] Entropy { get; }

    /// <summary>Per token, 1 or 0.</summary>
    public double[] IsReceiverPeak { get; }

    /// <summary>Per token: 1 where an FAI peak would be coupled to a WAAD peak.</summary>
    public double[] IsCovered { get; }

    public double EntropySum { get; }

    public double Covered { get; }

    public double EntropyAtWaadPeaks { get; }

    public double ReceiverPeaksAtFaiPeaks { get; }

    public double CoveredFaiPeaks { get; }

    private static double SumAt(int[] positions, double[] values) => positions.Sum(position => values[position]);
}
