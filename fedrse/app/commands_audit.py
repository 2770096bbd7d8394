"""``fedrse audit``: what people in charge and commands did, and the proof that nobody changed it.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    commands = typer.Typer(no_args_is_help=True, help="The log of administrative acts.")
    commands.command("list")(list_all)
    commands.command("show")(show)
    commands.command("export")(export)
    commands.command("verify")(verify)
    app.add_typer(commands, name="audit")


def list_all(
    *,
    act: Annotated[str, typer.Option(help="Only this act, such as account.role.")] = "",
    actor: Annotated[str, typer.Option("--by", help="Only what this person or user did.")] = "",
    target: Annotated[str, typer.Option("--to", help="Only what was done to this.")] = "",
    days: Annotated[int | None, typer.Option(min=1, max=36500, help="Of so many days.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="Entries to show.")] = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List what was done, the newest first."""
    from fedrse.app import audit  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    found = terminal.run(
        audit.listing(settings, act=act, actor=actor, target=target, days=days, most=most)
    )
    if as_json:
        terminal.print_json(found)
        return
    columns = ("number", "at", "act", "by", "target", "reason")
    terminal.print_table(
        ("No.", "When", "Act", "By", "To", "Reason"),
        [[entry[column] for column in columns] for entry in found],
    )


def show(
    number: Annotated[int, typer.Argument(help="As the list shows it.", metavar="NUMBER")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show one entry with what was before and after."""
    from fedrse.app import audit  # noqa: PLC0415  (start time)

    found = terminal.run(audit.show(terminal.settings(config), number))
    if not as_json:
        found |= {name: audit.text_of(found[name]) for name in ("before", "after")}
    terminal.print_result(found, as_json=as_json)


def export(
    target: Annotated[
        Path | None,
        typer.Argument(
            help="File to write; default: standard output.", metavar="FILE", show_default=False
        ),
    ] = None,
    *,
    after: Annotated[int, typer.Option(min=0, help="Only entries behind this number.")] = 0,
    config: ConfigOption = None,
) -> None:
    """Write the log as lines of JSON; each holds all that is hashed, and its hash."""
    from fedrse.app import audit  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    if target is None:
        count = terminal.run(audit.export(settings, sys.stdout.buffer.write, after=after))
    elif target.exists():
        terminal.fail(f"{target} exists already; choose another name.")
    else:
        with target.open("xb") as file:
            target.chmod(0o600)
            count = terminal.run(audit.export(settings, file.write, after=after))
    terminal.note(f"{count} entries.")


def verify(
    *,
    head: Annotated[
        str | None,
        typer.Option("--head", help="NUMBER:HASH as printed before: is it still part of the log?"),
    ] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="Ask the other sites which heads they have noted.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Check that nothing in the log was changed, removed or reordered."""
    from fedrse.app import audit  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    known = None if head is None else terminal.attempt(audit.read_head, head)
    found = terminal.run(audit.verify(settings, known, peers=peers))
    if as_json:
        terminal.print_json(found)
    else:
        terminal.note(f"{found['entries']} entries; head {found['last']}:{found['head'] or '-'}")
        for flaw in found["flaws"]:
            terminal.note(f"Entry {flaw['entry']} {flaw['what']}.")
        for peer in found["peers"]:
            terminal.note(f"{peer['host']}: {peer['says']}")
    if found["flaws"]:
        terminal.fail("This log was tampered with.")
    terminal.note("The log is whole.")
