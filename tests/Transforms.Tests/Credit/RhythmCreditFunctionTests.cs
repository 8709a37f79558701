using CsCheck;

namespace MLNetAttn.Transforms.Tests;

public class RhythmCreditFunctionTests
{
    private static readonly Gen<double> AnySignal = Gen.Frequency(
        (8, Gen.Double[0, 10]),
        (2, Gen.Int[0, 3].Select(value => (double)value)),
        (1, Gen.Const(double.NaN)));

    private static readonly Gen<TokenSignals> AnySignals = Gen.Int[0, 60].SelectMany(count => Gen
        .Select(AnySignal.Array[count], AnySignal.Array[count], AnySignal.Array[count], AnySignal.Array[count])
        .Select((waad, fai, entropy, flow) => new TokenSignals { Count = count, Waad = waad, Fai = fai, Entropy = entropy, Flow = flow }));

    private static readonly Gen<CreditOptions> AnyOptions = Gen
        .Select(Gen.Enum<CreditStrategy>(), Gen.Double[0, 1], Gen.Bool, Gen.Double[1, 3], Gen.Double[0, 1], Gen.Int[1, 5])
        .Select((strategy, fraction, bottom, amplification, share, reach) => new CreditOptions
        {
            Strategy = strategy,
            Fraction = fraction,
            Bottom = bottom,
            Amplification = amplification,
            IntroductionShare = share,
            IntroductionReach = reach,
        });

    [Fact]
    public void Every_token_gets_a_credit_between_one_and_one_plus_both_bonuses() => Gen.Select(AnySignals, AnyOptions).Sample((signals, options) =>
    {
        CreditAssignment assignment = RhythmCreditFunction.Assign(signals, options);
        double most = 1 + (options.Amplification - 1) * (options.Strategy == CreditStrategy.Coupled ? 1 + options.IntroductionShare : 1);
        assignment.Credit.Should().HaveCount(signals.Count).And.NotContain(credit => credit < 1 || credit > most + 1e-12);
    });

    [Fact]
    public void Tokens_without_a_role_have_credit_one() => Gen.Select(AnySignals, AnyOptions).Sample((signals, options) =>
    {
        CreditAssignment assignment = RhythmCreditFunction.Assign(signals, options);
        assignment.Credit.Where((_, token) => assignment.Roles[token] == TokenRoles.None).Should().NotContain(credit => credit != 1);
    });

    [Fact]
    public void As_many_tokens_are_selected_as_the_fraction_of_the_defined_ones_rounded_up() => Gen
        .Select(AnySignals, Gen.Int[0, 20], Gen.Bool)
        .Sample((signals, twentieths, bottom) =>
        {
            CreditAssignment assignment = RhythmCreditFunction.Assign(
                signals,
                new CreditOptions { Strategy = CreditStrategy.Global, Fraction = twentieths / 20.0, Bottom = bottom });
            int defined = signals.Fai!.Count(value => !double.IsNaN(value));
            assignment.Roles.Count(role => role == TokenRoles.Anchor).Should().Be((twentieths * defined + 19) / 20);
            assignment.Roles.Where((_, token) => double.IsNaN(signals.Fai![token])).Should().NotContain(TokenRoles.Anchor);
        });

    [Fact]
    public void No_selected_token_has_a_lower_value_than_one_left_out() => AnySignals.Sample(signals =>
    {
        CreditAssignment assignment = RhythmCreditFunction.Assign(signals, new CreditOptions { Strategy = CreditStrategy.HighEntropy });
        double[] In(bool selected) =>
            [.. signals.Entropy!.Where((value, token) => !double.IsNaN(value) && assignment.Roles[token] == TokenRoles.Selected == selected)];
        if (In(true).Length > 0 && In(false).Length > 0) In(true).Min().Should().BeGreaterThanOrEqualTo(In(false).Max());
    });

    [Fact]
    public void Coupling_moves_credit_without_making_more_than_the_anchors_had() => Gen.Select(AnySignals, AnyOptions).Sample((signals, options) =>
    {
        double Total(CreditStrategy strategy) => RhythmCreditFunction.Assign(signals, new CreditOptions
        {
            Strategy = strategy,
            Fraction = options.Fraction,
            Bottom = options.Bottom,
            Amplification = options.Amplification,
            IntroductionShare = options.IntroductionShare,
            IntroductionReach = options.IntroductionReach,
        }).Credit.Sum();
        Total(CreditStrategy.Coupled).Should().BeLessThanOrEqualTo(Total(CreditStrategy.Global) + 1e-9);
    });

    [Fact]
    public void A_dominated_anchor_shares_its_credit_with_the_token_that_introduced_its_chunk()
    {
        // Δ = 8 0 0 at tokens 0 to 2; token 2 is the anchor, its WAAD is low, the jump lies within three tokens back.
        var signals = new TokenSignals { Count = 4, Waad = [9, 1, 1, 1], Fai = [0.1, 0.1, 0.9, double.NaN] };

        CreditAssignment assignment = RhythmCreditFunction.Assign(signals, new CreditOptions { Fraction = 0.3, IntroductionShare = 0.25, Amplification = 2 });

        assignment.Credit.Should().Equal(1.25, 1, 1.75, 1);
        assignment.Roles.Should().Equal(TokenRoles.Introduction, TokenRoles.None, TokenRoles.DominatedAnchor, TokenRoles.None);
    }

    [Fact]
    public void A_token_that_is_anchor_and_introduction_gets_both_credits_and_both_roles()
    {
        var signals = new TokenSignals { Count = 4, Waad = [9, 1, 1, 1], Fai = [0.8, 0.1, 0.9, double.NaN] };

        CreditAssignment assignment = RhythmCreditFunction.Assign(signals, new CreditOptions { Fraction = 0.6 });

        assignment.Credit.Should().Equal(1.75, 1, 1.25, 1);
        assignment.Roles[0].Should().Be(TokenRoles.Anchor | TokenRoles.Introduction);
    }

