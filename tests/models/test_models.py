"""The networks by name: shapes, sizes, repeatability, weights and errors."""

import random
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from augury.errors import InputError
from augury.models import (
    HEADS,
    MODELS,
    STEMS,
    ModelSpec,
    build_model,
    check_model_name,
    check_spec,
    imagenet_network,
    pretrained_statistics,
)

TIMM = tuple(name for name, model in MODELS.items() if model.timm)
ORIGINAL = tuple(name for name, model in MODELS.items() if model.original_head)
# Features that reach the head, and parameters before it with 3 channels and the ImageNet stem,
# as the networks' papers and torchvision's published counts (less their classifiers) have them.
FEATURES = {
    "vgg19": (512, 20_024_384),
    "resnet50": (2048, 23_508_032),
    "densenet121": (1024, 6_953_856),
    "mobilenetv2": (1280, 2_223_872),
    "efficientnet-b0": (1280, 4_007_548),
    "resnet18": (512, 11_176_512),
}
# The report's table of dense widths, before the layer to the classes.
DENSE = {
    "vgg19": [128],
    "resnet50": [4000, 2000, 1000, 1000, 1000, 500, 500],
    "densenet121": [4000, 2000, 1000, 1000, 1000, 500, 500],
    "mobilenetv2": [4000, 2000, 1000, 500],
    "efficientnet-b0": [4000, 2000, 1000, 1000, 1000, 500, 500],
}


def count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def dense_count(widths: list[int]) -> int:
    """Weights and biases of dense layers between these widths."""
    return sum((a + 1) * b for a, b in pairwise(widths))


def same(a: nn.Module, b: nn.Module) -> bool:
    left, right = a.state_dict(), b.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("name", TIMM)
def test_logits_of_every_timm_network(name: str, stem: str, channels: int) -> None:
    model = build_model(ModelSpec(name, 7, channels, stem=stem), seed=1).eval()
    with torch.no_grad():
        logits = model(torch.randn(2, channels, 32, 32))
    assert logits.shape == (2, 7)
    assert logits.isfinite().all()
    assert not torch.equal(logits[0], logits[1])


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("name", ORIGINAL)
def test_original_head_is_the_reports(name: str, stem: str) -> None:
    model = build_model(ModelSpec(name, 10, 1, head="original", stem=stem, image_size=32), seed=0)
    dense = [layer for layer in model.head if isinstance(layer, nn.Linear)]
    features = FEATURES[name][0]
    assert [layer.in_features for layer in dense] == [features, *DENSE[name]]
    assert [layer.out_features for layer in dense] == [*DENSE[name], 10]
    assert count(model.head) == dense_count([features, *DENSE[name], 10])
    assert sum(isinstance(layer, nn.ReLU) for layer in model.head) == len(DENSE[name])
    assert isinstance(model.head[-1], nn.Linear)


def test_original_head_of_mobilenetv2_drops_out_where_the_report_does() -> None:
    model = build_model(ModelSpec("mobilenetv2", 10, 3, head="original"), seed=0)
    layers = [
        layer.out_features if isinstance(layer, nn.Linear) else layer.p
        for layer in model.head
        if not isinstance(layer, nn.ReLU)
    ]
    assert layers == [4000, 2000, 0.4, 1000, 0.3, 500, 0.2, 10]


def test_original_head_keeps_the_scale_of_its_input() -> None:
    head = build_model(ModelSpec("resnet50", 10, 3, head="original"), seed=0).head
    with torch.no_grad():
        spread = head(torch.rand(64, 2048)).std(1).mean()
    assert 0.01 < spread < 1


@pytest.mark.parametrize("name", TIMM)
def test_nothing_beside_backbone_and_head_is_stored(name: str) -> None:
    model = build_model(ModelSpec(name, 10, 3, stem="imagenet"), seed=0)
    features, parameters = FEATURES[name]
    assert count(model.backbone) == parameters
    assert count(model) == parameters + (features + 1) * 10


@pytest.mark.parametrize("name", TIMM)
def test_features_equal_timms_own(name: str) -> None:
    model = build_model(ModelSpec(name, 5, 3, stem="imagenet"), seed=2).eval()
    own = timm.create_model(MODELS[name].timm, num_classes=0).eval()
    own.load_state_dict(model.backbone.state_dict(), strict=name != "vgg19")
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected = own.forward_features(images).flatten(2).mean(2)
        torch.testing.assert_close(model(images), model.head(expected))


