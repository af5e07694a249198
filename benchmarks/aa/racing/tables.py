"""Tables of what races did, in Markdown, each rate with its denominator and interval."""

from typing import Any

from ..tables import rate, table
from .losses import FIRST_PEEK, LAST_PEEK

Rows = list[dict[str, Any]]


def false_table(rows: Rows) -> str:
    head = ["accuracies of runs", "true difference", "races", "arms", "looks"]
    head += ["a false verdict at any look", "where it was stopped at random"]
    return table(
        head,
        [
            [
                row["world"],
                "0" if row["true difference"] == 0 else f"± {row['true difference']:g}",
                f"{row['races']:,}",
                f"{row['arms']:,}",
                f"{row['looks']:,}",
                rate(row["false"], row["races"]),
                f"{100 * row['stopped'] / row['races']:.1f} %",
            ]
            for row in rows
        ],
    )


def power_table(rows: Rows, ways: list[str]) -> str:
    """Of each row, what the race found in the ways named, beside fixed designs.

    For each way: arms found; studies with a false claim; arms of which "no difference" is said, of
    all; runs of a study; those of the fixed design (t and Holm, all arms alike) that finds as many.
    """
    head = ["accuracies of runs", "true difference"]
    for way in ways:
        head += [f"{way}: found", "false", "no difference", "runs", "fixed for as many"]
    head += ["rule, 6", "rule, 8", "rule, 13", "t and Holm, 13", "false"]
    return table(head, [_power_row(row, ways) for row in rows])


def _power_row(row: dict[str, Any], ways: list[str]) -> list[str]:
    races, true = row["races"], row["races"] * row["true arms"]
    cells = [row["world"], f"{row['points']:g}"]
    for way in ways:
        raced, as_good = row["raced"][way], row["as good"][way]
        cells += [
            rate(raced["found"], true),
            _percent(raced["false"], races),
            _percent(raced["no difference"], races * row["arms"]),
            f"{raced['cells'] / races:.0f}",
            "–" if as_good is None else f"{as_good * (1 + row['arms'])}",
        ]
    fixed = row["fixed"]
    cells += [_percent(fixed[f"rule {seeds}"]["found"], true) for seeds in (6, 8, 13)]
    return [*cells, _percent(fixed["t 13"]["found"], true), _percent(fixed["t 13"]["false"], races)]


def simulation_table(rows: Rows) -> str:
    """The same 12 arms by every way, a row for each: found, false, runs."""
    head = ["arms that help", "design", "found", "studies with a false claim", "runs"]
    body = []
    for row in rows:
        races, true = row["races"], row["races"] * row["true arms"]
        ways = {f"race, {name}": counts for name, counts in row["raced"].items()}
        ways["13 seeds for all, t and Holm"] = row["fixed"]["t 13"]
        for name, counts in ways.items():
            found, false = rate(counts["found"], true), rate(counts["false"], races)
            body.append(
                [str(row["true arms"]), name, found, false, f"{counts['cells'] / races:.0f}"]
            )
    return table(head, body)


def single_table(rows: Rows) -> str:
    head = ["difference in deviations", "t test, seeds", "race: 4 of 5 within", "in the mean"]
    return table(
        head,
        [
            [f"{row['effect']:g}", *(_seeds(row[name]) for name in ("fixed", "race", "race mean"))]
            for row in rows
        ],
    )


def peeking_line(row: dict[str, int]) -> str:
    n = row["sequences"]
    return (
        f"One arm without a difference, {n:,} sequences, looked at after every seed from "
        f"{FIRST_PEEK} to {LAST_PEEK}: t test under 0.05 at some look in {rate(row['t'], n)}; "
        f"the race in {rate(row['race'], n)}"
    )


def _percent(k: int, n: int) -> str:
    return f"{100 * k / n:.1f} %"


def _seeds(seeds: float | None) -> str:
    return "–" if seeds is None else f"{seeds:.3g}"
