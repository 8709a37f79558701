using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

/// <summary>What one model wrote, read by another whose tokenizer has other ids for the same text.</summary>
public sealed class ForeignTextTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _teacher = TinyModels.CreateWithTokenizer();
    private readonly CausalLanguageModel _student = TinyModels.CreateWithOtherIds();
    private readonly IDataView _written;
    private readonly TextRow[] _rows;

    public ForeignTextTests()
    {
        IDataView prompts = _ml.Data.LoadFromEnumerable([new { Prompt = "a+" }, new { Prompt = "b=" }]);
        // A response that ends at once has no text that another could read.
        var options = new TextGenerationOptions { Generation = new GenerationOptions { MaxNewTokens = 12, SamplesPerPrompt = 4, StopTokenIds = [] } };
        _written = _ml.Transforms.GenerateText(_teacher, options)
            .Append(_ml.Transforms.CustomMapping<Answered, RewardOutput>((row, output) => output.Reward = row.Response.Length, null))
            .Fit(prompts).Transform(prompts);
        _rows = [.. _ml.Data.CreateEnumerable<TextRow>(_written, reuseRowObject: false)];
    }

    public void Dispose()
    {
        _teacher.Dispose();
        _student.Dispose();
    }

    [Fact]
    public void A_student_is_fine_tuned_on_the_teachers_text()
    {
        double loss = Loss(_student, _written);
        loss.Should().Be(Loss(_student, _ml.Data.LoadFromEnumerable(_rows)));
        Loss(_teacher, _written).Should().NotBe(Loss(_teacher, _ml.Data.LoadFromEnumerable(_rows)), "it has the tokens, to which no end is appended");

        double Loss(CausalLanguageModel model, IDataView rows)
        {
            var told = new ProgressList();
            var options = new SupervisedFineTuningOptions { Steps = 1, BatchSize = 8, Progress = told };
            _ml.Policies.Trainers.SupervisedFineTuning(model, options).Fit(rows).Dispose();
            return told[0].Metrics["loss"];
        }
    }

    [Fact]
    public void Recorded_rollouts_of_another_model_are_read_as_text()
    {
        Entropy(_written).Should().Be(Entropy(_ml.Data.LoadFromEnumerable(_rows)));

        double Entropy(IDataView rows)
        {
            var told = new ProgressList();
            var options = new PolicyOptimizationOptions
            {
                Steps = 1,
                PromptsPerStep = 2,
                Generations = 4,
                MaxNewTokens = 12,
                Rhythm = new RhythmOptions { MinimumHorizon = 1, MaximumHorizon = 8 },
                Progress = told,
            };
            _ml.Policies.Trainers.PolicyOptimization(_student, new RecordedRollouts { GroupColumnName = "PromptIndex" }, options).Fit(rows).Dispose();
            return told[0].Metrics["entropy"];
        }
    }

    [Fact]
    public void A_reward_is_told_whose_ids_it_sees()
    {
        StoredRows rows = StoredRows.Read(_ml.Data.LoadFromEnumerable(_rows), _ => () => { });
        var prompts = new PromptReader("Prompt", PromptFormat.Text, addSpecialTokens: true);
        DataViewSchema.Column response = new RolloutView(rows, prompts, _teacher, []).Only([]).Schema["Response"];
        LanguageModelAnnotation.HasForeignIds(response, _teacher).Should().BeFalse();
        LanguageModelAnnotation.HasForeignIds(response, _student).Should().BeTrue();
    }

    private sealed class Answered
    {
        public string Response { get; set; } = "";
    }

    private sealed class TextRow
    {
        public string Prompt { get; set; } = "";

        public string Response { get; set; } = "";

        public float Reward { get; set; }

        public long PromptIndex { get; set; }
    }
}