@pytest.mark.parametrize(
    ("name", "imagenet", "small"),
    [
        ("vgg19", 2, 2),
        ("resnet50", 2, 8),
        ("resnet18", 2, 8),
        ("densenet121", 2, 8),
        ("mobilenetv2", 2, 4),
        ("efficientnet-b0", 2, 4),
    ],
)
def test_small_stem_keeps_resolution(name: str, imagenet: int, small: int) -> None:
    for stem, side in (("imagenet", imagenet), ("small", small)):
        model = build_model(ModelSpec(name, 10, 1, stem=stem), seed=0).eval()
        with torch.no_grad():
            maps = model.backbone.forward_features(torch.zeros(1, 1, 64, 64))
        assert maps.shape[2:] == (side, side)


def test_small_stem_leaves_the_blocks_as_they_are() -> None:
    big, small = (build_model(ModelSpec("resnet18", 10, 3, stem=s), seed=3) for s in STEMS)
    assert same(big.backbone.layer3, small.backbone.layer3)
    assert same(big.head, small.head)
    assert big.backbone.conv1.weight.shape == (64, 3, 7, 7)
    assert small.backbone.conv1.weight.shape == (64, 3, 3, 3)
    assert small.backbone.conv1.stride == (1, 1)


def test_resnet18_has_the_small_stem_unless_told() -> None:
    assert same(
        build_model(ModelSpec("resnet18", 10, 3), seed=0),
        build_model(ModelSpec("resnet18", 10, 3, stem="small"), seed=0),
    )


@pytest.mark.parametrize("name", ["vgg19", "mobilenetv2", "small"])
def test_weights_are_a_function_of_the_seed(name: str) -> None:
    spec = ModelSpec(name, 10, 3)
    torch.manual_seed(5)
    first = build_model(spec, seed=4)
    torch.rand(3)
    threads = torch.get_num_threads()
    torch.set_num_threads(2 if threads == 1 else 1)
    again = build_model(spec, seed=4)
    torch.set_num_threads(threads)
    other = build_model(spec, seed=5)
    assert same(first, again)
    for a, b in zip(first.parameters(), other.parameters(), strict=True):
        if a.ndim > 1:
            assert not torch.equal(a, b)


def test_backbone_does_not_depend_on_the_head() -> None:
    linear, original, more = (
        build_model(ModelSpec("efficientnet-b0", classes, 3, head=head), seed=6)
        for classes, head in ((10, "linear"), (10, "original"), (100, "linear"))
    )
    assert same(linear.backbone, original.backbone)
    assert same(linear.backbone, more.backbone)


@pytest.mark.parametrize("name", ["vgg19", "densenet121", "small", "timm:resnet10t"])
def test_no_generator_is_left_advanced(name: str) -> None:
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    build_model(ModelSpec(name, 10, 3, image_size=32), seed=0)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]
    assert random.getstate() == states[2]


def test_model_is_on_the_cpu_whatever_the_default_device() -> None:
    with torch.device("meta"):
        model = build_model(ModelSpec("vgg19", 10, 3), seed=0)
    assert same(model, build_model(ModelSpec("vgg19", 10, 3), seed=0))


