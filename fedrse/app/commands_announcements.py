"""``fedrse announcement``: what the people in charge tell everybody on the site.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    commands = typer.Typer(
        no_args_is_help=True, help="Announcements to everybody on this site or several."
    )
    commands.command("create")(create)
    commands.command("list")(list_all)
    commands.command("delete")(delete)
    app.add_typer(commands, name="announcement")


def create(
    text: Annotated[str, typer.Argument(help="What to say; links, @names and #tags work.")],
    *,
    starts: Annotated[
        str | None, typer.Option(help="When what it is about begins (2026-11-30T09:00).")
    ] = None,
    ends: Annotated[
        str | None, typer.Option(help="When it ends; then the announcement goes away.")
    ] = None,
    all_day: Annotated[bool, typer.Option("--all-day", help="Only the dates count.")] = False,
    must_read: Annotated[
        bool, typer.Option("--must-read", help="People are asked to say that they have read it.")
    ] = False,
    hosts: Annotated[
        list[str] | None,
        typer.Option("--to", help="A site whose people are told, too; may be repeated."),
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Tell the people of all sites of the network.")
    ] = False,
    elsewhere_only: Annotated[
        bool, typer.Option("--elsewhere-only", help="Tell nobody on this site.")
    ] = False,
    units: Annotated[
        list[str] | None,
        typer.Option(
            "--unit",
            help="Tell only people of this unit, as their profiles name it; may be repeated.",
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Announce something; it is shown, and sent to other sites, within half a minute."""
    from fedrse.app import announce  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    made = terminal.run(
        announce.create(
            settings,
            text,
            starts=starts,
            ends=ends,
            all_day=all_day,
            must_read=must_read,
            hosts=None if everywhere else hosts or (),
            here=not elsewhere_only,
            units=units or (),
        )
    )
    terminal.print_result(made, as_json=as_json)


def list_all(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List all announcements, those of the past included."""
    from fedrse.app import announce  # noqa: PLC0415  (start time)

    found = terminal.run(announce.list_all(terminal.settings(config)))
    if as_json:
        terminal.print_json(found)
        return
    columns = ("id", "published", "ends", "text")
    terminal.print_table(
        ("Number", "Published", "Ends", "Text", "Read", "For"),
        [
            [
                *(one[column] for column in columns),
                f"{one['read']}/{one['delivered']}",
                _several(one["sites"], one["units"]),
            ]
            for one in found
        ],
    )


def _several(*lists: object) -> str:
    return " · ".join(", ".join(map(str, one)) for one in lists if isinstance(one, list) and one)


def delete(
    number: Annotated[int, typer.Argument(help="Number, as `list` shows it.", metavar="NUMBER")],
    *,
    config: ConfigOption = None,
) -> None:
    """Take an announcement back."""
    from fedrse.app import announce  # noqa: PLC0415  (start time)

    terminal.run(announce.delete(terminal.settings(config), number))
    terminal.note("The announcement is gone.")
