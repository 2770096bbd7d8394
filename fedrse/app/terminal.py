"""What all commands share: where they write, how they end, which settings they use.

Results (tables, JSON, tokens) go to standard output, everything about the work itself (progress,
notes, errors) to standard error. Exit codes: 0 done, 1 failed or problems found, 2 wrong usage.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fedrse.app.configuration_file import CONFIG_VARIABLE, DEFAULT_FILE, find_configuration
from fedrse.core.configuration import load_settings
from fedrse.core.errors import FedrseError
from fedrse.core.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")
FAILED = 1
_given_before: ContextVar[Path | None] = ContextVar("config", default=None)

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help=f"Configuration file; default: ${CONFIG_VARIABLE}, else ./{DEFAULT_FILE}.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the log of the site.")]
PasswordStdinOption = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from the first line of the input."),
]


def out() -> Console:
    """Where results go."""
    return Console()


def err() -> Console:
    """Where everything goes that is not a result."""
    return Console(stderr=True)


def note(text: str) -> None:
    """Says something about the work."""
    err().print(text, highlight=False, markup=False, soft_wrap=True)


def fail(message: str) -> NoReturn:
    """Ends the command with exit code 1 and the reason."""
    note(message)
    raise typer.Exit(FAILED)


def remember_config(path: Path | None) -> None:
    """Keeps the ``--config`` that stood before the command."""
    _given_before.set(path)


def config_path(given: Path | None) -> Path | None:
    """The configuration file: of this command, of ``fedrse`` before it, of the environment.

    None where there is no file and the environment has the settings.
    """
    return find_configuration(given or _given_before.get())


def settings(given: Path | None = None) -> Settings:
    """The settings of the site. Ends the command where they are wrong."""
    try:
        return load_settings(config_path(given), os.environ)
    except FedrseError as error:
        fail(error.message)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Does the work; an expected error ends the command with its sentence and exit code 1."""
    try:
        return asyncio.run(work)
    except FedrseError as error:
        fail(error.message)


def attempt(work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """The same for work that does not wait for anything."""
    try:
        return work(*arguments, **options)
    except FedrseError as error:
        fail(error.message)


def print_json(value: object) -> None:
    """One JSON document on standard output, readable for people too."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    sys.stdout.write(text.decode() + "\n")


def print_line(text: str) -> None:
    """A line on standard output, for scripts."""
    sys.stdout.write(text + "\n")


def print_result(values: Mapping[str, object], *, as_json: bool) -> None:
    """Names and values, as JSON where it was asked for."""
    if as_json:
        print_json(values)
    else:
        print_pairs(values)


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None
) -> None:
    """A table on standard output; None and empty values are shown as a dash."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    out().print(table)


def print_pairs(values: Mapping[str, object]) -> None:
    """Names and values below each other."""
    table = Table(show_header=False, box=None)
    for name, value in values.items():
        table.add_row(f"{name}", _cell(value))
    out().print(table)


def _cell(value: object) -> Text:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    if value is None or value == "":
        return Text("-")
    # What others chose (names, error texts) must not be read as markup or move the cursor.
    text = "".join(character if character.isprintable() else " " for character in str(value))
    return Text(text)


def progress() -> Progress:
    """A progress display on standard error; nothing but silence where that is no terminal."""
    console = err()
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def password_from_stdin() -> str:
    """The first line of standard input. Ends the command where there is none."""
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise typer.BadParameter("no password on the standard input")
    return line
