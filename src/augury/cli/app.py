"""All commands. The module of one is imported when that command is asked for."""

from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

import augury
from augury.cli.guard import EXIT_CODES
from augury.lazy import at


class Command(NamedTuple):
    """A command: its function, "module:attribute", and the first line of that one's docstring."""

    place: str
    title: str
    epilog: str | None = None


COMMANDS: dict[str, Command] = {
    "study": Command(
        "augury.cli.study:study",
        "Run a study, or go on with one: data sets × models × augmentations × seeds.",
        EXIT_CODES,
    ),
    "doctor": Command(
        "augury.cli.doctor:doctor",
        "Before a study runs: what is wrong with its data, what it costs, what it can show.",
        EXIT_CODES,
    ),
    "status": Command("augury.cli.status:status", "Say how far a study is."),
    "report": Command(
        "augury.cli.report:report", "Judge what has changed of a study, and write its report."
    ),
    "compare": Command(
        "augury.cli.compare:compare",
        "Say what the same augmentation does in two studies: SECOND minus FIRST, paired by seed.",
    ),
    "export": Command(
        "augury.cli.export:export",
        "Print the winner of a study, or any augmentation, as code for another library.",
    ),
    "data": Command(
        "augury.cli.data:data",
        "Find, download or decode a data set, say what is in it, and draw five of its images.",
    ),
    "preview": Command(
        "augury.cli.preview:preview",
        "Write original beside augmented images, exactly as training sees them.",
    ),
    "check": Command(
        "augury.cli.check:check",
        "Check any augmentation: drawn per image, as often as documented, repeatable, labels "
        "right.",
        EXIT_CODES,
    ),
    "list": Command("augury.cli.listing:list_names", "List what there is."),
}


class _ImportedWhenAsked(TyperGroup):
    """Puts a command in the place of its title when a command line names it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] in COMMANDS:
            self.commands[args[0]] = _imported(args[0])
        return super().resolve_command(ctx, args)


def _imported(name: str) -> Any:
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    function: Any = at(COMMANDS[name].place)
    alone.command(name, epilog=COMMANDS[name].epilog)(function)
    return get_command(alone)


app = typer.Typer(
    cls=_ImportedWhenAsked,
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


def _only_listed() -> None:
    """Stands for a command in the list of them; `_ImportedWhenAsked` takes it out."""


for _name, _command in COMMANDS.items():
    app.command(_name, help=_command.title)(_only_listed)
