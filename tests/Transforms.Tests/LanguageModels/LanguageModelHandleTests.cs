using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public class LanguageModelHandleTests
{
    [Fact]
    public void A_model_that_was_handed_over_is_disposed_with_its_last_handle()
    {
        CausalLanguageModel model = TinyModels.Create();
        LanguageModelHandle first = LanguageModelHandle.Own(model), second = first.Share();
        first.Dispose();
        first.Dispose();
        model.IsDisposed.Should().BeFalse();
        second.Model.Should().BeSameAs(model);
        second.Dispose();
        model.IsDisposed.Should().BeTrue();
        second.TryShare().Should().BeNull();
    }

    [Fact]
    public void A_users_model_is_never_disposed()
    {
        using CausalLanguageModel model = TinyModels.Create();
        LanguageModelHandle handle = LanguageModelHandle.Borrow(model);
        handle.Share().Dispose();
        handle.Dispose();
        model.IsDisposed.Should().BeFalse();
    }

    [Fact]
    public void A_disposed_model_is_an_error_that_says_what_to_keep()
    {
        CausalLanguageModel model = TinyModels.Create();
        LanguageModelHandle handle = LanguageModelHandle.Borrow(model);
        model.Dispose();
        handle.Invoking(it => it.Model).Should().Throw<ObjectDisposedException>().WithMessage("*Keep both*");
        handle.Invoking(it => it.Share()).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_published_model_is_found_by_its_fingerprint_while_it_lives()
    {
        LanguageModelHandle handle = LanguageModelHandle.Own(TinyModels.Create(seed: 77));
        string fingerprint = handle.PublishFingerprint();
        using (LanguageModelHandle found = LanguageModelRegistry.Find(fingerprint)!) found.Model.Should().BeSameAs(handle.Model);
        LanguageModelRegistry.Find("none").Should().BeNull();
        handle.Dispose();
        LanguageModelRegistry.Find(fingerprint).Should().BeNull();
    }
}
