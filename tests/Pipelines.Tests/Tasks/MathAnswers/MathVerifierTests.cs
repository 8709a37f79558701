using System.Diagnostics;

namespace MLNetAttn.Pipelines;

public sealed class MathVerifierTests
{
    [Theory]
    [InlineData("$\\frac{5}{8}$", "so we get \\boxed{0.625}")]
    [InlineData("$\\frac{5}{8}$", "62.5%")]
    [InlineData("18", "#### 18")]
    [InlineData("18", "She earns 9 * 2 = $18 every day. The answer is $18 per day.")]
    [InlineData("1200", "\\boxed{1,200\\text{ m}^2}")]
    [InlineData("$\\frac{11}{4}$", "\\boxed{2\\frac{3}{4}}")]
    [InlineData("$3.2\\times10^{5}$", "\\boxed{320000}")]
    [InlineData("$3\\sqrt{5}$", "\\boxed{\\sqrt{45}}")]
    [InlineData("$\\frac{\\pi}{4}$", "\\boxed{\\arctan 1}")]
    [InlineData("$(3,-2)$", "\\boxed{x=3,\\ y=-2}")]
    [InlineData("$\\{1,4,9\\}$", "\\boxed{9, 1, 4}")]
    [InlineData("$(-\\infty,0)\\cup(0,\\infty)$", "\\boxed{\\mathbb{R}\\setminus\\{0\\}}")]
    [InlineData("$x<4$", "\\boxed{(-\\infty,4)}")]
    [InlineData("$x^2-4$", "\\boxed{(x+2)(x-2)}")]
    [InlineData("$y=2x-1$", "\\boxed{2y=4x-2}")]
    [InlineData("$\\begin{pmatrix}1\\\\0\\end{pmatrix}$", "\\boxed{\\begin{bmatrix}\\frac{2}{2}\\\\0\\end{bmatrix}}")]
    [InlineData("$\\text{Tuesday}$", "\\boxed{tuesday}")]
    [InlineData("$2\\pm\\sqrt{3}$", "\\boxed{2-\\sqrt3} and \\boxed{2+\\sqrt3}")]
    [InlineData("$7$", "\\boxed{8}. No: the final answer is $7$. I hope it is correct.")]
    public void Right_answers_are_right_however_they_are_written(string gold, string response) => MathVerifier.IsCorrect(response, gold).Should().BeTrue();

    [Theory]
    [InlineData("$\\frac{5}{8}$", "\\boxed{0.62}")]
    [InlineData("$\\frac{5}{8}$", "\\boxed{\\frac{8}{5}}")]
    [InlineData("18", "\\boxed{1.8}")]
    [InlineData("18", "18 or 19: \\boxed{18, 19}")]
    [InlineData("18", "")]
    [InlineData("18", "I do not know.")]
    [InlineData("$(3,-2)$", "\\boxed{(-2,3)}")]
    [InlineData("$[0,1)$", "\\boxed{[0,1]}")]
    [InlineData("$\\{1,4,9\\}$", "\\boxed{1, 4}")]
    [InlineData("$x<4$", "\\boxed{x\\le4}")]
    [InlineData("$x^2-4$", "\\boxed{(x-2)^2}")]
    [InlineData("$\\sqrt{2}$", "\\boxed{\\sqrt{2}+10^{-9}}")]
    [InlineData("$2^{200}$", "\\boxed{2^{200}+1}")]
    [InlineData("$|x|$", "\\boxed{\\sqrt{x^2}+0.001}")]
    [InlineData("$x$", "\\boxed{\\sqrt{x^2}}")]
    [InlineData("$\\frac{1}{0}$", "\\boxed{\\frac{2}{0}}")]
    [InlineData("$\\begin{pmatrix}1\\\\0\\end{pmatrix}$", "\\boxed{\\begin{pmatrix}1&0\\end{pmatrix}}")]
    public void Wrong_answers_are_wrong(string gold, string response) => MathVerifier.IsCorrect(response, gold).Should().BeFalse();

    [Theory]
    [InlineData("18", true)]
    [InlineData("$x^2$", true)]
    [InlineData("$\\unknown$", true)]
    [InlineData("see above", false)]
    [InlineData("", false)]
    public void A_gold_answer_is_readable_if_anything_is_found_in_it(string gold, bool readable) => MathVerifier.IsReadable(gold).Should().Be(readable);

    [Fact]
    public void Equal_fractions_are_equal_and_others_are_not()
    {
        var random = new Random(3);
        for (int round = 0; round < 300; round++)
        {
            int p = random.Next(-500, 500), q = random.Next(2, 200), k = random.Next(2, 30);
            MathVerifier.IsCorrect($"\\boxed{{\\frac{{{k * p}}}{{{k * q}}}}}", $"$\\frac{{{p}}}{{{q}}}$").Should().BeTrue($"{p}/{q} times {k}");
            MathVerifier.IsCorrect($"\\boxed{{{k * p + 1}/{k * q}}}", $"$\\frac{{{p}}}{{{q}}}$").Should().BeFalse($"{p}/{q} times {k}, plus one part");
        }
    }

