"""``fedrse queue``: what waits, what failed and why, and what to do about it.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption, ReasonOption

IdsArgument = Annotated[
    list[int] | None,
    typer.Argument(help="Ids as `fedrse queue show` lists them.", metavar="ID"),
]
QueueOption = Annotated[
    str | None,
    typer.Option("--queue", help="Only this queue: inbox, deliveries or jobs."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    queue = typer.Typer(
        no_args_is_help=True, help="Messages received, messages to deliver, and jobs."
    )
    queue.command("show")(show)
    queue.command("retry")(retry)
    queue.command("drop")(drop)
    app.add_typer(queue, name="queue")


def show(
    *,
    queue: QueueOption = None,
    most: Annotated[
        int, typer.Option("--most", min=1, max=10_000, help="Entries to show of each queue.")
    ] = 50,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show how much waits, and what failed or was refused, with the reasons."""
    from fedrse.app import queues  # noqa: PLC0415  (start time)

    found = terminal.run(queues.show(terminal.settings(config), queue, most))
    if as_json:
        terminal.print_json(found)
        return
    terminal.print_table(
        ("Queue", "State", "Number", "Oldest"),
        [
            (name, count["state"], count["count"], count["oldest"])
            for name, content in found.items()
            for count in content["counts"]
        ],
        title="Waiting",
    )
    problems = [
        (name, entry["id"], entry["what"], entry["who"], entry["at"], entry["reason"])
        for name, content in found.items()
        for entry in content["problems"]
    ]
    if problems:
        headings = ("Queue", "Id", "What", "Who", "Since", "Reason")
        terminal.print_table(headings, problems, title="Problems")


def retry(
    ids: IdsArgument = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Everything that failed; not what was refused.")
    ] = False,
    queue: QueueOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Try again what failed or was refused."""
    from fedrse.app import queues  # noqa: PLC0415  (start time)

    if bool(ids) == everything:
        raise typer.BadParameter("either ids or --all")
    done = terminal.run(queues.retry(terminal.settings(config), queue, None if everything else ids))
    _tell(done, "will be tried again", as_json=as_json, expected=not everything)


def drop(
    ids: Annotated[
        list[int],
        typer.Argument(help="Ids as `fedrse queue show` lists them.", metavar="ID"),
    ],
    *,
    queue: QueueOption = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Give up what failed or was refused, for good."""
    from fedrse.app import queues  # noqa: PLC0415  (start time)

    done = terminal.run(queues.drop(terminal.settings(config), queue, ids, reason))
    _tell(done, "dropped", as_json=as_json, expected=True)


def _tell(done: dict[str, int], what: str, *, as_json: bool, expected: bool) -> None:
    if as_json:
        terminal.print_json(done)
    else:
        terminal.note(", ".join(f"{name}: {count} {what}" for name, count in done.items()))
    if expected and not any(done.values()):
        terminal.fail("None of these ids is one of something that failed or was refused.")
