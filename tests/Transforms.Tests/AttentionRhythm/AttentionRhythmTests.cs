using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public sealed class AttentionRhythmTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly CausalLanguageModel _idModel = TinyModels.CreateWithoutTokenizer();

    public void Dispose()
    {
        _model.Dispose();
        _idModel.Dispose();
    }

    [Fact]
    public void Every_column_has_one_value_per_response_token()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(TextPair.Make(20));
        RhythmRow[] rows = Rows(_ml.Transforms.AttentionRhythm(_model).Fit(data).Transform(data));
        rows.Should().HaveCount(20);
        foreach ((RhythmRow row, TextPair pair) in rows.Zip(TextPair.Make(20)))
        {
            int[] ids = _model.Tokenizer.Encode(pair.Response, addSpecialTokens: false);
            row.TokenIds.Should().Equal(ids);
            string.Concat(row.Tokens).Should().Be(pair.Response);
            new[] { row.Tokens.Length, row.Waad.Length, row.Fai.Length, row.Entropy.Length, row.LogProbability.Length }.Should().AllBeEquivalentTo(ids.Length);
            row.Waad.Should().OnlyContain(waad => waad >= 0 && waad <= 10);
            row.LogProbability.Should().OnlyContain(value => value < 0);
        }
    }

    [Fact]
    public void Values_are_the_models_own_and_do_not_depend_on_the_batch() => ValuesAreTheModels(RowAlignment.Reading);

    [Fact]
    public void Rows_that_tokens_were_sampled_from_are_read_where_they_are_asked_for() => ValuesAreTheModels(RowAlignment.Generating);

    private void ValuesAreTheModels(RowAlignment alignment)
    {
        IdPair[] pairs = IdPair.Make(30);
        IDataView data = _ml.Data.LoadFromEnumerable(pairs);
        AttentionRhythmTransformer fitted = _ml.Transforms.AttentionRhythm(_idModel, new AttentionRhythmOptions { RowAlignment = alignment }).Fit(data);
        var options = new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = fitted.Groups, RowAlignment = alignment };
        foreach ((RhythmRow row, IdPair pair) in Rows(fitted.Transform(data)).Zip(pairs))
        {
            RhythmAnalysis alone = _idModel.AnalyzeRhythm([new TokenSequence(pair.Prompt, pair.Response)], options)[0];
            Close(row.Waad, alone.Waad);
            Close(row.Fai, alone.Fai);
            Close(row.Entropy, alone.Entropies);
            Close(row.LogProbability, alone.LogProbabilities);
        }
    }

    [Fact]
    public void Only_the_columns_asked_for_are_written()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(IdPair.Make(2));
        var options = new AttentionRhythmOptions
        {
            Outputs = RhythmColumns.Waad | RhythmColumns.Entropy,
            WaadColumnName = "W",
            Grouping = RhythmGrouping.PerSequence,
        };
        AttentionRhythmEstimator estimator = _ml.Transforms.AttentionRhythm(_idModel, options);
        estimator.Fit(data).Transform(data).Schema.Select(column => column.Name).Should().Equal("Prompt", "Response", "W", "Entropy");
        estimator.GetOutputSchema(MLNetInternals.CreateShape(data.Schema)).Select(column => column.Name).Should().Equal("Prompt", "Response", "W", "Entropy");
    }

    [Fact]
    public void No_logits_are_computed_for_columns_that_need_none()
    {
        using CausalLanguageModel broken = TinyModels.CreateWithoutTokenizer(tied: false);
        IDataView data = _ml.Data.LoadFromEnumerable(IdPair.Make(3));
        RhythmRow[] Read(RhythmColumns outputs)
        {
            IDataView view = _ml.Transforms.AttentionRhythm(broken, new AttentionRhythmOptions { Outputs = outputs }).Fit(data).Transform(data);
            return [.. _ml.Data.CreateEnumerable<RhythmRow>(view, reuseRowObject: false, ignoreMissingColumns: true)];
        }
        RhythmRow[] all = Read(RhythmColumns.Default);
        using (TorchSharp.torch.no_grad()) broken.Parameters["lm_head.weight"].fill_(double.NaN);

        RhythmRow[] few = Read(RhythmColumns.Waad | RhythmColumns.Fai);

        all.Zip(few).Should().AllSatisfy(pair => Close(pair.Second.Waad, pair.First.Waad)).And.AllSatisfy(pair => Close(pair.Second.Fai, pair.First.Fai));
        FluentActions.Invoking(() => Read(RhythmColumns.Waad | RhythmColumns.Entropy)).Should().Throw<NotFiniteNumberException>();
    }

    [Theory]
    [InlineData(RhythmGrouping.Calibrated, false)]
    [InlineData(RhythmGrouping.Calibrated, true)]
    [InlineData(RhythmGrouping.PerSequence, false)]
    public void Receiver_fai_is_written_where_it_is_asked_for(RhythmGrouping grouping, bool allHeads)
    {
        IdPair[] pairs = IdPair.Make(12);
        IDataView data = _ml.Data.LoadFromEnumerable(pairs);
        AttentionRhythmTransformer fitted = _ml.Transforms.AttentionRhythm(_idModel, new AttentionRhythmOptions
        {
            Outputs = RhythmColumns.All,
            Grouping = grouping,
            AllHeads = allHeads,
            MinimumHorizon = 3,
        }).Fit(data);
        (fitted.Groups?.Receivers?.Count).Should().Be(grouping == RhythmGrouping.Calibrated ? fitted.Groups!.Global.Count : null);
        float[][] found = [.. fitted.Transform(data).GetColumn<float[]>("ReceiverFai")], waad = [.. fitted.Transform(data).GetColumn<float[]>("Waad")];
        var options = new RhythmOptions
        {
            Receivers = true,
            AllHeads = allHeads,
            MinimumHorizon = 3,
            Grouping = fitted.Groups is null ? HeadGrouping.PerSequence : HeadGrouping.Frozen,
            FrozenGroups = fitted.Groups,
        };
        for (int i = 0; i < pairs.Length; i++)
        {
            RhythmAnalysis alone = _idModel.AnalyzeRhythm([new TokenSequence(pairs[i].Prompt, pairs[i].Response)], options)[0];
            Close(found[i], alone.ReceiverFai!);
            Close(waad[i], alone.Waad);
        }
    }

    [Fact]
    public void Groups_without_receivers_are_refused_for_receiver_fai_and_so_are_groups_of_another_model()
    {
        var groups = new HeadGroups([new HeadIndex(1, 2)], [new HeadIndex(1, 0)]);
        Action receivers = () => _ml.Transforms.AttentionRhythm(_idModel, new AttentionRhythmOptions { Groups = groups, Outputs = RhythmColumns.All });
        receivers.Should().Throw<ArgumentException>().WithMessage("*Groups is without Receivers*");
        IDataView data = _ml.Data.LoadFromEnumerable(IdPair.Make(2));
        _ml.Transforms.AttentionRhythm(_idModel, new AttentionRhythmOptions { Groups = groups with { Global = [new HeadIndex(1, 99)] } })
            .Invoking(it => it.Fit(data))
            .Should().Throw<ArgumentException>().WithMessage("*Global holds head 99 of layer 1*");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Receivers_travel_in_the_zip_and_a_zip_from_before_they_existed_loads(bool receivers)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(IdPair.Make(6));
        AttentionRhythmTransformer fitted = _ml.Transforms.AttentionRhythm(_idModel, new AttentionRhythmOptions
        {
            Outputs = RhythmColumns.Waad | (receivers ? RhythmColumns.ReceiverFai : 0),
        }).Fit(data);
        using var file = new MemoryStream();
        _ml.Model.Save(fitted, data.Schema, file);
        if (!receivers) EditState(file, state => state["Groups"]!.AsObject().Remove("Receivers").Should().BeTrue());
        file.Position = 0;
        var loaded = (AttentionRhythmTransformer)_ml.Model.Load(file, out _);
        loaded.Groups!.Receivers.Should().Equal(fitted.Groups!.Receivers);
        string column = receivers ? "ReceiverFai" : "Waad";
        foreach ((float[] first, float[] second) in loaded.Transform(data).GetColumn<float[]>(column)
            .Zip(fitted.Transform(data).GetColumn<float[]>(column)))
            Close(first, second);
    }

    private static void EditState(MemoryStream file, Action<JsonNode> edit)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Update, leaveOpen: true);
        ZipArchiveEntry entry = zip.Entries.Single(it => it.Name == "State.json");
        using Stream stream = entry.Open();
        JsonNode state = JsonNode.Parse(stream)!;
        edit(state);
        stream.SetLength(0);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(state.ToJsonString()));
    }

    [Fact]
    public void The_estimator_promises_what_the_transformer_delivers()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(IdPair.Make(2));
        AttentionRhythmEstimator estimator = _ml.Transforms.AttentionRhythm(_idModel);
        estimator.GetOutputSchema(MLNetInternals.CreateShape(data.Schema)).Select(column => (column.Name, column.Kind, column.ItemType))
            .Should().Equal(MLNetInternals.CreateShape(estimator.Fit(data).GetOutputSchema(data.Schema))
                .Select(column => (column.Name, column.Kind, column.ItemType)));
    }

    [Fact]
    public void An_empty_response_gives_empty_vectors_and_leaves_its_neighbours_alone()
    {
        IdPair[] pairs = IdPair.Make(5);
        pairs[2].Response = [];
        IDataView data = _ml.Data.LoadFromEnumerable(pairs), without = _ml.Data.LoadFromEnumerable(pairs.Where(pair => pair.Response.Length > 0));
        AttentionRhythmEstimator estimator = _ml.Transforms.AttentionRhythm(_idModel);
        RhythmRow[] rows = Rows(estimator.Fit(data).Transform(data)), others = Rows(estimator.Fit(without).Transform(without));
        rows[2].Should().BeEquivalentTo(new RhythmRow());
        rows.Where((_, i) => i != 2).Zip(others).Should().AllSatisfy(pair => Close(pair.First.Waad, pair.Second.Waad));
    }

    [Fact]
    public void A_prompt_that_fills_the_context_may_have_an_empty_response()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(
            IdPair.Make(1).Prepend(new IdPair { Prompt = [.. Enumerable.Repeat(1, TinyModels.Context)], Response = [] }));
        Rows(_ml.Transforms.AttentionRhythm(_idModel).Fit(data).Transform(data))[0].Should().BeEquivalentTo(new RhythmRow());
    }

    [Fact]
    public void Calibration_needs_a_response_token()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new IdPair { Prompt = [1], Response = [] }]);
        _ml.Transforms.AttentionRhythm(_idModel).Invoking(it => it.Fit(data))
            .Should().Throw<InvalidOperationException>().WithMessage("*no response tokens*'Response'*");
    }

    [Theory]
    [InlineData(10, false, true)]
    [InlineData(9, false, false)]
    [InlineData(10, true, false)]
    public void Responses_shorter_than_the_horizon_are_told(int horizon, bool shrink, bool told)
    {
        // One of 10 tokens and one of fewer: FAI of the first is defined from a horizon of 9 on.
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { 10, 4 }.Select(
            tokens => new IdPair { Prompt = [1, 2], Response = [.. Enumerable.Range(1, tokens)] }));
        var warnings = new WarningList(_ml);
        var options = new AttentionRhythmOptions { MinimumHorizon = horizon, ShrinkHorizon = shrink };
        IDataView read = _ml.Transforms.AttentionRhythm(_idModel, options).Fit(data).Transform(data);
        read.GetColumn<float[]>("Fai").All(fai => fai.All(float.IsNaN)).Should().Be(told);
        warnings.Should().HaveCount(told ? 1 : 0);
        if (told) warnings[0].Should().Match("*Column 'Fai' is NaN throughout*MinimumHorizon (10) tokens*responses have 7 tokens in the mean*");
    }

    [Fact]
    public void Given_groups_are_used_and_the_data_is_not_read_by_Fit()
    {
        var groups = new HeadGroups([new HeadIndex(1, 2)], [new HeadIndex(1, 0)]);
        IDataView unreadable = new LetterCounter(_ml, new LetterCounter.State(Refused: "x"))
            .Transform(_ml.Data.LoadFromEnumerable([new { Text = "x", Prompt = new[] { 1 }, Response = new[] { 2 } }]));
        _ml.Transforms.AttentionRhythm(_idModel, new AttentionRhythmOptions { Groups = groups }).Fit(unreadable).Groups.Should().BeSameAs(groups);
    }

    [Fact]
    public void Per_batch_groups_are_those_of_full_batches()
    {
        IdPair[] pairs = IdPair.Make(8);
        IDataView data = _ml.Data.LoadFromEnumerable(pairs);
        RhythmRow[] rows = Rows(_ml.Transforms
            .AttentionRhythm(_idModel, new AttentionRhythmOptions { Grouping = RhythmGrouping.PerBatch, BatchSize = 4 })
            .Fit(data)
            .Transform(data));
        foreach (IdPair[] batch in pairs.Chunk(4))
        {
            IReadOnlyList<RhythmAnalysis> expected = _idModel.AnalyzeRhythm(
                [.. batch.Select(pair => new TokenSequence(pair.Prompt, pair.Response))],
                new RhythmOptions { Grouping = HeadGrouping.PerBatch });
            for (int i = 0; i < batch.Length; i++) Close(rows[Array.IndexOf(pairs, batch[i])].Waad, expected[i].Waad);
        }
    }

    [Theory]
    [MemberData(nameof(BadRows))]
    public void A_row_that_cannot_be_analysed_is_named(int[] prompt, int[] response, string message)
    {
        IdPair[] pairs = [.. IdPair.Make(6), new IdPair { Prompt = prompt, Response = response }, .. IdPair.Make(2)];
        IDataView data = _ml.Data.LoadFromEnumerable(pairs);
        _ml.Transforms.AttentionRhythm(_idModel).Invoking(it => it.Fit(data)).Should().Throw<ArgumentException>().WithMessage(message);
        AttentionRhythmTransformer fitted = _ml.Transforms.AttentionRhythm(_idModel, grouping: RhythmGrouping.PerSequence).Fit(data);
        fitted.Invoking(it => Rows(it.Transform(data))).Should().Throw<ArgumentException>().WithMessage(message);
    }

    public static IEnumerable<TheoryDataRow<int[], int[], string>> BadRows() =>
    [
        new([], [1, 2], "*Row 6*prompt*no tokens*"),
        new([], [], "*Row 6*prompt*no tokens*"),
        new([1, 2], [3, 40], "*Row 6*response*40*0 to 39*"),
        new([1, -2], [3], "*Row 6*prompt*-2*0 to 39*"),
        new([.. Enumerable.Repeat(1, TinyModels.Context + 1)], [], $"*Row 6*97 tokens*context of {TinyModels.Context}*"),
        new([.. Enumerable.Repeat(1, 50)], [.. Enumerable.Repeat(2, 47)], $"*Row 6*50*47*{TinyModels.Context}*"),
    ];

    [Fact]
    public void Text_without_a_tokenizer_is_an_error_before_any_work()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(TextPair.Make(2));
        _ml.Transforms.AttentionRhythm(_idModel).Invoking(it => it.Fit(data))
            .Should().Throw<InvalidOperationException>().WithMessage("*'Prompt'*text*tokenizer*");
    }

    [Fact]
    public void A_missing_or_wrong_column_is_named()
    {
        IDataView wrong = _ml.Data.LoadFromEnumerable([new { Prompt = 1f, Response = "a" }]), missing = _ml.Data.LoadFromEnumerable([new { Prompt = "a" }]);
        _ml.Transforms.AttentionRhythm(_model).Invoking(it => it.Fit(wrong)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Prompt'*Single*");
        _ml.Transforms.AttentionRhythm(_model).Invoking(it => it.Fit(missing)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Response'*");
    }

    [Fact]
    public void All_options_out_of_range_are_named_at_once()
    {
        Action create = () => _ml.Transforms.AttentionRhythm(_model, new AttentionRhythmOptions { BatchSize = 0, Outputs = 0, Grouping = (RhythmGrouping)7 });
        create.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll("BatchSize is 0", "Outputs", "Grouping is 7");
        Action window = () => _ml.Transforms.AttentionRhythm(_model, new AttentionRhythmOptions { Window = 0, Temperature = 0 });
        window.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll("Window is 0", "Temperature is 0");
        Action names = () => _ml.Transforms.AttentionRhythm(
            _model, new AttentionRhythmOptions { FaiColumnName = "Waad", ReceiverFaiColumnName = "Entropy", PromptColumnName = "" });
        names.Should().Throw<ArgumentException>().Which.Message.Should()
            .ContainAll("PromptColumnName is empty", "output columns is Tokens, TokenIds, Waad, Waad, Entropy, LogProbability", "each once");
    }

    [Fact]
    public void A_prediction_engine_gives_the_same_numbers()
    {
        IdPair[] pairs = IdPair.Make(6);
        IDataView data = _ml.Data.LoadFromEnumerable(pairs);
        var fitted = _ml.Transforms.AttentionRhythm(_idModel).Append(_ml.Transforms.RhythmCredit()).Fit(data);
        using PredictionEngine<IdPair, RhythmRow> engine = _ml.Model.CreatePredictionEngine<IdPair, RhythmRow>(
            fitted,
            new PredictionEngineOptions { OwnsTransformer = false });
        foreach ((IdPair pair, RhythmRow expected) in pairs.Zip(Rows(fitted.Transform(data)))) Close(engine.Predict(pair).Waad, expected.Waad);
    }

    [Fact]
    public void A_cancelled_token_stops_calibration_and_analysis()
    {
        using var source = new CancellationTokenSource();
        var options = new AttentionRhythmOptions { CancellationToken = source.Token };
        IDataView data = _ml.Data.LoadFromEnumerable(IdPair.Make(6));
        AttentionRhythmTransformer fitted = _ml.Transforms.AttentionRhythm(_idModel, options).Fit(data);
        source.Cancel();
        fitted.Invoking(it => Rows(it.Transform(data))).Should().Throw<OperationCanceledException>();
        _ml.Transforms.AttentionRhythm(_idModel, options).Invoking(it => it.Fit(data)).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Live_tensors_are_flat_over_two_hundred_transforms()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(IdPair.Make(3));
        AttentionRhythmTransformer fitted = _ml.Transforms.AttentionRhythm(_idModel).Fit(data);
        Rows(fitted.Transform(data));
        long before = LiveTensors.Settle();
        for (int i = 0; i < 200; i++) Rows(fitted.Transform(data));
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public async Task Eight_threads_on_one_transformer_get_the_same_results()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(IdPair.Make(12));
        AttentionRhythmTransformer fitted = _ml.Transforms.AttentionRhythm(_idModel).Fit(data);
        RhythmRow[] expected = Rows(fitted.Transform(data));
        RhythmRow[][] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Rows(fitted.Transform(data)))));
        results.Should().AllSatisfy(rows => rows.Zip(expected).Should().AllSatisfy(pair => pair.First.Waad.Should().Equal(pair.Second.Waad)));
    }

    private RhythmRow[] Rows(IDataView view) => [.. _ml.Data.CreateEnumerable<RhythmRow>(view, reuseRowObject: false)];

    private static void Close(float[] actual, float[] expected)
    {
        actual.Should().HaveSameCount(expected);
        foreach ((float value, float other) in actual.Zip(expected))
            (float.IsNaN(value) && float.IsNaN(other) || Math.Abs(value - other) < 1e-4).Should().BeTrue($"{value} and {other} should agree");
    }
}
