"""C. Augmentation on a processor: uint8 to normalized float32, ours and the peers'.

    python -m benchmarks.augment_processor [--out benchmarks/results]

One thread, images a second of the processor's time, so that what else the machine does lengthens
nothing. All ways take turns; a ratio is the median of those within seven blocks. The scaling over
two threads is by the clock. Peers that are not installed are named and left out: they come with
`pip install 'augury[bench]'`.
"""

import time

import torch
from benchmarks.measuring import Taken, blocks_of, take_turns
from benchmarks.outcome import Bars, Goal, Outcome, Row, out_of_time, parser, tell
from benchmarks.peers.all import PEERS, missing_notes
from benchmarks.peers.compare import OURS, PLAIN, compare
from benchmarks.peers.ours import ours
from benchmarks.peers.work import Work, make_work

FUSED = ("normal", "normal+random-erasing")
POLICIES = ("trivialaugment", "randaugment", "augmix")
ARMS = (*FUSED, "flip+crop", *POLICIES, "hue", "equalize", "blur")
EACH = "torchvision each"


def main() -> None:
    given = parser(__doc__ or "").parse_args()
    torch.set_num_threads(1)
    arms = ("normal+random-erasing", "trivialaugment") if given.short else ARMS
    works = [make_work(4, 32), make_work(2, 48)] if given.short else sizes()
    compiling = seconds_until_compiled(arms, works[0])
    threads = {arm: two_threads(arm, works[0], given.short) for arm in arms}
    rows, found, left_out = [], {}, []
    for work in works:
        for arm in arms:
            if out_of_time(given):
                left_out.append(f"{arm} at {work.size}²")
                continue
            found[arm, work.size] = taken = measure(arm, work, given.short)
            rows.append(row_of(arm, work, taken))
    for row in rows:
        if row["images"].endswith(f"{works[0].size}²"):
            row["two threads, times as fast"] = threads.get(row["arm"])
    notes = [
        "thousand images a second of one thread's processor time; medians of "
        f"{blocks_of(given.short)} blocks that take turns",
        f"the first calls took {compiling:.1f} s in all: loops are compiled once on a machine",
        "torchvision once draws once for the whole batch; Kornia's policies choose one operation "
        "for it; Kornia erases with a constant",
        *([f"left out, as no time was left: {', '.join(left_out)}"] if left_out else []),
        *missing_notes(),
    ]
    tell(Outcome("C", TITLE, rows, goals(found, threads), bars(found), notes), given)


TITLE = "Augmentation on a processor"


def sizes() -> list[Work]:
    return [make_work(1000, 32), make_work(100, 224)]


def seconds_until_compiled(arms: tuple[str, ...], work: Work) -> float:
    began = time.perf_counter()
    for arm in arms:
        ours(arm, work.part(2))()
    return time.perf_counter() - began


def measure(arm: str, work: Work, short: bool) -> dict[str, Taken]:
    few = max(1, len(work.images) // 5)
    return compare(arm, work, few, blocks_of(short), 0 if short else 0.1, few_plain=True)


def two_threads(arm: str, work: Work, short: bool) -> float:
    """How many times as fast two threads are as one, by the clock."""
    run = ours(arm, work)

    def with_threads(n: int) -> object:
        torch.set_num_threads(n)
        return run()

    ways = {"one": lambda: with_threads(1), "two": lambda: with_threads(2)}
    taken = take_turns(ways, "cpu", blocks_of(short), 0 if short else 0.1)
    torch.set_num_threads(1)
    return taken["two"].times_faster(taken["one"])


def row_of(arm: str, work: Work, taken: dict[str, Taken]) -> Row:
    row: Row = {"images": f"{len(work.images)} × {work.size}²", "arm": arm}
    for name in (OURS, PLAIN, *PEERS):
        row[name] = 1e-3 / taken[name].processor_seconds if name in taken else None
    peers = per_sample(arm, taken)
    if peers:
        fastest = min(peers, key=lambda name: taken[name].processor_seconds)
        low, high = taken[OURS].times_faster_range(taken[fastest], "processor")
        row["ours / fastest per-sample peer"] = times(taken, fastest)
        row["range"] = f"{low:.2g}–{high:.2g} ({fastest})"
    return row


def per_sample(arm: str, taken: dict[str, Taken]) -> list[str]:
    """The peers that were tried and draw for each image; Kornia's policies do not."""
    once = {name for name, peer in PEERS.items() if not peer.per_sample}
    once |= {"Kornia"} if arm in POLICIES else set()
    return [name for name in PEERS if name in taken and name not in once]


def times(taken: dict[str, Taken], peer: str) -> float:
    return taken[OURS].times_faster(taken[peer], "processor")


def goals(found: dict[tuple[str, int], dict[str, Taken]], threads: dict[str, float]) -> list[Goal]:
    smallest = min((size for _, size in found), default=0)
    stated = []
    for (arm, size), taken in found.items():
        if arm in FUSED and size == smallest:
            ratio = min((times(taken, name) for name in per_sample(arm, taken)), default=None)
            stated.append(at_least(f"{arm} at {size}²: the fastest per-sample peer", ratio, 5))
        elif arm in FUSED:
            ratio = min((times(taken, name) for name in PEERS if name in taken), default=None)
            stated.append(at_least(f"{arm} at {size}²: every peer", ratio, 1))
        elif arm in POLICIES and EACH in taken:
            ratio = times(taken, EACH)
            stated.append(at_least(f"{arm} at {size}²: torchvision per image", ratio, 5))
    least = min(threads, key=lambda arm: threads[arm], default="not measured")
    stated.append(at_least(f"two threads ({least}, the least): one", threads.get(least), 1.8))
    return stated


def at_least(what: str, ratio: float | None, goal: float) -> Goal:
    found = "nothing to compare" if ratio is None else f"{ratio:.2f} ×"
    return Goal(f"{what}, ≥ {goal:g} ×", found, None if ratio is None else ratio >= goal)


def bars(found: dict[tuple[str, int], dict[str, Taken]]) -> Bars:
    groups = {
        f"{arm}, {size}²": {name: 1e-3 / one.processor_seconds for name, one in taken.items()}
        for (arm, size), taken in found.items()
    }
    return Bars("thousand images a second, one thread", groups, logarithmic=True)


if __name__ == "__main__":
    main()
