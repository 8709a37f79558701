using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Docs.Tests;

public sealed partial class ComponentTests : IDisposable
{
    private static readonly MLContext Context = new(seed: 1);
    private readonly CausalLanguageModel _model = CausalLanguageModel.FromPretrained(Repository.Path("models", "countdown"));

    public void Dispose() => _model.Dispose();

    public static IEnumerable<TheoryDataRow<string>> Components() => [.. Sections().Keys.Select(name => new TheoryDataRow<string>(name))];

    [Fact]
    public void Every_component_of_the_catalogs_has_a_section_and_a_line_in_the_first_table()
    {
        string[] transforms =
        [
            .. new[] { typeof(AttentionRhythmCatalog), typeof(RewardCatalog), typeof(PolicyCatalogExtensions) }
                .SelectMany(type => type.Assembly.GetExportedTypes())
                .Where(type => type.Namespace == "MLNetAttn" && type.IsAbstract && type.IsSealed)
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public))
                .Where(method => method.GetParameters() is [{ ParameterType: var first }, ..] && first == typeof(TransformsCatalog))
                .Select(method => method.Name),
        ];
        string[] trainers =
        [
            .. typeof(PolicyCatalog.PolicyTrainers)
                .GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .Select(method => method.Name),
        ];
        Sections().Keys.Should().BeEquivalentTo(transforms.Concat(trainers).Distinct());
        Rows(Text().Split("\n## ")[0], "component").Select(cells => cells[0].Trim('`')).Should().BeEquivalentTo(Sections().Keys);
    }

    [Theory]
    [MemberData(nameof(Components))]
    public void Columns_are_those_of_the_estimator(string component)
    {
        string section = Sections()[component];
        (IEstimator<ITransformer> estimator, IDataView sample) = Create(component);
        SchemaShape input = MLNetInternals.CreateShape(sample.Schema), output = estimator.GetOutputSchema(input);

        Rows(section, "output column").Select(cells => (cells[0].Trim('`'), cells[1])).Should().Equal(
            output.Where(column => !input.Any(before => before.Name == column.Name)).Select(column => (column.Name, TypeOf(column))));

        foreach (string name in Rows(section, "input column").Select(cells => cells[0]).Where(name => name.StartsWith('`')).Select(name => name.Trim('`')))
        {
            SchemaShape without = MLNetInternals.CreateShape(Context.Transforms.DropColumns(name).Fit(sample).Transform(sample).Schema);
            estimator.Invoking(it => it.GetOutputSchema(without))
                .Should().Throw<ArgumentOutOfRangeException>($"{component} reads {name}").WithMessage($"*{name}*");
        }
    }

    [Theory]
    [InlineData("GenerateText")]
    [InlineData("AttentionRhythm")]
    [InlineData("RhythmCredit")]
    [InlineData("RhythmFeatures")]
    [InlineData("CountdownReward")]
    [InlineData("MathReward")]
    public void The_first_page_names_the_columns_that_a_component_writes(string component)
    {
        string[] row = Rows(File.ReadAllText(Repository.Path("README.md")), "component").Single(cells => cells[0].Contains($".{component}("));
        // Columns that are asked for stand in brackets or behind a semicolon.
        ColumnName().Matches(row[2].Split('(', ';')[0]).Select(match => match.Value)
            .Should().BeEquivalentTo(Rows(Sections()[component], "output column").Select(cells => cells[0].Trim('`')));
    }

    [Theory]
    [MemberData(nameof(Components))]
    public void Types_and_options_are_there_by_these_names_and_the_package_is_the_right_one(string component)
    {
        string section = Sections()[component];
        Type type = Create(component).Estimator.GetType();
        section.Should().Contain($"`{type.Name}`");
        Rows(Text().Split("\n## ")[0], "component").Single(cells => cells[0] == $"`{component}`")[^1].Should().Be(type.Assembly.GetName().Name);

        Match options = OptionNames().Match(section);
        Type optionsType = type.Assembly.GetExportedTypes().Single(exported => exported.Name == options.Groups["type"].Value);
        foreach (Match option in Code().Matches(options.Groups["names"].Value))
            optionsType.GetProperty(option.Groups[1].Value).Should().NotBeNull($"{optionsType.Name} has {option.Groups[1].Value}");
    }

    [Fact]
    public void The_features_are_as_many_as_the_page_says()
    {
        RhythmFeaturesEstimator features = Context.Transforms.RhythmFeatures();
        IDataView sample = Sample<Tokens>();
        int slots = ((VectorDataViewType)features.Fit(sample).GetOutputSchema(sample.Schema)["RhythmFeatures"].Type).Size;
        Sections()["RhythmFeatures"].Should().Contain($" {slots} slots");
    }

    private (IEstimator<ITransformer> Estimator, IDataView Sample) Create(string component) => component switch
    {
        "GenerateText" => (Context.Transforms.GenerateText(_model), Sample<Asked>()),
        "AttentionRhythm" => (Context.Transforms.AttentionRhythm(_model), Sample<Answered>()),
        "RhythmCredit" => (Context.Transforms.RhythmCredit(), Sample<Tokens>()),
        "RhythmFeatures" => (Context.Transforms.RhythmFeatures(), Sample<Tokens>()),
        "CountdownReward" => (Context.Transforms.CountdownReward(), Sample<Answered>()),
        "MathReward" => (Context.Transforms.MathReward(), Sample<Answered>()),
        "RegexReward" => (Context.Transforms.RegexReward("yes"), Sample<Answered>()),
        "LengthPenalty" => (Context.Transforms.LengthPenalty(), Sample<Answered>()),
        "WeightedReward" => (Context.Transforms.WeightedReward((1.0, "Form")), Sample<Rewarded>()),
        "GroupAdvantage" => (Context.Transforms.GroupAdvantage(), Sample<Grouped>()),
        "PolicyOptimization" => (Context.Policies.Trainers.PolicyOptimization(_model, Context.Transforms.CountdownReward()), Sample<Asked>()),
        // Where the policy writes Response, the rows have theirs under another name: a column that is hidden is in no shape.
        "SupervisedFineTuning" => (Context.Policies.Trainers.SupervisedFineTuning(_model, responseColumnName: "Answer"), Sample<Demonstrated>()),
        _ => throw new ArgumentOutOfRangeException(nameof(component), component, "This test does not know the component."),
    };

    private static IDataView Sample<T>()
        where T : class, new() => Context.Data.LoadFromEnumerable([new T()]);

    private static string TypeOf(SchemaShape.Column column)
    {
        string item = column.IsKey ? "key" : column.ItemType is TextDataViewType ? "text" : column.ItemType.ToString()!;
        return column.Kind switch
        {
            SchemaShape.Column.VectorKind.Scalar => item,
            SchemaShape.Column.VectorKind.Vector => "vector of " + item,
            _ => "variable-size vector of " + item,
        };
    }

    private static string Text() => File.ReadAllText(Repository.Path("docs", "components.md"));

    private static Dictionary<string, string> Sections() => Text().Split("\n## ").Skip(1).ToDictionary(section => section.Split('\n')[0].Trim());

    /// <summary>The rows of the table whose first column has this heading.</summary>
    private static string[][] Rows(string text, string heading) =>
    [
        .. text.Split('\n')
            .SkipWhile(line => !line.StartsWith($"| {heading} |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries)),
    ];

    [GeneratedRegex(@"Options, in `(?<type>\w+)`: (?<names>.*?)\n\n", RegexOptions.Singleline)]
    private static partial Regex OptionNames();

    [GeneratedRegex(@"\b[A-Z][a-z]\w*")]
    private static partial Regex ColumnName();

    [GeneratedRegex(@"`(\w+)`")]
    private static partial Regex Code();

    private sealed class Demonstrated
    {
        public string Prompt { get; set; } = "";

        public string Answer { get; set; } = "";
    }

    private sealed class Asked
    {
        public string Prompt { get; set; } = "";
        public int[] Numbers { get; set; } = [];
        public int Target { get; set; }
    }

    private sealed class Answered
    {
        public string Prompt { get; set; } = "";
        public string Response { get; set; } = "";
        public int[] ResponseTokenIds { get; set; } = [];
        public string Answer { get; set; } = "";
        public int[] Numbers { get; set; } = [];
        public int Target { get; set; }
    }

    private sealed class Tokens
    {
        public float[] Waad { get; set; } = [];
        public float[] Fai { get; set; } = [];
        public float[] Entropy { get; set; } = [];
        public float[] LogProbability { get; set; } = [];
    }

    private sealed class Rewarded
    {
        public float Form { get; set; }
    }

    private sealed class Grouped
    {
        public float Reward { get; set; }
        public string Group { get; set; } = "";
    }
}
