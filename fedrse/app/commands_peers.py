"""``fedrse peer`` and ``fedrse fetch``.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption

HostArgument = Annotated[
    str,
    typer.Argument(help="Host, or host:port where the port is not the usual one.", metavar="HOST"),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    peers = typer.Typer(no_args_is_help=True, help="Other sites that this one talks to.")
    peers.command("list")(list_all)
    peers.command("show")(show)
    peers.command("probe")(probe)
    app.add_typer(peers, name="peer")
    app.command()(fetch)


def list_all(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the members of the network and all sites met so far."""
    from fedrse.app import peers  # noqa: PLC0415  (start time)

    found = terminal.run(peers.list_all(terminal.settings(config)))
    if as_json:
        terminal.print_json(found)
        return
    columns = ("host", "standing", "software", "accounts", "waiting", "failures", "last_inbound")
    terminal.print_table(
        ("Host", "Standing", "Software", "Accounts", "Waiting", "Failures", "Last heard"),
        [[peer[column] for column in columns] for peer in found],
    )


def show(host: HostArgument, *, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show what is known of one site: software, keys, deliveries, last errors."""
    from fedrse.app import peers  # noqa: PLC0415  (start time)

    found = terminal.run(peers.show(terminal.settings(config), host))
    terminal.print_result(found, as_json=as_json)


def probe(host: HostArgument, *, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Ask a site now what it is, and remember the answer; exit code 1 if it cannot be reached."""
    from fedrse.app import peers  # noqa: PLC0415  (start time)

    found = terminal.run(peers.probe(terminal.settings(config), host))
    terminal.print_result(found, as_json=as_json)


def fetch(
    what: Annotated[
        str,
        typer.Argument(
            help="Address of a post or an actor, or a handle (amina@corp.example).",
            metavar="ADDRESS",
        ),
    ],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch a post or an account of another site and store it here."""
    from fedrse.app import peers  # noqa: PLC0415  (start time)

    found = terminal.run(peers.fetch(terminal.settings(config), what))
    terminal.print_result(found, as_json=as_json)
