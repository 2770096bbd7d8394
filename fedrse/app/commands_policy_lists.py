"""``fedrse policy``: lists of other places that this site follows.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption

StateOption = Annotated[
    Literal["draft", "shadow", "active"],
    typer.Option("--state", help="draft: does nothing; shadow: is only noted in the ledger."),
]
ListArgument = Annotated[
    int, typer.Argument(help="Number of the list, as `lists` shows it.", metavar="NUMBER")
]


def register(policy: typer.Typer) -> None:
    """Adds the commands of this module to ``fedrse policy``."""
    policy.command("lists")(lists)
    policy.command("subscribe")(subscribe)
    policy.command("unsubscribe")(unsubscribe)
    policy.command("refresh")(refresh)


def lists(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the lists that are followed, with what is wrong with them."""
    from fedrse.app import policy_lists  # noqa: PLC0415  (start time)

    _print(terminal.run(policy_lists.list_all(terminal.settings(config))), as_json=as_json)


def subscribe(
    url: Annotated[str, typer.Argument(help="Address of a list (CSV, JSON or text).")],
    *,
    state: StateOption = "draft",
    exceptions: Annotated[
        list[str] | None, typer.Option("--except", help="A host that the list is not about here.")
    ] = None,
    most: Annotated[
        int,
        typer.Option(
            min=0, max=100, help="Percent of the known sites that it may deny without asking."
        ),
    ] = 5,
    threshold: Annotated[
        int, typer.Option(min=1, max=50, help="How many of the lists have to name a host.")
    ] = 1,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Follow a list: it is fetched now and then once a day."""
    from fedrse.app import policy_lists  # noqa: PLC0415  (start time)
    from fedrse.features.policy.model import State  # noqa: PLC0415
    from fedrse.features.policy.service_subscriptions import Wish  # noqa: PLC0415

    wish = Wish(url, State(state), tuple(exceptions or ()), most, threshold)
    found = terminal.run(policy_lists.subscribe(terminal.settings(config), wish))
    _print([found], as_json=as_json)


def unsubscribe(
    number: ListArgument, *, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Follow a list no more; its rules are taken back."""
    from fedrse.app import policy_lists  # noqa: PLC0415  (start time)

    found = terminal.run(policy_lists.unsubscribe(terminal.settings(config), number))
    _print([found], as_json=as_json)


def refresh(
    number: Annotated[int | None, typer.Argument(help="Only this list.", metavar="NUMBER")] = None,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Apply it although it denies many known sites.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch the lists now. Exit code 1 where one could not be read or waits for a yes."""
    from fedrse.app import policy_lists  # noqa: PLC0415  (start time)

    if yes and number is None:
        terminal.fail("--yes is for one list: give its number.")
    found = terminal.run(policy_lists.refresh(terminal.settings(config), number, agreed=yes))
    _print(found, as_json=as_json)
    if any(one["error"] or one["waiting"] for one in found):
        raise typer.Exit(terminal.FAILED)


def _print(found: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(found)
        return
    terminal.print_table(
        ("List", "Address", "State", "Hosts", "Fetched", "Problem"),
        [
            (
                *(one["list"], one["url"], one["state"], one["entries"], one["fetched"]),
                one["error"] or (f"waits for a yes: {one['waiting']}" if one["waiting"] else ""),
            )
            for one in found
        ],
    )