def test_any_other_timm_network() -> None:
    model = build_model(ModelSpec("timm:convnext_atto", 4, 1, image_size=32), seed=0).eval()
    own = timm.create_model("convnext_atto", num_classes=4, in_chans=1).eval()
    own.load_state_dict(model.state_dict())
    images = torch.randn(2, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(model(images), own(images))


def test_tiny_is_small_with_half_of_all_channels() -> None:
    small, tiny = (build_model(ModelSpec(name, 10, 3), seed=0) for name in ("small", "tiny"))
    wide, narrow = dict(small.named_parameters()), dict(tiny.named_parameters())
    assert wide.keys() == narrow.keys()
    for name, weights in wide.items():
        # What is not halved: the channels of the image, the sides of the filters, the classes.
        halved = tuple(n if n in (3, 10) else n // 2 for n in weights.shape)
        assert narrow[name].shape == halved, name
    assert tiny(torch.zeros(2, 3, 28, 28)).shape == (2, 10)


def test_small_does_without_timm() -> None:
    code = (
        "import sys; from augury.models import ModelSpec, build_model; "
        "build_model(ModelSpec('small', 10, 1, image_size=16), 0); assert 'timm' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (ModelSpec("rsnet50", 10, 3), "unknown model 'rsnet50'. Did you mean 'resnet50'?"),
        (ModelSpec("timm:resnt18", 10, 3), "unknown timm model 'resnt18'. Nearest: resnet18"),
        (ModelSpec("timm:resnet18.nope", 10, 3), "Invalid pretrained tag"),
        (ModelSpec("vgg19", 1, 3), "num_classes: at least 2"),
        (ModelSpec("vgg19", 10, 4), "channels: must be 1 or 3, got 4"),
        (ModelSpec("vgg19", 10, 3, head="dense"), "unknown head 'dense'"),
        (ModelSpec("vgg19", 10, 3, stem="tiny"), "unknown stem 'tiny'"),
        (ModelSpec("resnet18", 10, 3, head="original"), "head original: only for vgg19,"),
        (ModelSpec("small", 10, 3, head="original"), "head original: only for vgg19,"),
        (ModelSpec("timm:resnet18", 10, 3, head="original"), "head original: only for vgg19,"),
        (ModelSpec("timm:resnet18", 10, 3, stem="small"), "only with stem imagenet"),
        (ModelSpec("small", 10, 3, stem="imagenet"), "small: has no stem imagenet"),
        (ModelSpec("small", 10, 3, pretrained=True), "small: has no pretrained weights"),
        (ModelSpec("vgg19", 10, 1, image_size=16), "cannot take 16×16 images, but 32×32"),
        (ModelSpec("densenet121", 10, 1, image_size=28), "28×28 images, but 32×32"),
        (ModelSpec("small", 10, 1, image_size=7), "cannot take 7×7 images, but 8×8"),
        (
            ModelSpec("timm:vit_tiny_patch16_224", 10, 3, image_size=32),
            "cannot take 32×32 images, but 224×224",
        ),
    ],
)
def test_what_cannot_be_built_is_said_in_one_line(spec: ModelSpec, words: str) -> None:
    with pytest.raises(InputError) as caught:
        build_model(spec, seed=0)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", MODELS)
def test_sizes_that_fit_pass_the_check(name: str) -> None:
    check_model_name(name)
    for head in HEADS if name in ORIGINAL else ("linear",):
        check_spec(ModelSpec(name, 10, 1, head=head, stem="small", image_size=32))


def test_the_small_stem_takes_smaller_images() -> None:
    check_spec(ModelSpec("densenet121", 10, 1, stem="small", image_size=8))
    with pytest.raises(InputError, match="cannot take 8×8"):
        check_spec(ModelSpec("densenet121", 10, 1, stem="imagenet", image_size=8))


def test_pretrained_statistics() -> None:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    assert pretrained_statistics("resnet50") == (mean, std)
    assert pretrained_statistics("timm:vit_tiny_patch16_224") == ((0.5,) * 3, (0.5,) * 3)
    (gray_mean,), (gray_std,) = pretrained_statistics("vgg19", channels=1)
    assert gray_mean == pytest.approx(0.449)
    assert gray_std == pytest.approx(0.226)
    with pytest.raises(InputError, match="small: has no pretrained"):
        pretrained_statistics("small")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights as timm publishes them: with the 1000-class classifier."""
    folder = tmp_path_factory.mktemp("weights")
    save_file(timm.create_model("resnet18").state_dict(), folder / "resnet18.safetensors")
    torch.save(timm.create_model("mobilenetv2_100").state_dict(), folder / "mobilenetv2.pth")
    return folder


class TestWeightsFile:
    """Weights from a file or a folder."""

    def test_round_trip(self, folder: Path) -> None:
        source = timm.create_model("resnet18")
        source.load_state_dict(load_file(folder / "resnet18.safetensors"))
        spec = ModelSpec("resnet18", 10, 3, stem="imagenet", weights=folder)
        model = build_model(spec, seed=0).eval()
        images = torch.randn(2, 3, 64, 64)
        with torch.no_grad():
            expected = source.eval().forward_head(source.forward_features(images), pre_logits=True)
            torch.testing.assert_close(model(images), model.head(expected))

    def test_pth_in_a_folder_and_by_its_path(self, folder: Path) -> None:
        a = build_model(ModelSpec("mobilenetv2", 10, 3, weights=folder), seed=0)
        b = build_model(ModelSpec("mobilenetv2", 10, 3, weights=folder / "mobilenetv2.pth"), seed=0)
        state = torch.load(folder / "mobilenetv2.pth", weights_only=True)
        assert same(a, b)
        assert all(torch.equal(value, state[key]) for key, value in a.backbone.state_dict().items())

    def test_one_channel_sums_the_colors_of_the_first_convolution(self, folder: Path) -> None:
        color, gray = (
            build_model(ModelSpec("resnet18", 10, c, stem="imagenet", weights=folder), seed=0)
            for c in (3, 1)
        )
        image = torch.randn(1, 1, 64, 64)
        with torch.no_grad():
            torch.testing.assert_close(gray.eval()(image), color.eval()(image.expand(1, 3, 64, 64)))

    def test_small_stem_and_head_are_fresh_and_paired(self, folder: Path) -> None:
        fresh, loaded = (
            build_model(ModelSpec("resnet18", 10, 3, weights=w), seed=7) for w in (None, folder)
        )
        assert same(fresh.backbone.conv1, loaded.backbone.conv1)
        assert same(fresh.head, loaded.head)
        assert not same(fresh.backbone.layer1, loaded.backbone.layer1)

    def test_any_other_timm_network(self, folder: Path) -> None:
        model = build_model(ModelSpec("timm:resnet18", 10, 3, weights=folder), seed=0)
        spec = ModelSpec("resnet18", 10, 3, stem="imagenet", weights=folder)
        assert same(model.layer4, build_model(spec, seed=0).backbone.layer4)
        assert model.fc.out_features == 10

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"no vgg19\.safetensors or vgg19\.pth in such a"):
            build_model(ModelSpec("vgg19", 10, 3, weights=tmp_path), seed=0)

    def test_of_another_network(self, folder: Path) -> None:
        file = folder / "resnet18.safetensors"
        for name in ("resnet50", "timm:resnet34", "mobilenetv2"):
            with pytest.raises(InputError, match="not weights of timm's") as caught:
                build_model(ModelSpec(name, 10, 3, weights=file), seed=0)
            assert str(file) in str(caught.value)
            assert len(str(caught.value).splitlines()) == 1

    @pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
    @pytest.mark.parametrize("content", [b"", b"not weights", b"\x80\x02]."])
    def test_unreadable(self, tmp_path: Path, suffix: str, content: bytes) -> None:
        file = tmp_path / f"resnet18{suffix}"
        file.write_bytes(content)
        with pytest.raises(InputError, match=r"not a (readable weights file|state dict)"):
            build_model(ModelSpec("resnet18", 10, 3, weights=tmp_path), seed=0)

    def test_no_code_of_a_pickle_is_run(self, tmp_path: Path) -> None:
        torch.save({"conv1.weight": _Touch(tmp_path / "touched")}, tmp_path / "resnet18.pth")
        with pytest.raises(InputError, match="not a readable weights file"):
            build_model(ModelSpec("resnet18", 10, 3, weights=tmp_path), seed=0)
        assert not (tmp_path / "touched").exists()


class _Touch:
    """Unpickled without care, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An address where nobody answers, and an empty cache of fetched weights: its folder."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("no_network")
def test_without_network_the_file_to_provide_is_named() -> None:
    with pytest.raises(InputError) as caught:
        build_model(ModelSpec("vgg19", 10, 3, pretrained=True), seed=0)
    advice = "put vgg19.safetensors (timm's vgg19.tv_in1k) in DIR and pass --weights DIR"
    assert advice in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_fetched_before_need_no_network(no_network: Path, folder: Path) -> None:
    repository = no_network / "models--timm--resnet18.a1_in1k"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    shutil.copy(folder / "resnet18.safetensors", snapshot / "model.safetensors")
    assert same(
        build_model(ModelSpec("resnet18", 10, 3, pretrained=True), seed=0),
        build_model(ModelSpec("resnet18", 10, 3, weights=folder), seed=0),
    )


def test_a_network_without_pretrained_weights() -> None:
    with pytest.raises(InputError, match="timm has no pretrained weights for cspresnet50d"):
        build_model(ModelSpec("timm:cspresnet50d", 10, 3, pretrained=True), seed=0)


@pytest.mark.parametrize("name", MODELS)
def test_a_row_is_a_network_of_timms_or_one_of_ours(name: str) -> None:
    model = MODELS[name]
    assert (model.timm is None) != (model.build is None)
    assert model.stem in STEMS
    assert model.title
    if model.timm:
        # Layers that the small stem replaces are there, and are the first of their kind.
        backbone = timm.create_model(model.timm)
        convolutions = [n for n, m in backbone.named_modules() if isinstance(m, nn.Conv2d)]
        assert model.first_convolution in (None, convolutions[0])
        pools = [n for n, m in backbone.named_modules() if isinstance(m, nn.MaxPool2d)]
        assert model.first_pooling == (pools[0] if model.first_convolution and pools else None)


def test_imagenet_networks_are_timms() -> None:
    with pytest.raises(InputError, match="small: has no pretrained weights"):
        imagenet_network("small")
    with pytest.raises(InputError, match="unknown model 'smal'"):
        imagenet_network("smal")
