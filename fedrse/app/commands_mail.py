"""``fedrse mail``: addresses of people without an account who have posts sent to them.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption, ReasonOption


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    commands = typer.Typer(
        no_args_is_help=True, help="Addresses of people who have posts sent to them by mail."
    )
    commands.callback()(lambda: None)  # one command alone would lose its name
    commands.command("forget")(forget)
    app.add_typer(commands, name="mail")


def forget(
    address: Annotated[str, typer.Argument(help="E-mail address.", metavar="ADDRESS")],
    *,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Forget an address to which posts are sent: its mail came back, or its owner asks for it."""
    from fedrse.app import mail  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    count = terminal.run(mail.forget(settings, address, reason))
    terminal.print_result({"subscriptions": count}, as_json=as_json)
