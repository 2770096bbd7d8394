"""``fedrse account warn``, ``limit``, ``freeze``, ``suspend`` and so on, and ``fedrse report``.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer
from msgspec import Struct

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


class _Measure(Struct, frozen=True):
    """A decision that can be undone, what it does, and what is said once it is done."""

    action: str
    does: str
    told: str


_MEASURES: Final = (
    _Measure(
        "LIMIT",
        "Show somebody's posts to followers only, and propose them nowhere.",
        "{} is limited",
    ),
    _Measure(
        "FREEZE", "Let somebody of this site sign in and read, and do nothing else.", "{} is frozen"
    ),
    _Measure(
        "SENSITIVE", "Cover the pictures of all posts of somebody.", "Pictures of {} are covered"
    ),
    _Measure(
        "SUSPEND",
        "Hide an account and all its posts; everything can be restored.",
        "{} is suspended",
    ),
)


def register(app: typer.Typer, accounts: typer.Typer) -> None:
    """Adds the commands of this module."""
    accounts.command("warn")(warn)
    for measure in _MEASURES:
        name = measure.action.lower()
        accounts.command(name, help=measure.does)(_imposing(measure))
        accounts.command(f"un{name}", help=f"Undo `{name}`.")(_lifting(measure))
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


def _imposing(measure: _Measure) -> Callable[..., None]:
    """The command that decides this about somebody."""

    def impose(
        account: AnybodyArgument,
        *,
        text: TextOption = "",
        days: DaysOption = None,
        report: ReportOption = None,
        config: ConfigOption = None,
    ) -> None:
        _decide(measure.action, account, text=text, days=days, report=report, config=config)
        terminal.note(f"{measure.told.format(account)}.")

    return impose


def _lifting(measure: _Measure) -> Callable[..., None]:
    """The command that undoes it."""

    def lift(account: AnybodyArgument, *, config: ConfigOption = None) -> None:
        from fedrse.app import conduct  # noqa: PLC0415  (start time)

        settings = terminal.settings(config)
        terminal.run(conduct.undo(settings, account, _action(measure.action)))
        terminal.note(f"{measure.told.format(account)} no more.")

    return lift


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


def _action(name: str) -> Action:
    from fedrse.features.moderation.model_decisions import Action  # noqa: PLC0415  (start time)

    return Action[name]
