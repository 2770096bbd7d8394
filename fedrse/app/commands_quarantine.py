"""``fedrse quarantine``: what a rule holds until somebody decides.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption, ReasonOption

IdsArgument = Annotated[
    list[int],
    typer.Argument(help="Ids as `fedrse quarantine list` shows them.", metavar="ID"),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    quarantine = typer.Typer(no_args_is_help=True, help="Messages that a rule holds back.")
    quarantine.command("list")(list_)
    quarantine.command("show")(show)
    quarantine.command("release")(release)
    quarantine.command("drop")(drop)
    app.add_typer(quarantine, name="quarantine")


def list_(
    *,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="Messages to show.")] = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show what is held, the newest first."""
    from fedrse.app import quarantine  # noqa: PLC0415  (start time)

    found = terminal.run(quarantine.entries(terminal.settings(config), most))
    if as_json:
        terminal.print_json(found)
        return
    terminal.print_table(
        ("Id", "Way", "Peer", "What", "For", "Since", "Rules"),
        [
            (
                entry["id"],
                entry["direction"],
                entry["host"],
                f"{entry['type']} {entry['object_type'] or ''}".strip(),
                entry["audience"],
                entry["since"],
                ", ".join(entry["rules"]),
            )
            for entry in found
        ],
        title="Quarantine",
    )


def show(
    number: Annotated[int, typer.Argument(help="Id of a held message.", metavar="ID")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show one held message; its text only if it is public or for the network."""
    from fedrse.app import quarantine  # noqa: PLC0415  (start time)

    found = terminal.run(quarantine.show(terminal.settings(config), number))
    if as_json:
        terminal.print_json(found)
    else:
        terminal.print_pairs(found)


def release(
    ids: IdsArgument,
    *,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Let messages go on, as if they had just come or just been written."""
    from fedrse.app import quarantine  # noqa: PLC0415  (start time)

    count = terminal.run(quarantine.release(terminal.settings(config), ids, reason))
    _tell("released", count, as_json=as_json)


def drop(
    ids: IdsArgument,
    *,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Give messages up for good."""
    from fedrse.app import quarantine  # noqa: PLC0415  (start time)

    count = terminal.run(quarantine.drop(terminal.settings(config), ids, reason))
    _tell("dropped", count, as_json=as_json)


def _tell(word: str, count: int, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json({word: count})
    else:
        terminal.note(f"{count} {word}.")
