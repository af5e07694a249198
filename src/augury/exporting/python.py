"""augury's own library, in anybody's PyTorch loop: it can express every augmentation."""

import json
from collections.abc import Mapping
from typing import Any

from augury.augment.foreign.factory import is_factory
from augury.augment.names import parts_of
from augury.augment.registry import Parameters, saliency_kinds
from augury.exporting.piece import Order, block, classes_line, joined
from augury.printable import printable
from augury.saliency.kinds import KINDS


def code(name: str, parameters: Parameters, order: Order) -> str:
    """`augmentation`, and a `collate` for a loader; saliency of a network comes in the loop.

    name, parameters: as `build_augmentation` takes them.
    """
    used = {part: _told(part, parameters[part]) for part in parts_of(name) if part in parameters}
    kinds = saliency_kinds(name, parameters)
    network = any(KINDS[kind].needs_network for kind in kinds)
    arguments = [json.dumps(name), *([_literal(used)] if used or kinds else [])]
    imports = ["from torch.utils.data import DataLoader", ""] if not network else []
    public = ["build_augmentation", *(["Draws"] if network else ["Collate", "WithIds"])]
    imports.append(f"from augury import {', '.join(sorted(public))}")
    if kinds:
        imports.append("from augury.saliency import KINDS")
    head = [
        f"# The augmentation {printable(order.name)} in augury's own library.",
        f"# Written for augury {order.version}: seed, epoch and id decide what an image gets.",
    ]
    if network:
        return joined(head, imports, _in_the_loop(arguments))
    sources = ["sources=lambda kind: KINDS[kind].build(None, None)"] if kinds else []
    return joined(
        head,
        imports,
        [classes_line(order), "SEED = 0"],
        block("augmentation = build_augmentation", [*arguments, *sources]),
        _COLLATE,
    )


_COLLATE = (
    "# Images are uint8, or float in [0, 1]: tensors, arrays or PIL images, not normalized yet;",
    "# Collate(..., normalize=(mean, std)) normalizes them. At the start of each epoch:",
    "# collate.set_epoch(epoch)",
    "collate = Collate(augmentation, num_classes=NUM_CLASSES, seed=SEED)",
    "",
    "",
    "def loader(dataset, batch_size, **options):",
    '    """Batches with images, targets and ids of a data set that gives (image, label)."""',
    "    return DataLoader(WithIds(dataset), batch_size, collate_fn=collate, **options)",
)


def _in_the_loop(arguments: list[str]) -> list[str]:
    call = block("return build_augmentation", [*arguments, "sources=source"])
    return [
        "def make_augmentation(model, normalize):",
        '    """model: the network in training; it is given normalize(images)."""',
        "",
        "    def source(kind):",
        "        return KINDS[kind].build(model, normalize)",
        "",
        *(f"    {line}" for line in call),
        "",
        "",
        "def augmented(augmentation, batch, seed, epoch):",
        '    """batch: augury.Batch(images, targets, ids) on the device of the network."""',
        "    return augmentation(batch, Draws(seed, epoch, batch.ids))",
    ]


def _told(part: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the hash of the user's own code, which may go on changing."""
    return {k: v for k, v in given.items() if k != "code"} if is_factory(part) else given


def _literal(values: Mapping[str, Any]) -> str:
    """Tables of JSON values as a Python literal on one line."""
    return repr(json.loads(json.dumps(values)))