    [Fact]
    public void Normalized_credit_keeps_its_proportions_and_has_mean_one() => Gen.Select(AnySignals, AnyOptions)
        .Where((signals, _) => signals.Count > 0)
        .Sample((signals, options) =>
        {
            double[] plain = RhythmCreditFunction.Assign(signals, options).Credit;
            double[] normalized = RhythmCreditFunction.Assign(signals, options with { Sign = CreditSign.Both, Normalize = true }).Credit;
            normalized.Average().Should().BeApproximately(1, 1e-12);
            for (int token = 0; token < plain.Length; token++)
                (normalized[token] * plain[0]).Should().BeApproximately(plain[token] * normalized[0], 1e-9);
        });

    [Fact]
    public void Spread_credit_is_as_much_and_the_same_for_every_token() => Gen.Select(AnySignals, AnyOptions)
        .Where((signals, _) => signals.Count > 0)
        .Sample((signals, options) =>
        {
            CreditAssignment plain = RhythmCreditFunction.Assign(signals, options),
                spread = RhythmCreditFunction.Assign(signals, options with { Spread = true });
            spread.Credit.Should().AllBeEquivalentTo(plain.Credit.Average()).And.HaveCount(plain.Credit.Length);
            spread.Roles.Should().Equal(plain.Roles);
        });

    [Fact]
    public void Credit_that_is_zero_everywhere_stays_zero_when_it_is_normalized() =>
        RhythmCreditFunction.Assign(
            new TokenSignals { Count = 2, Entropy = [1, 2] },
            new CreditOptions { Strategy = CreditStrategy.HighEntropy, Fraction = 1, Amplification = 0, Normalize = true })
            .Credit.Should().Equal(0, 0);

    [Theory]
    [InlineData(CreditSign.Both, true, true, true, true)]
    [InlineData(CreditSign.PositiveOnly, true, true, false, false)]
    [InlineData(CreditSign.NegativeOnly, false, false, true, false)]
    public void Credit_acts_on_advantages_of_the_sign_asked_for_and_roles_stay(CreditSign sign, bool positive, bool zero, bool negative, bool unknown)
    {
        var signals = new TokenSignals { Count = 4, Waad = [9, 1, 1, 1], Fai = [0.8, 0.1, 0.9, double.NaN] };
        CreditAssignment all = RhythmCreditFunction.Assign(signals, new CreditOptions());
        foreach ((double advantage, bool acts) in new[] { (0.5, positive), (0, zero), (-0.5, negative), (double.NaN, unknown) })
        {
            CreditAssignment assignment = RhythmCreditFunction.Assign(signals, new CreditOptions { Sign = sign }, advantage: advantage);
            assignment.Credit.Should().Equal(acts ? all.Credit : [1, 1, 1, 1]);
            assignment.Roles.Should().Equal(all.Roles);
        }
    }

    [Fact]
    public void A_sign_without_an_advantage_is_refused()
    {
        Action assign = () => RhythmCreditFunction.Assign(
            new TokenSignals { Count = 0 },
            new CreditOptions { Strategy = CreditStrategy.Uniform, Sign = CreditSign.PositiveOnly });
        assign.Should().Throw<ArgumentException>().WithMessage("*PositiveOnly needs the response's advantage*");
    }

    [Fact]
    public void Random_credit_is_repeatable_differs_between_responses_and_selects_every_token_about_equally_often()
    {
        var options = new CreditOptions { Strategy = CreditStrategy.Random, Fraction = 0.4, Seed = 7 };
        double[] Draw(long response) => RhythmCreditFunction.Assign(new TokenSignals { Count = 50 }, options, response).Credit;

        Draw(1).Should().Equal(Draw(1)).And.NotEqual(Draw(2));
        int[] chosen = new int[50];
        for (long response = 0; response < 2000; response++)
        {
            double[] credit = Draw(response);
            credit.Count(value => value > 1).Should().Be(20);
            for (int token = 0; token < 50; token++) chosen[token] += credit[token] > 1 ? 1 : 0;
        }
        chosen.Should().OnlyContain(count => count > 680 && count < 920, "800 of 2000 are expected, with a standard deviation of 22");
    }

    [Fact]
    public void All_options_out_of_range_are_named_at_once()
    {
        Action assign = () => RhythmCreditFunction.Assign(new TokenSignals { Count = 0 }, new CreditOptions
        {
            Fraction = 1.5,
            Amplification = double.NaN,
            IntroductionShare = -1,
            IntroductionReach = 0,
            Strategy = (CreditStrategy)99,
            DominatedWaad = double.NaN,
            Sign = (CreditSign)7,
        });
        assign.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll(
            "Fraction is 1.5", "Amplification", "IntroductionShare is -1", "IntroductionReach is 0",
            "Strategy is 99", "DominatedWaad", "Sign is 7");
    }

    [Fact]
    public void A_missing_or_too_short_signal_is_named()
    {
        Action missing = () => RhythmCreditFunction.Assign(new TokenSignals { Count = 2, Waad = [1, 2] }, new CreditOptions());
        missing.Should().Throw<ArgumentException>().WithMessage("*Fai has no values for 2 tokens*Coupled*");
        Action tooShort = () => RhythmCreditFunction.Assign(
            new TokenSignals { Count = 2, Entropy = [1] },
            new CreditOptions { Strategy = CreditStrategy.HighEntropy });
        tooShort.Should().Throw<ArgumentException>().WithMessage("*Entropy has 1 values for 2 tokens*");
    }
}
