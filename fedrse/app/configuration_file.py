"""Which configuration file a command means."""

from __future__ import annotations

import os
from pathlib import Path

DEFAULT_FILE = "fedrse.toml"
CONFIG_VARIABLE = "FEDRSE_CONFIG"


def find_configuration(given: Path | None) -> Path | None:
    """The file that was named, by the command line or the environment, or ``./fedrse.toml``.

    None where there is no file and the environment has the settings.
    """
    if given is not None:
        return given
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    path = Path(DEFAULT_FILE)
    if not path.exists() and "FEDRSE_SITE__BASE_URL" in os.environ:
        return None
    return path