    [Fact]
    public void Products_are_equal_to_their_expansions_and_to_no_others()
    {
        var random = new Random(5);
        for (int round = 0; round < 100; round++)
        {
            int a = random.Next(1, 9), b = random.Next(1, 9), c = random.Next(1, 9), d = random.Next(1, 9);
            string product = $"$({a}x+{b}y)({c}x-{d}y)$";
            MathVerifier.IsCorrect($"\\boxed{{{a * c}x^2+{b * c - a * d}xy-{b * d}y^2}}".Replace("+-", "-"), product).Should().BeTrue(product);
            MathVerifier.IsCorrect($"\\boxed{{{a * c}x^2+{b * c - a * d + 1}xy-{b * d}y^2}}".Replace("+-", "-"), product).Should().BeFalse(product);
        }
    }

    [Theory]
    [InlineData("9^{9^{9^9}}")]
    [InlineData("2^{2^{2^{2^{2^2}}}}")]
    [InlineData("1000000000!")]
    [InlineData("((((9!)!)!)!)!")]
    [InlineData("\\sum_{k=1}^{10^{9}}k")]
    [InlineData("\\sum_{i=1}^{1999}\\sum_{j=1}^{1999}\\sum_{k=1}^{1999}\\frac{1}{ijk}")]
    [InlineData("\\binom{10^9}{5\\cdot10^8}")]
    [InlineData("10^{-100000000}")]
    public void Hostile_formulas_cost_no_time(string formula)
    {
        var clock = Stopwatch.StartNew();
        MathVerifier.IsCorrect($"\\boxed{{{formula}}}", "$1$").Should().BeFalse();
        MathVerifier.IsCorrect("\\boxed{1}", $"${formula}$").Should().BeFalse();
        MathVerifier.IsCorrect($"\\boxed{{{formula}}}", $"${formula}$").Should().BeTrue("the same text is the same answer");
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Mutated_texts_do_no_harm()
    {
        string[] seeds =
        [
            "so $x=\\frac{1}{2}$, \\boxed{(-\\infty,2]\\cup\\{3\\}}",
            "Answer: \\[\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}\\]",
            "final answer is $\\sqrt[3]{2}\\pm 5!$. I hope",
            "\\boxed{\\sum_{k=1}^{10}\\binom{10}{k}} and 40+2 = 42%",
            "$f(x)<3\\text{ cm}^2$ or \\boxed{12,345.6}",
            "#### |\\log_28|",
        ];
        const string Pool = "\\{}()[]$^_,.;:|!%&+-*/=<> 0123456789abxyEI\n";
        var random = new Random(17);
        for (int round = 0; round < 20_000; round++)
        {
            var text = new System.Text.StringBuilder(seeds[random.Next(seeds.Length)]);
            for (int edit = random.Next(1, 8); edit > 0; edit--)
            {
                int at = random.Next(text.Length);
                if (random.Next(3) == 0)
                    text.Remove(at, Math.Min(random.Next(1, 5), text.Length - at - 1));
                else
                    text.Insert(at, random.Next(2) == 0
                        ? Pool[random.Next(Pool.Length)].ToString()
                        : text.ToString(at, Math.Min(random.Next(1, 10), text.Length - at)));
            }
            string mutated = text.ToString();
            MathVerifier.IsCorrect(mutated, mutated).Should().Be(MathVerifier.IsReadable(mutated), mutated);
        }
    }

    public static TheoryData<string, int> Repeated => new()
    {
        { "(", 100_000 }, { "\\boxed{", 30_000 }, { "{", 100_000 }, { "$", 100_000 }, { "\\[", 50_000 }, { "\\(", 50_000 },
        { "answer: ", 20_000 }, { "final answer is ", 10_000 }, { "1 ", 100_000 }, { " 1+", 50_000 }, { "1,000", 20_000 },
        { "\\frac", 20_000 }, { "^(", 50_000 }, { "|", 100_000 }, { "-", 100_000 }, { "\\sqrt{", 20_000 }, { "=", 100_000 },
        { "$x$, ", 20_000 }, { "\\text{", 20_000 }, { " ", 100_000 },
    };

    [Theory]
    [MemberData(nameof(Repeated))]
    public void Hostile_texts_cost_no_time(string piece, int times)
    {
        string text = string.Concat(Enumerable.Repeat(piece, times));
        var clock = Stopwatch.StartNew();
        MathVerifier.IsCorrect(text, "$17$").Should().BeFalse();
        MathVerifier.IsCorrect($"\\boxed{{{text[..4000]}", "$17$").Should().BeFalse();
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(10));
    }
}
