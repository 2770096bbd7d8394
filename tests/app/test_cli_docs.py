"""The reference page of the command line: complete, and the one that is committed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fedrse.app.cli import app
from fedrse.app.cli_reference import render_cli_reference

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_page_is_current() -> None:
    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert text == render_cli_reference(app), "docs/cli.md is not current: make docs"


def test_every_command_has_words() -> None:
    page = render_cli_reference(app)
    for section in page.split("\n## ")[1:]:
        name, _, rest = section.partition("\n")
        _, _, below = rest.partition("```\n\n")
        sentence = below.lstrip().partition("\n")[0]
        assert sentence.endswith("."), f"{name}: {sentence!r}"
        assert ": .\n" not in rest, f"{name} has a parameter without a word of help"


def test_commands_and_groups_are_found() -> None:
    page = render_cli_reference(app)
    for name in ("init", "serve", "account create", "queue drop", "keys rotate", "demo"):
        assert f"\n## fedrse {name}\n" in page


def _example() -> typer.Typer:
    made = typer.Typer()

    @made.command("send")
    def send(
        ids: Annotated[list[int], typer.Argument(help="Which", metavar="ID")],
        target: Annotated[Path | None, typer.Argument(help="Where to.")] = None,
        *,
        size: Annotated[int, typer.Option(help="How big.")] = 3,
        name: Annotated[str, typer.Option("--title", "-t", help="What it is called.")],
        as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
        secret: Annotated[bool, typer.Option("--secret", hidden=True)] = False,
    ) -> None:
        """Send things.

        Many at once.
        """

    return made


def test_how_parameters_are_written() -> None:
    assert (
        render_cli_reference(_example()).partition("\n## ")[2]
        == """fedrse send

```
fedrse send ID... [TARGET] [OPTIONS]
```

Send things.

Many at once.

- `ID...`: Which.
- `[TARGET]`: Where to.
- `--size NUMBER`: How big. Default: `3`.
- `--title, -t TEXT`: What it is called. Required.
- `--json`: For scripts.
"""
    )
