"""Settings read from a file that a test writes, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedrse.core.configuration import load_settings
from fedrse.core.configuration_sources import ConfigurationError
from fedrse.core.settings import Settings

MINIMAL = '[site]\nbase_url = "https://lyon.corp.example"\n'


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    path = folder / "fedrse.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environ or {})


def outcome(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    """The problems with these settings; none if they are fine."""
    try:
        load(folder, text, environ)
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return []


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text, environ)
    return str(caught.value).splitlines()
