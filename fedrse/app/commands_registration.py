"""``fedrse account approve``, ``reject``, ``link`` and ``fedrse invite``.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption, ReasonOption

WaitingArgument = Annotated[
    str,
    typer.Argument(help="User name or e-mail address of somebody who waits.", metavar="ACCOUNT"),
]


def register(app: typer.Typer, accounts: typer.Typer) -> None:
    """Adds the commands of this module."""
    accounts.command("approve")(approve)
    accounts.command("reject")(reject)
    accounts.command("link")(link)
    invitations = typer.Typer(no_args_is_help=True, help="Invitations to sign up.")
    invitations.command("create")(invite)
    invitations.command("list")(list_invitations)
    invitations.command("withdraw")(withdraw)
    app.add_typer(invitations, name="invite")


def list_pending(*, as_json: bool, config: ConfigOption) -> None:
    """Those who asked for an account and wait."""
    from fedrse.app import registration  # noqa: PLC0415  (start time)

    found = terminal.run(registration.pending(terminal.settings(config)))
    if as_json:
        terminal.print_json(found)
        return
    columns = ("username", "email", "state", "since", "reason")
    terminal.print_table(
        ("Name", "E-mail", "State", "Since", "Reason"),
        [[person[column] for column in columns] for person in found],
    )


def approve(account: WaitingArgument, *, config: ConfigOption = None) -> None:
    """Agree that somebody who signed up gets an account."""
    from fedrse.app import registration  # noqa: PLC0415  (start time)

    if terminal.run(registration.approve(terminal.settings(config), account)):
        terminal.note(f"{account} has an account now.")
    else:
        terminal.note(f"{account} gets an account once the address is confirmed.")


def reject(
    account: WaitingArgument, *, reason: ReasonOption = "", config: ConfigOption = None
) -> None:
    """Forget that somebody signed up; whoever confirmed the address is told by mail."""
    from fedrse.app import registration  # noqa: PLC0415  (start time)

    terminal.run(registration.reject(terminal.settings(config), account, reason))
    terminal.note(f"The request of {account} is forgotten.")


def link(account: WaitingArgument, *, config: ConfigOption = None) -> None:
    """Print the link that confirms an address, to hand it over where no mail is sent."""
    from fedrse.app import registration  # noqa: PLC0415  (start time)

    terminal.print_line(terminal.run(registration.link(terminal.settings(config), account)))


def invite(
    *,
    uses: Annotated[int, typer.Option(help="How many people may use it.")] = 1,
    days: Annotated[int, typer.Option(help="How long it is good.")] = 7,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Print a new invitation; with it people sign up whatever registration.mode says."""
    from fedrse.app import registration  # noqa: PLC0415  (start time)

    made = terminal.run(registration.invite(terminal.settings(config), uses=uses, days=days))
    if as_json:
        terminal.print_json(made)
    else:
        terminal.print_line(str(made["code"]))


def list_invitations(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the invitations that are still good."""
    from fedrse.app import registration  # noqa: PLC0415  (start time)

    found = terminal.run(registration.invitations(terminal.settings(config)))
    if as_json:
        terminal.print_json(found)
        return
    terminal.print_table(
        ("Id", "Used", "Until"), [[one["id"], one["used"], one["until"]] for one in found]
    )


def withdraw(
    identifier: Annotated[int, typer.Argument(help="From the list.", metavar="ID")],
    config: ConfigOption = None,
) -> None:
    """End an invitation."""
    from fedrse.app import registration  # noqa: PLC0415  (start time)

    terminal.run(registration.withdraw(terminal.settings(config), identifier))
    terminal.note("The invitation is good no more.")
