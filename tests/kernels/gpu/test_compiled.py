"""Every kernel compiles for an H100, also where there is no GPU, and rounds like the plain path."""

import re

import pytest

triton = pytest.importorskip("triton", reason="Triton comes with PyTorch's CUDA wheels only")

from triton.backends.compiler import GPUTarget  # noqa: E402
from triton.compiler import ASTSource  # noqa: E402

from augury.kernels.gpu.launch import EXACT  # noqa: E402
from augury.kernels.gpu.mixture import mix  # noqa: E402
from augury.kernels.gpu.move import move  # noqa: E402
from augury.kernels.gpu.philox import draw  # noqa: E402
from augury.kernels.gpu.policy import layer  # noqa: E402
from augury.kernels.gpu.recolor import blur_line, mean_luma, recolor_pixels  # noqa: E402
from augury.kernels.gpu.rows import count_repeats, find_partners  # noqa: E402
from augury.kernels.steps import RECOLORINGS  # noqa: E402

H100 = GPUTarget("cuda", 90, 32)
POINTERS = {
    "*u8": "source images versions scratch tables",
    "*fp32": "out matrices magnitudes weights m amounts means mean std",
    "*i64": "streams key epochs down right top left tall wide value operations",
    "*i1": "left_alone mirror_y mirror_x chosen",
    "fp32": "scale_y scale_x",
}
TYPES = {name: kind for kind, names in POINTERS.items() for name in names.split()}


@pytest.fixture(autouse=True)
def no_cache(tmp_path, monkeypatch):
    """Kernels are compiled anew, and nothing is left in the home folder."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))


def compiled(kernel, warps=4, types=None, **constants):
    """The PTX of `kernel`; arguments that are not named are pointers, or int32."""
    types = TYPES | (types or {})
    signature = {
        name: "constexpr" if name in constants else types.get(name, "i32")
        for name in kernel.arg_names
    }
    source = ASTSource(kernel, signature, constexprs=constants)
    return triton.compile(source, target=H100, options={"num_warps": warps, **EXACT}).asm["ptx"]


def check_rounding(ptx):
    """No float32 is multiplied and added in one rounding, nor divided approximately."""
    assert "fma.rn.f32" not in ptx
    assert not re.search(r"div\.(full|approx)", ptx)


def test_draws():
    types = {"out": "*i64"}
    check_rounding(compiled(draw, types=types, FORM="bits", LANES=128))
    types = {"out": "*u8"}
    check_rounding(compiled(draw, types=types, key=None, epochs=None, FORM="bytes", LANES=128))


def test_moves():
    shared = {"CHANNELS": 3, "LEVEL": 0, "RECIPROCAL": True, "LANES": 256}
    window = dict.fromkeys(("mirror_y", "mirror_x", "down", "right"))
    check_rounding(
        compiled(move, MOVER="resample", PARTS=2, BLACK=2, FILL="stream", **shared, **window)
    )
    unused = dict.fromkeys(("matrices", "left_alone", "key", "epochs", "mean", "std"))
    bytes_kept = {"out": "*u8"}
    check_rounding(
        compiled(move, types=bytes_kept, MOVER="window", PARTS=0, BLACK=0, FILL="stream",
                 **shared, **unused)
    )  # fmt: skip


def test_policies():
    ptx = compiled(layer, warps=8, CHANNELS=3, RECIPROCAL=True, LANES=1024)
    check_rounding(ptx)
    # What a program has written itself must not be read from the cache of constant memory, where
    # the library's tables of cosines are.
    kept = re.findall(r"ld\.global\.nc\.(\w+)", ptx)
    assert set(kept) <= {"b64"}


def test_mixtures():
    check_rounding(compiled(mix, CHANNELS=3, VERSIONS=3, RECIPROCAL=True, LANES=512))


def test_colors():
    shared = {"CHANNELS": 3, "RECIPROCAL": True, "LANES": 256}
    for kind in RECOLORINGS:
        check_rounding(compiled(recolor_pixels, KIND=kind, **shared))
    check_rounding(compiled(mean_luma, **shared))
    check_rounding(compiled(blur_line, DOWN=True, **shared))


def test_rows():
    types = dict.fromkeys(("keys", "ids", "repeats", "out"), "*i64")
    assert compiled(count_repeats, types=types, ROWS=8, OTHERS=64)
    assert compiled(find_partners, types=types, ROWS=8, OTHERS=64)
