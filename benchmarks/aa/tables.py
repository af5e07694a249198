"""Tables of what was counted, in Markdown, each rate with its denominator and interval."""

from typing import Any

from scipy import stats

from .false_alarms import LABELS


def rate(k: int, n: int) -> str:
    """`k` of `n` as a percentage with Clopper and Pearson's exact 95 % interval."""
    interval = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    return f"{100 * k / n:.1f} % ({100 * interval.low:.1f}–{100 * interval.high:.1f})"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def pool_lines(about: dict[str, Any]) -> str:
    return (
        f"{about['runs']} runs of {about['arm']} on {about['dataset']} ({about['model']}, "
        f"{about['recipe']['train_limit']} training and {about['test_images']} test images, "
        f"{about['recipe']['epochs']} epochs): accuracy {about['accuracy_mean']:.2f} %, deviation "
        f"{about['accuracy_deviation']:.2f} points, {about['accuracy_lowest']:.1f} to "
        f"{about['accuracy_highest']:.1f} %"
    )


def real_table(parts: list[dict[str, Any]]) -> str:
    kinds = ("helps", "hurts", "not shown", "cannot say")
    return table(
        ["arms beside the baseline", "seeds", "studies", *kinds, "studies with a false verdict"],
        [
            [
                *(str(part[name]) for name in ("arms", "seeds", "studies")),
                *(str(part["verdicts"].get(kind, 0)) for kind in kinds),
                f"{part['studies_with_a_claim']}: "
                + rate(part["studies_with_a_claim"], part["studies"]),
            ]
            for part in parts
        ],
    )


def rates_table(rows: list[dict[str, Any]]) -> str:
    """The rule's rate with its interval, those of the conditions and habits without."""
    head = ["says that an arm differs", *(f"{row['arms']} × {row['seeds']}" for row in rows)]
    body = []
    for name, label in LABELS.items():
        cells = []
        for row in rows:
            k, n = row["found"][name], row["tried"].get(name, row["studies"])
            cells.append(rate(k, n) if name == "rule" else f"{100 * k / n:.1f} %")
        body.append([label, *cells])
    return table(head, body)


def power_table(rows: list[dict[str, Any]]) -> str:
    """Found and predicted, a row for each difference, a column for each number of seeds."""
    seeds = sorted({row["seeds"] for row in rows})
    by_place = {(row["points"], row["seeds"]): row for row in rows}
    body = []
    for points in sorted({row["points"] for row in rows}):
        found = [by_place[points, n] for n in seeds]
        body.append([f"{points:g}", *(_found_and_predicted(row) for row in found)])
    return table(["true difference, points", *(f"{n} seeds" for n in seeds)], body)


def _found_and_predicted(row: dict[str, Any]) -> str:
    return f"{100 * row['helps'] / row['studies']:.1f} / {100 * row['predicted']:.1f}"


def promise_table(rows: list[dict[str, Any]]) -> str:
    """A row for each number of seeds: all studies, and thirds by the difference that they name."""
    head = ["seeds", "all", "smallest third", "middle third", "largest third", "medians named"]
    return table(head, [_promise_row(row) for row in rows])


def _promise_row(row: dict[str, Any]) -> list[str]:
    thirds = row["thirds"]
    found, fresh = (sum(third[name] for third in thirds) for name in ("found", "fresh"))
    shares = [f"{100 * third['found'] / third['fresh']:.1f} %" for third in thirds]
    medians = ", ".join(f"{third['points']:.1f}" for third in thirds)
    return [str(row["seeds"]), rate(found, fresh), *shares, medians]


def sequential_table(rows: list[dict[str, Any]]) -> str:
    """Studies with a false claim, or arms whose effect is found, by the way of looking."""
    head = ["arms", "true difference", "counted", "corrected", "its seeds", "uncorrected", "once"]
    return table(head, [_sequential_row(row) for row in rows])


def _sequential_row(row: dict[str, Any]) -> list[str]:
    arms = row["arms"] * row["studies"]
    unit, of = ("studies", row["studies"]) if row["points"] == 0 else ("arms", arms)
    told = f"{of} studies, false claims" if row["points"] == 0 else f"{of} arms, found"
    rates = [rate(row.get(f"{way}: {unit}", 0), of) for way in ("corrected", "peeking", "once")]
    seeds = f"{row['seeds'] / arms:.1f}"
    return [str(row["arms"]), f"{row['points']:g}", told, rates[0], seeds, *rates[1:]]
