"""``fedrse serve``, ``worker`` and ``demo``.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption
from fedrse.core.errors import FedrseError


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(serve)
    app.command()(worker)
    app.command()(demo)


def serve(
    *,
    workers: Annotated[
        int, typer.Option(min=1, max=14, help="Processes; more than one needs PostgreSQL.")
    ] = 1,
    config: ConfigOption = None,
) -> None:
    """Run the site until Ctrl-C or SIGTERM."""
    from fedrse.app import serve as serving  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    try:
        serving.serve(settings, workers=workers)
    except FedrseError as error:
        terminal.fail(error.message)


def worker(*, config: ConfigOption = None) -> None:
    """Do jobs and deliveries without listening; needs PostgreSQL."""
    from fedrse.app import serve as serving  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    try:
        serving.work(settings)
    except FedrseError as error:
        terminal.fail(error.message)


def demo(
    *,
    folder: Annotated[Path, typer.Option(help="Where the data of the three sites lives.")] = Path(
        "instance/var/demo"
    ),
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve https with an authority of the demo's own.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="On free ports, in a temporary folder: verify what arrived, print one line of JSON"
            " and end; exit code 1 if something is missing.",
        ),
    ] = False,
) -> None:
    """Start three sites of an example group on this machine, with people and posts."""
    from fedrse.app.demo import run  # noqa: PLC0415  (start time)
    from fedrse.app.demo.client import ApiFailed  # noqa: PLC0415
    from fedrse.app.demo.sites import SiteFailed  # noqa: PLC0415
    from fedrse.app.demo.story import NotArrived  # noqa: PLC0415

    if check:
        with tempfile.TemporaryDirectory(prefix="fedrse-demo-") as temporary:
            result = asyncio.run(run.check_demo(Path(temporary), tls=tls))
        terminal.print_line(json.dumps(result))
        raise typer.Exit(0 if result["ok"] else 1)
    try:
        asyncio.run(
            run.run_demo(folder / ("tls" if tls else "plain"), tls=tls, console=terminal.err())
        )
    except (SiteFailed, NotArrived, ApiFailed) as error:
        terminal.fail(str(error))
    except (KeyboardInterrupt, asyncio.CancelledError):
        terminal.note("The demo has stopped.")
