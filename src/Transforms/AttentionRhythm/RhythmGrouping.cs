namespace MLNetAttn.Transforms;

/// <summary>Over what head spans are taken when heads are put into the local and the global group (Eq. 7 and 8 of arXiv 2510.13554).</summary>
public enum RhythmGrouping
{
    /// <summary>Over all the data that the estimator is fitted on; the transformer keeps these groups, so that a row's numbers do not depend on other
    /// rows.</summary>
    Calibrated,

    /// <summary>Over each row by itself.</summary>
    PerSequence,

    /// <summary>Over the rows of a batch, of <see cref="AttentionRhythmOptions.BatchSize"/> rows each: a row's numbers depend on its neighbours. In a
    /// PredictionEngine a batch is one row.</summary>
    PerBatch,
}
