"""What the README shows works as written."""

import re
from pathlib import Path

import torch

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_loop_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict = {}
    exec(code, names)
    before, after = names["images"], names["batch"].images
    changed = (before != after).flatten(1).any(1).float().mean()
    assert 0.3 < changed < 0.7
    assert torch.equal(names["batch"].targets, names["targets"])


def test_links_lead_somewhere():
    for document in [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document}: {target}"
