"""``fedrse why``: one question about anything that crossed the border, or did not.

The imports inside the function keep `fedrse --help` fast.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command("why")(why)


def why(
    asked: Annotated[
        str,
        typer.Argument(
            help="Id of a message, address of a post or activity, handle, or host.",
            metavar="ID|URL|HANDLE|HOST",
        ),
    ],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Say what happened with something, and which rule did it."""
    from fedrse.app import why as explaining  # noqa: PLC0415  (start time)

    found = terminal.run(explaining.why(terminal.settings(config), asked))
    if as_json:
        terminal.print_json(found)
        return
    terminal.print_line(found["summary"])
    peer = found.get("peer")
    if peer is not None and found["kind"] != "host":
        terminal.print_line(f"{peer['host']}: {peer['summary']}")
    if found["events"]:
        rows = [(event["at"], event["what"], event.get("trace")) for event in found["events"]]
        # The trace id stands in the logs of all sites that have to do with a message.
        terminal.print_table(("When", "What", "Trace"), rows, title="What happened")
    sums = found["ledger"] if peer is None else peer["ledger"]
    if sums:
        terminal.print_table(
            ("Way", "Outcome", "Why", "Messages"),
            [
                (
                    one["direction"],
                    one["outcome"],
                    one["code"] or ", ".join(f"rule {rule}" for rule in one["rules"]),
                    one["messages"],
                )
                for one in sums
            ],
            title="In the last 30 days",
        )
    if found["rules"]:
        rules = [
            (rule["rule"], rule["what"], rule.get("reason"), rule.get("private_reason"))
            for rule in found["rules"]
        ]
        headings = ("Rule", "What it says", "Reason", "Private reason")
        terminal.print_table(headings, rules, title="Rules")
