"""What a study and its report end with."""

from pathlib import Path

from rich.text import Text

from augury.api.concluding import check_all_done, write_all
from augury.cli.output import print_json
from augury.printable import printable
from augury.records.json_file import read_json, to_values
from augury.records.search import search_file
from augury.report.lasting_terminal import lasting_table
from augury.report.terminal import verdict_table
from augury.report.what_next import next_steps
from augury.study.cell_states import CellCounts
from augury.terminal.printer import out


def conclude(path: Path, reached: CellCounts, as_json: bool) -> None:
    """Write summary and report, print the verdicts, and fail where cells have failed."""
    records, page = write_all(path)
    if as_json:
        found = {
            "report": page,
            "cells": vars(reached),
            "verdicts": read_json(path / "verdicts.json"),
            "confirmations": to_values(records.confirmations),
            "next": [vars(step) for step in next_steps(records)],
        }
        if records.search:
            found["search"] = read_json(search_file(path))
        print_json(found)
    else:
        out.print(verdict_table(records))
        if lasting := lasting_table(records):
            out.print(lasting)
        for step in next_steps(records):
            out.print(Text(printable(f"next: {step}")), soft_wrap=True)
            if step.command:
                out.print(Text(printable(f"  {step.command}")), soft_wrap=True)
        out.print(f"report: {page}", soft_wrap=True)
    check_all_done(reached, path)
