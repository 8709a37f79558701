using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators.Tests;

public sealed class RunCancellationTests : IDisposable
{
    private static readonly GenerationOptions Options = new() { MaxNewTokens = 40, StopTokenIds = [] };

    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Either_way_of_cancelling_counts()
    {
        using var cancel = new CancellationTokenSource();
        RunCancellation byToken = Cancellation(cancel.Token), byContext = Cancellation();
        byToken.ThrowIfRequested();
        byContext.ThrowIfRequested();
        cancel.Cancel();
        byToken.IsRequested.Should().BeTrue();
        byContext.IsRequested.Should().BeFalse();
        _ml.CancelExecution();
        byContext.IsRequested.Should().BeTrue();
        FluentActions.Invoking(byContext.ThrowIfRequested).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Sampling_ends_between_two_tokens_either_way_and_is_what_it_would_be_otherwise()
    {
        Cancellation().Generate(_model, [[1, 2]], Options)[0].TokenIds.Should().Equal(_model.Generate([[1, 2]], Options)[0].TokenIds);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        FluentActions.Invoking(() => Cancellation(cancel.Token).Generate(_model, [[1, 2]], Options)).Should().Throw<OperationCanceledException>();
        _ml.CancelExecution();
        FluentActions.Invoking(() => Cancellation().Generate(_model, [[1, 2]], Options)).Should().Throw<OperationCanceledException>();
    }

    private RunCancellation Cancellation(CancellationToken token = default) => new(((IHostEnvironment)_ml).Register("test"), token);
}
