"""A working folder that somebody else has sent, full of files that Python and others look for."""

import sys
from pathlib import Path

# What `python -m` itself imports before any code of ours runs, in one or another version.
_BEFORE_US = {
    *("importlib", "warnings", "keyword", "operator", "reprlib", "collections", "types"),
    *("functools", "contextlib", "runpy", "pkgutil"),
}
_OTHERS = (
    *("torch", "numpy", "scipy", "matplotlib", "timm", "PIL", "rich", "typer", "ray", "jinja2"),
    *("sitecustomize", "usercustomize", "triton", "cupy", "cv2", "psutil", "pandas", "IPython"),
    *("tomli_w", "filelock", "platformdirs", "safetensors", "sklearn", "torchvision", "numba"),
    *("setproctitle", "yaml", "google", "grpc", "tqdm", "pooch", "joblib", "packaging"),
)


def fill(folder: Path) -> None:
    """Modules that tell, in a file TAKEN, that they were imported, and a matplotlibrc."""
    folder.mkdir(parents=True)
    for name in ({*sys.stdlib_module_names} | {*_OTHERS}) - _BEFORE_US:
        taken = f"open({str(folder / 'TAKEN')!r}, 'a').write({name!r} + ' ')\n"
        (folder / f"{name}.py").write_text(taken + "raise ImportError('not the real one')\n")
    (folder / "matplotlibrc").write_text("savefig.dpi: 20\nfigure.facecolor: 00ff00\n")


def taken(folder: Path) -> str:
    """The names of those that were imported."""
    found = folder / "TAKEN"
    return found.read_text() if found.exists() else ""
