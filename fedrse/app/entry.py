"""The command ``fedrse``: where every process begins.

A site runs for months after one line was typed. ``fedrse serve`` therefore starts without the
libraries of the command line, which would stay in its memory (15 MB) and cost a third of its
start. Whatever else is typed goes through ``cli``.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from fedrse.app.configuration_file import find_configuration

COMPLETION = "_FEDRSE_COMPLETE"  # set by the shell that asks what could be typed next
AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # where OpenSSL looks for them
FAILED = 1
INTERRUPTED = 130


def main() -> None:
    """Runs the command of ``sys.argv``."""
    # What is imported stays: looking for garbage in it costs a quarter of the start.
    gc.disable()
    plain = None if COMPLETION in os.environ else plain_serve(sys.argv[1:])
    if plain is not None:
        sys.exit(_serve(*plain))
    cli = import_module("fedrse.app.cli")
    gc.freeze()
    gc.enable()
    cli.main()


def plain_serve(arguments: Sequence[str]) -> tuple[Path | None] | None:
    """The ``--config`` of ``fedrse serve`` without other options, None for anything else."""
    left = list(arguments)
    path: Path | None = None
    seen = 0
    while left:
        word = left.pop(0)
        if word == "serve":
            seen += 1
        elif word == "--config" and left:
            path = Path(left.pop(0))  # the last one counts
        elif word.startswith("--config="):
            path = Path(word.removeprefix("--config="))
        else:
            return None
    return (path,) if seen == 1 else None


def _serve(given: Path | None) -> int:
    """Serves until told to stop; the exit code."""
    leave_out_rich()
    errors = import_module("fedrse.core.errors")
    try:
        settings = import_module("fedrse.core.configuration").load_settings(
            find_configuration(given), os.environ
        )
        with no_authorities():
            serving = import_module("fedrse.app.serve")
        serving.serve(settings, workers=1)
    except errors.FedrseError as error:
        sys.stderr.write(f"{error.message}\n")
        return FAILED
    except KeyboardInterrupt:  # a second Ctrl-C
        return INTERRUPTED
    return 0


@contextmanager
def no_authorities() -> Iterator[None]:
    """For imports: ``aiohttp`` reads the system's authorities twice when it is imported.

    They would be for a client that no site uses (ours has a context of its own, ``net.tls``), take
    two megabytes and a twentieth of the start. Without any, that client would trust nobody.
    """
    given = {name: os.environ.get(name) for name in AUTHORITIES}
    os.environ.update(dict.fromkeys(AUTHORITIES, os.devnull))
    try:
        yield
    finally:
        for name, value in given.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def leave_out_rich() -> None:
    """Structlog loads it where it is installed, for coloured tracebacks that no site prints."""
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
