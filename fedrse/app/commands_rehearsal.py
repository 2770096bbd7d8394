"""``fedrse policy test``: what other rules would have done with the traffic of the last month.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption

_WORDS = {
    "passed": "pass",
    "altered": "pass altered",
    "delayed": "be delayed",
    "capped": "be too many at a time",
    "held": "go into quarantine",
    "denied": "be refused",
    "refused": "be refused for other reasons",
}


def register(policy: typer.Typer) -> None:
    """Adds the command to those about the policy."""
    policy.command("test")(replay)


def replay(
    file: Annotated[
        Path | None,
        typer.Argument(help="File with all rules that this site would have.", metavar="FILE"),
    ] = None,
    *,
    draft: Annotated[
        bool, typer.Option("--draft", help="The rules of this site, drafts as if they were active.")
    ] = False,
    rules: Annotated[
        list[int] | None,
        typer.Option("--rule", help="The same, but only this draft counts as active."),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=30, help="How far back.")] = 30,
    most: Annotated[
        int, typer.Option("--most", min=1, max=10_000, help="Lines of each list.")
    ] = 20,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Replay the traffic of the last days against other rules; nothing is changed."""
    from fedrse.app import rehearsal  # noqa: PLC0415  (start time)

    if (file is None) != (draft or bool(rules)):
        raise typer.BadParameter("either a file or --draft or --rule")
    with terminal.progress() as display:
        task = display.add_task("Replaying", total=None)

        async def progress(done: int, total: int) -> None:
            display.update(task, completed=done, total=max(total, done))

        found = terminal.run(
            rehearsal.rehearse(
                terminal.settings(config),
                file,
                days=days,
                most=most,
                adopted=rules or (),
                progress=progress,
            )
        )
    if as_json:
        terminal.print_json(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    if not found["messages"]:
        terminal.print_line("Nothing has crossed the border since this is noted.")
        return
    terminal.print_line(
        f"{found['messages']} messages since {found['since']}:"
        f" {found['changed']} of them would have gone otherwise."
    )
    _table(
        ("What would", "Now", "Then"),
        [
            (words, found["before"][outcome], found["after"][outcome])
            for outcome, words in _WORDS.items()
            if found["before"][outcome] or found["after"][outcome]
        ],
        "Outcomes",
    )
    for name, title in (("host", "Peers"), ("type", "Types"), ("rule", "Rules")):
        rows = [
            (
                f"{one[name]} {one.get('what', '')}".strip(),
                *(one.get(word) for word in ("refused", "held", "let_through")),
                one["messages"],
            )
            for one in found[f"{title.lower()}"]
        ]
        _table((title, "Refused", "Held", "Let through", "All changes"), rows, title)
    shadow = [(one["rule"], one["what"], one["messages"]) for one in found["shadow"]]
    _table(("Rule", "What it says", "Messages"), shadow, "Shadow rules would have applied")
    _show_people(found["people"])


def _show_people(people: dict[str, Any]) -> None:
    """Whom of this site it hits."""
    if people["peers"]:
        terminal.print_line(
            "With the peers of which more would be stopped:"
            f" people here {people['people']}, follows of theirs {people['following']},"
            f" followers there {people['followers']}."
        )
        rows = [
            (one["host"], one["people"], one["following"], one["followers"], one["senders"])
            for one in people["peers"]
        ]
        headings = ("Peer", "People here", "They follow", "Followers", "Senders here")
        _table(headings, rows, "Whom it hits")


def _table(headings: tuple[str, ...], rows: list[tuple[Any, ...]], title: str) -> None:
    if rows:
        terminal.print_table(headings, rows, title=title)
