using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>What a random number is for: each purpose has numbers of its own.</summary>
internal enum RandomPurpose
{
    /// <summary>The order in which rows are visited.</summary>
    RowOrder,

    /// <summary>Which responses go into which mini-batch.</summary>
    MiniBatches,

    /// <summary>Sampling.</summary>
    Sampling,

    /// <summary>Sampling for an evaluation.</summary>
    Evaluation,

    /// <summary>What an adapter's dropout leaves out.</summary>
    Dropout,

    /// <summary>Which tokens random credit goes to.</summary>
    Credit,
}

/// <summary>Random orders that follow from the seed and a round's number alone, so that a trainer has no random state to keep: where it stands is its
/// step.</summary>
internal static class SeededOrder
{
    /// <summary>A permutation of 0 … count − 1.</summary>
    public static int[] Permutation(int count, long seed, int round, RandomPurpose purpose)
    {
        ulong stream = RandomUniform.Stream(seed, round, (int)purpose);
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int other = (int)(RandomUniform.At(stream, i) * (i + 1));
            (order[i], order[other]) = (order[other], order[i]);
        }
        return order;
    }

    /// <summary>The next rows when every pass over all rows has an order of its own.</summary>
    /// <param name="count">Rows in all.</param>
    /// <param name="first">Rows visited before.</param>
    /// <param name="size">Rows wanted.</param>
    /// <param name="seed">Start of the random numbers.</param>
    public static int[] Visit(int count, long first, int size, long seed)
    {
        int[] order = [], rows = new int[size];
        int pass = -1;
        for (int i = 0; i < size; i++)
        {
            int current = (int)((first + i) / count);
            if (current != pass) order = Permutation(count, seed, pass = current, RandomPurpose.RowOrder);
            rows[i] = order[(first + i) % count];
        }
        return rows;
    }
}
