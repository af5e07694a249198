"""What the README shows works as written."""

import re
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from augury.augment import AUGMENTATIONS, Collate, CutMix, WithIds
from augury.batch import Batch
from augury.rng import Draws

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_loop_example_runs():
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (code,) = [block for block in blocks if "CutMix()" in block]
    names: dict = {}
    # Seeded, as noise may have a pixel in common with other noise.
    with torch.random.fork_rng():
        torch.manual_seed(0)
        exec(code, names)
    before, after, targets = names["images"], names["batch"].images, names["batch"].targets
    assert after.dtype == torch.uint8
    changed = (before != after).flatten(1).any(1)
    assert changed.float().mean() > 0.9
    torch.testing.assert_close(targets.sum(1), torch.ones(100))
    # Of an image's own class at least as much is left as of its pixels.
    own = (targets * names["targets"]).sum(1)
    kept = (before == after).all(1).float().mean((1, 2))
    assert (own > kept - 1e-5).all()
    assert (targets.amax(1) < 1).float().mean() > 0.5


def test_the_collating_example_runs():
    (call,) = re.findall(r"`collate_fn=(Collate\(.*?\))`", README)
    collate = eval(call, {"Collate": Collate, "CutMix": CutMix})
    images = torch.randint(0, 256, (20, 3, 8, 8), dtype=torch.uint8)
    dataset = WithIds([(image, i % 10) for i, image in enumerate(images)])
    collate.set_epoch(7)
    (batch,) = DataLoader(dataset, 20, collate_fn=collate)
    batch_by_hand = Batch(images, torch.eye(10)[torch.arange(20) % 10], torch.arange(20))
    expected = CutMix()(batch_by_hand, Draws(seed=3, epoch=7, ids=batch.ids))
    assert torch.equal(batch.images, expected.images)
    assert torch.equal(batch.targets, expected.targets)


def test_links_lead_somewhere():
    for document in [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document}: {target}"


def test_every_augmentation_has_a_card_a_picture_and_a_line_in_the_index():
    methods = ROOT / "docs" / "methods"
    index = (methods / "README.md").read_text("utf-8")
    for name in AUGMENTATIONS:
        assert f"[`{name}`]({name}.md)" in index
        assert f"({name}.png)" in (methods / f"{name}.md").read_text("utf-8")
