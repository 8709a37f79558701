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
    public static IEnumerable<TheoryDataRow<Type>> Libraries() => [new(typeof(CausalLanguageModel)), new(typeof(PolicyTransformer)), new(typeof(PolicyOptimizationTrainer)), new(typeof(Countdown))];

    [Theory, MemberData(nameof(Libraries))]
    public void No_library_hands_torch_a_number_that_may_be_gone(Type ofLibrary)
    {
        IEnumerable<string> found = MethodCalls.MethodsOf(ofLibrary.Assembly)
            .Where(method => method.DeclaringType != typeof(TensorArithmetic))
            .SelectMany(method => MethodCalls.In(method).Where(called => IsUnsafe(called) && !IsHeld(method, called)).Select(called => $"{method.DeclaringType!.Name}.{method.Name} calls {called.DeclaringType!.Name}.{called}"));
        found.Should().BeEmpty();
    }

    [Theory, MemberData(nameof(Libraries))]
    public void No_library_hands_TorchScript_a_number_that_may_be_gone(Type ofLibrary) =>
        MethodCalls.MethodsOf(ofLibrary.Assembly)
            .Where(method => MethodCalls.In(method).Any(called => called.DeclaringType == typeof(jit.CompilationUnit) && called.Name.StartsWith("invoke", StringComparison.Ordinal)))
            .Where(method => MethodCalls.BoxedIn(method).Any(type => type == typeof(double) || type == typeof(float) || type == typeof(long)))
            .Should().BeEmpty();

    [Fact]
    public void What_is_looked_for_is_found()
    {
        MethodBase sloppy = typeof(ScalarContractTests).GetMethod(nameof(Sloppy), BindingFlags.NonPublic | BindingFlags.Static)!;
        MethodCalls.In(sloppy).Where(IsUnsafe).Should().HaveCount(4);
    }

    /// <summary>A conversion to a scalar, or an operation that makes one itself: addition, whose factor alpha is one, and operators with a number.</summary>
    private static bool IsUnsafe(MethodBase called)
    {
        if (called.DeclaringType == typeof(Scalar)) return called.Name == "op_Implicit";
        if (called.DeclaringType != typeof(Tensor)) return false;
        ParameterInfo[] parameters = called.GetParameters();
        return called.Name is "op_Addition" || (called.Name is "add" or "add_" && parameters.Length == 1)
            || (called.Name.StartsWith("op_", StringComparison.Ordinal) && parameters.Any(parameter => parameter.ParameterType.IsPrimitive));
    }

    /// <summary>AdamW keeps its scalars in fields, and the learning rate's until the step is over.</summary>
    private static bool IsHeld(MethodBase method, MethodBase called) => called.DeclaringType == typeof(Scalar) && method.DeclaringType is { } type && (type == typeof(AdamW) || type.DeclaringType == typeof(AdamW));

    private static Tensor Sloppy(Tensor x) => (x + x).add(x) * 2.0 + x.masked_fill(x, 0.5f).add(x, Alpha);

    private static Scalar Alpha { get; } = 1;
}
