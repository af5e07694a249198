"""All commands."""

from typing import Annotated

import typer

import augury
from augury.cli import check, compare, data, doctor, listing, preview, study
from augury.cli.guard import EXIT_CODES

app = typer.Typer(
    help="Which data augmentation helps your image classifier, by how much, and how sure is that.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"augury {augury.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks; may stand anywhere.")
    ] = False,
) -> None:
    pass


app.command("study", epilog=EXIT_CODES)(study.study)
app.command("doctor", epilog=EXIT_CODES)(doctor.doctor)
app.command("status")(study.status)
app.command("report")(study.report)
app.command("compare")(compare.compare)
app.command("data")(data.data)
app.command("preview")(preview.preview)
app.command("check", epilog=EXIT_CODES)(check.check)
app.command("list")(listing.list_names)
