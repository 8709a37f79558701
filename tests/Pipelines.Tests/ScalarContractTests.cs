using System.Reflection;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Pipelines;

/// <summary>Numbers meet tensors through TensorArithmetic alone (docs/decisions/0007-scalars.md).</summary>
public sealed class ScalarContractTests
{
    public static IEnumerable<TheoryDataRow<Type>> Libraries() =>
    [
        new(typeof(CausalLanguageModel)),
        new(typeof(PolicyTransformer)),
        new(typeof(PolicyOptimizationTrainer)),
        new(typeof(Countdown)),
    ];

    [Theory, MemberData(nameof(Libraries))]
    public void No_library_hands_torch_a_number_that_may_be_gone(Type ofLibrary)
    {
        IEnumerable<string> found = MethodCalls.MethodsOf(ofLibrary.Assembly)
            .Where(method => method.DeclaringType!.Name != "TensorArithmetic")
            .SelectMany(method => MethodCalls.In(method)
                .Where(called => IsUnsafe(called) && !IsHeld(method, called))
                .Select(called => $"{method.DeclaringType!.Name}.{method.Name} calls {called.DeclaringType!.Name}.{called}"));
        string.Join("\n", found).Should().BeEmpty();
    }

    [Theory, MemberData(nameof(Libraries))]
    public void No_library_hands_TorchScript_a_number_that_may_be_gone(Type ofLibrary) =>
        MethodCalls.MethodsOf(ofLibrary.Assembly)
            .Where(method => MethodCalls.In(method).Any(called =>
                called.DeclaringType == typeof(jit.CompilationUnit) && called.Name.StartsWith("invoke", StringComparison.Ordinal)))
            .Where(method => MethodCalls.BoxedIn(method).Any(type => type == typeof(double) || type == typeof(float) || type == typeof(long)))
            .Should().BeEmpty();

    [Fact]
    public void What_is_looked_for_is_found()
    {
        MethodBase sloppy = typeof(ScalarContractTests).GetMethod(nameof(Sloppy), BindingFlags.NonPublic | BindingFlags.Static)!;
        MethodCalls.In(sloppy).Where(IsUnsafe).Should().HaveCount(5);
    }

    /// <summary>A conversion to a scalar, or an operation of TorchSharp that makes one itself: addition, whose factor alpha is one, operators with a number,
    /// square, which is a power of 2, reading a number through one, and so on. TorchScript has a test of its own.</summary>
    private static bool IsUnsafe(MethodBase called) =>
        IsConversion(called)
        || (called.DeclaringType != typeof(jit.CompilationUnit)
            && called.DeclaringType!.Assembly == typeof(Tensor).Assembly
            && Makes.GetOrAdd(called, method => MakesScalar(method, depth: 4)));

    private static bool MakesScalar(MethodBase method, int depth) =>
        MethodCalls.In(method).Any(called =>
            IsConversion(called)
            || (depth > 0
                && called != method
                && called.DeclaringType!.Assembly == typeof(Tensor).Assembly
                && MakesScalar(called, depth - 1)));

    private static bool IsConversion(MethodBase called) =>
        called is { IsConstructor: false }
        && (called.DeclaringType == typeof(Scalar) ? called.Name == "op_Implicit" : called.DeclaringType == typeof(ScalarExtensionMethods));

    /// <summary>AdamW keeps its scalars in fields, and the learning rate's until the step is over.</summary>
    private static bool IsHeld(MethodBase method, MethodBase called) =>
        called.DeclaringType == typeof(Scalar) && method.DeclaringType is { } type && (type.DeclaringType ?? type).Name == "AdamW";

    private static Tensor Sloppy(Tensor x) => (x + x).add(x) * 2.0 + x.masked_fill(x, 0.5f).add(x, Alpha);

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<MethodBase, bool> Makes = [];

    private static Scalar Alpha { get; } = 1;
}
