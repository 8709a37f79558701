using System.Reflection;
using System.Reflection.Emit;

namespace MLNetAttn.Testing;

/// <summary>Which methods a method calls, from its IL.</summary>
internal static class MethodCalls
{
    private static readonly Dictionary<short, OpCode> OpCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>All methods and constructors of an assembly, those that the compiler made included.</summary>
    public static IEnumerable<MethodBase> MethodsOf(Assembly assembly) => assembly.GetTypes().SelectMany(type => type.GetMembers(
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)).OfType<MethodBase>();

    /// <summary>The methods that a method calls.</summary>
    public static IEnumerable<MethodBase> In(MethodBase method) => Operands(method, OperandType.InlineMethod).Select(operand => (MethodBase)operand.Member);

    /// <summary>The types of the values that a method turns into objects.</summary>
    public static IEnumerable<Type> BoxedIn(MethodBase method) =>
        Operands(method, OperandType.InlineType)
            .Where(operand => operand.Operation == System.Reflection.Emit.OpCodes.Box)
            .Select(operand => (Type)operand.Member);

    private static IEnumerable<(OpCode Operation, MemberInfo Member)> Operands(MethodBase method, OperandType kind)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code) yield break;
        Type[] typeArguments = method.DeclaringType?.IsGenericType == true ? method.DeclaringType.GetGenericArguments() : [],
            arguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
        for (int at = 0; at < code.Length;)
        {
            short value = code[at++];
            if (value == 0xFE) value = (short)(0xFE00 | code[at++]);
            OpCode operation = OpCodes[value];
            if (operation.OperandType == kind)
                yield return (operation, method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, arguments)!);
            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }
}
