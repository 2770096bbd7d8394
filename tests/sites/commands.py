"""Commands of a site, as its admins type them."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from fedrse.app.cli import app
from tests.sites.site import Site


def fedrse(site: Site, *words: str) -> str:
    """Runs a command of the site, in this process because many are run; what it prints."""
    done = CliRunner().invoke(app, ["--config", str(site.configuration), *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def told(site: Site, *words: str) -> Any:
    return json.loads(fedrse(site, *words, "--json"))
