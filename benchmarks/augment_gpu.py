"""B. Augmentation on a GPU: uint8 to normalized float32, ours and the peers'.

    python -m benchmarks.augment_gpu [--out benchmarks/results]

Every method that torchvision has too, per sample with the kernels and without, beside torchvision
with one draw for a whole batch and Kornia. The images are on the device already. By the clock,
until the device has done its work; ratios are medians of those within seven blocks.
"""

import torch
from benchmarks.measuring import Taken, blocks_of
from benchmarks.outcome import Bars, Goal, Outcome, Row, out_of_time, parser, tell
from benchmarks.peers.all import missing_notes
from benchmarks.peers.compare import OURS, PLAIN, compare
from benchmarks.peers.with_torchvision import ARMS
from benchmarks.peers.work import Work, make_work

CASES = ((128, 32), (1024, 32), (128, 224))  # images, side
CHAINS = ("flip+crop", "normal+random-erasing")
SHORT = ("flip", "hue", "cutmix", "trivialaugment", "normal+random-erasing")
ONCE, KORNIA = "torchvision once", "Kornia"
LISTED = 8  # of those that miss a goal; the table has them all
SECONDS = 0.02  # a block: launches are short and blocks many
TITLE = "Augmentation on a GPU"


@torch.no_grad()
def main() -> None:
    options = parser(__doc__ or "")
    options.add_argument("--arms", help="by commas; default: all that torchvision has")
    given = options.parse_args()
    arms = SHORT if given.short else (*ARMS, *CHAINS)
    if given.arms:
        arms = tuple(given.arms.split(","))
    cases = ((4, 32),) if given.short else CASES
    rows, found, failed, left_out = [], {}, [], []
    for n, size in cases:
        work = make_work(n, size, given.device)
        for arm in arms:
            if out_of_time(given):
                left_out.append(f"{arm} at {n} × {size}²")
                continue
            try:
                taken = measure(arm, work, given.short)
            except RuntimeError as error:  # one arm that fails does not cost the others
                failed.append(f"{arm} at {n} × {size}² failed: {str(error).splitlines()[0]}")
                continue
            found[arm, f"{n} × {size}²"] = taken
            rows.append(row_of(arm, work, taken))
    if left_out:
        failed.append(f"left out, as no time was left: {', '.join(left_out)}")
    notes = ["thousand images a second by the clock", *failed, *missing_notes()]
    tell(Outcome("B", TITLE, rows, goals(found), bars(found), notes), given)


def measure(arm: str, work: Work, short: bool) -> dict[str, Taken]:
    seconds = 0 if short else SECONDS
    return compare(arm, work, len(work.images), blocks_of(short), seconds, (ONCE, KORNIA))


def row_of(arm: str, work: Work, taken: dict[str, Taken]) -> Row:
    row: Row = {"images": f"{len(work.images)} × {work.size}²", "arm": arm}
    for name in (OURS, PLAIN, ONCE, KORNIA):
        row[name] = 1e-3 / taken[name].seconds if name in taken else None
    for name in (ONCE, KORNIA):
        row[f"ours / {name}"] = taken[OURS].times_faster(taken[name]) if name in taken else None
    return row


def goals(found: dict[tuple[str, str], dict[str, Taken]]) -> list[Goal]:
    return [
        _reached(found, ONCE, 1, "not slower than torchvision's one draw"),
        _reached(found, KORNIA, 3, "at least 3 × Kornia's"),
    ]


def _reached(
    found: dict[tuple[str, str], dict[str, Taken]], peer: str, goal: float, text: str
) -> Goal:
    ratios = {
        f"{arm} {case}": taken[OURS].times_faster(taken[peer])
        for (arm, case), taken in found.items()
        if peer in taken
    }
    if not ratios:
        return Goal(f"every method {text}", f"{peer} is missing", None)
    short_of = sorted((ratio, name) for name, ratio in ratios.items() if ratio < goal)
    text_found = f"{len(ratios) - len(short_of)} of {len(ratios)}"
    if short_of:
        listed = ", ".join(f"{name} {ratio:.2f} ×" for ratio, name in short_of[:LISTED])
        text_found += f"; furthest from it: {listed}"
    return Goal(f"every method {text}", text_found, not short_of)


def bars(found: dict[tuple[str, str], dict[str, Taken]]) -> Bars | None:
    """Of the smallest case: how many times as fast ours is."""
    if not found:
        return None
    first = next(iter(found))[1]
    groups = {
        arm: {
            f"than {peer}": taken[OURS].times_faster(taken[peer])
            for peer in (ONCE, KORNIA)
            if peer in taken
        }
        for (arm, case), taken in found.items()
        if case == first
    }
    return Bars(f"times as fast, {first}", groups, goal=1, logarithmic=True)


if __name__ == "__main__":
    main()
