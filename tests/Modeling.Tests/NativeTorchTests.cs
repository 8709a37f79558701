namespace MLNetAttn.Modeling.Tests;

public sealed class NativeTorchTests
{
    public static TheoryData<Exception> Failures =>
    [
        new TypeInitializationException("TorchSharp.torch", new NotSupportedException("This application or script uses TorchSharp but …")),
        new DllNotFoundException("Unable to load shared library 'LibTorchSharp'"),
        new EntryPointNotFoundException("Unable to find an entry point named 'THSTorch_get_num_threads'"),
        new BadImageFormatException(),
    ];

    [Theory]
    [MemberData(nameof(Failures))]
    public void What_may_be_missing_is_said(Exception failure) => FluentActions.Invoking(() => NativeTorch.Require(() => throw failure))
        .Should().Throw<DllNotFoundException>().WithMessage("*TorchSharp-cpu*libstdc++*docs/packages.md*").Which.InnerException.Should().BeSameAs(failure);

    [Fact]
    public void Where_it_loads_nothing_happens() => FluentActions.Invoking(NativeTorch.Require).Should().NotThrow();
}
