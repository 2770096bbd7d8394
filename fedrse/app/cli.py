"""``fedrse``: the command line. Each subject has its own module; this one puts them together."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import fedrse
from fedrse.app import (
    commands_announcements,
    commands_audit,
    commands_data,
    commands_mail,
    commands_peers,
    commands_people,
    commands_policy,
    commands_quarantine,
    commands_queue,
    commands_serve,
    commands_site,
    commands_why,
)
from fedrse.app.terminal import ConfigOption, remember_config

app = typer.Typer(
    name="fedrse",
    help="Self-hosted, federated enterprise social network.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they would print local variables, secrets among them
    context_settings={"help_option_names": ["-h", "--help"]},
)
commands_site.register(app)
commands_serve.register(app)
commands_people.register(app)
commands_peers.register(app)
commands_queue.register(app)
commands_data.register(app)
commands_mail.register(app)
commands_announcements.register(app)
commands_audit.register(app)
commands_policy.register(app)
commands_quarantine.register(app)
commands_why.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"fedrse {fedrse.__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    config: ConfigOption = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_show_version,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Self-hosted, federated enterprise social network."""
    remember_config(config)
    del version  # told by its callback


def main() -> None:
    """The entry point of ``fedrse`` and ``python -m fedrse``."""
    app()
