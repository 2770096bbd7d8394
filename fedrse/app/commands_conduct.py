"""``fedrse account warn``, ``limit``, ``freeze``, ``suspend`` and so on, and ``fedrse report``.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption

if TYPE_CHECKING:
    from fedrse.features.moderation.model_decisions import Action

AnybodyArgument = Annotated[
    str,
    typer.Argument(
        help="User name or e-mail address, or the handle of somebody elsewhere.", metavar="ACCOUNT"
    ),
]
TextOption = Annotated[str, typer.Option("--text", help="What the person is told as the reason.")]
DaysOption = Annotated[
    int | None,
    typer.Option("--days", help="It ends by itself after so many.", show_default=False),
]
ReportOption = Annotated[
    int | None,
    typer.Option("--report", help="The report that this decides.", show_default=False),
]
ReportArgument = Annotated[int, typer.Argument(help="From the list.", metavar="ID")]


def register(app: typer.Typer, accounts: typer.Typer) -> None:
    """Adds the commands of this module."""
    accounts.command("warn")(warn)
    accounts.command("limit")(limit)
    accounts.command("unlimit")(unlimit)
    accounts.command("freeze")(freeze)
    accounts.command("unfreeze")(unfreeze)
    accounts.command("sensitive")(sensitive)
    accounts.command("unsensitive")(unsensitive)
    accounts.command("suspend")(suspend)
    accounts.command("unsuspend")(unsuspend)
    reports = typer.Typer(no_args_is_help=True, help="Reports about people and posts.")
    reports.command("list")(list_reports)
    reports.command("show")(show_report)
    reports.command("resolve")(resolve)
    app.add_typer(reports, name="report")


def warn(
    account: AnybodyArgument,
    text: Annotated[str, typer.Argument(help="What the person has to know.", metavar="TEXT")],
    *,
    report: ReportOption = None,
    config: ConfigOption = None,
) -> None:
    """Tell somebody what they have to know about their conduct; it can be appealed."""
    if not text.strip():
        terminal.fail("A warning says what the person has to know.")
    _decide("WARN", account, text=text, days=None, report=report, config=config)
    terminal.note(f"{account} is told.")


def limit(
    account: AnybodyArgument,
    *,
    text: TextOption = "",
    days: DaysOption = None,
    report: ReportOption = None,
    config: ConfigOption = None,
) -> None:
    """Show somebody's posts to followers only, and propose them nowhere."""
    _decide("LIMIT", account, text=text, days=days, report=report, config=config)
    terminal.note(f"{account} is limited.")


def unlimit(account: AnybodyArgument, *, config: ConfigOption = None) -> None:
    """Undo `limit`."""
    _undo("LIMIT", account, config)
    terminal.note(f"{account} is limited no more.")


def freeze(
    account: AnybodyArgument,
    *,
    text: TextOption = "",
    days: DaysOption = None,
    report: ReportOption = None,
    config: ConfigOption = None,
) -> None:
    """Let somebody of this site sign in and read, and do nothing else."""
    _decide("FREEZE", account, text=text, days=days, report=report, config=config)
    terminal.note(f"{account} is frozen.")


def unfreeze(account: AnybodyArgument, *, config: ConfigOption = None) -> None:
    """Undo `freeze`."""
    _undo("FREEZE", account, config)
    terminal.note(f"{account} is frozen no more.")


def sensitive(
    account: AnybodyArgument,
    *,
    text: TextOption = "",
    days: DaysOption = None,
    report: ReportOption = None,
    config: ConfigOption = None,
) -> None:
    """Cover the pictures of all posts of somebody."""
    _decide("SENSITIVE", account, text=text, days=days, report=report, config=config)
    terminal.note(f"Pictures of {account} are covered.")


def unsensitive(account: AnybodyArgument, *, config: ConfigOption = None) -> None:
    """Undo `sensitive`."""
    _undo("SENSITIVE", account, config)
    terminal.note(f"Pictures of {account} are covered no more.")


def suspend(
    account: AnybodyArgument,
    *,
    text: TextOption = "",
    days: DaysOption = None,
    report: ReportOption = None,
    config: ConfigOption = None,
) -> None:
    """Hide an account and all its posts; everything can be restored."""
    _decide("SUSPEND", account, text=text, days=days, report=report, config=config)
    terminal.note(f"{account} is suspended.")


def unsuspend(account: AnybodyArgument, *, config: ConfigOption = None) -> None:
    """Undo `suspend`."""
    _undo("SUSPEND", account, config)
    terminal.note(f"{account} is suspended no more.")


def list_reports(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that are closed, too.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List reports, the newest first."""
    from fedrse.app import conduct  # noqa: PLC0415  (start time)

    found = terminal.run(conduct.reports(terminal.settings(config), everything=everything))
    if as_json:
        terminal.print_json(found)
        return
    columns = ("id", "state", "about", "by", "category", "created")
    terminal.print_table(
        ("Id", "State", "About", "By", "Category", "Since"),
        [[one[column] for column in columns] for one in found],
    )


def show_report(
    identifier: ReportArgument, *, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Show a report, what the posts said, and the notes."""
    from fedrse.app import conduct  # noqa: PLC0415  (start time)

    found = terminal.run(conduct.show_report(terminal.settings(config), identifier))
    terminal.print_result(found, as_json=as_json)


def resolve(identifier: ReportArgument, *, config: ConfigOption = None) -> None:
    """Close a report without another decision; whoever reported is told by mail."""
    from fedrse.app import conduct  # noqa: PLC0415  (start time)

    terminal.run(conduct.resolve(terminal.settings(config), identifier))
    terminal.note("The report is closed.")


def _decide(
    name: str,
    account: str,
    *,
    text: str,
    days: int | None,
    report: int | None,
    config: ConfigOption,
) -> None:
    from fedrse.app import conduct  # noqa: PLC0415  (start time)

    terminal.run(
        conduct.decide(
            terminal.settings(config), account, _action(name), text=text, days=days, report=report
        )
    )


def _undo(name: str, account: str, config: ConfigOption) -> None:
    from fedrse.app import conduct  # noqa: PLC0415  (start time)

    terminal.run(conduct.undo(terminal.settings(config), account, _action(name)))


def _action(name: str) -> Action:
    from fedrse.features.moderation.model_decisions import Action  # noqa: PLC0415  (start time)

    return Action[name]
