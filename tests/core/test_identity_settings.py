"""Name, colour and logo of a site are checked at start."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedrse.core.configuration import load_settings
from fedrse.core.configuration_sources import ConfigurationError
from fedrse.core.settings import SiteSettings

BASE = '[site]\nbase_url = "https://fedrse.corp.example"\n'


def load(folder: Path, lines: str) -> SiteSettings:
    path = folder / "fedrse.toml"
    path.write_text(BASE + lines, encoding="utf-8")
    return load_settings(path, {}).site


def test_identity_is_read(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    site = load(tmp_path, 'accent_colour = "#1D4F8A"\nlogo = "logo.svg"\n')
    assert site.accent_colour == "#1d4f8a"
    assert site.logo == str(tmp_path / "logo.svg")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('accent_colour = "#ff7900"', r"line 3: site.accent_colour .*nearest .*#[0-9a-f]{6}"),
        ('accent_colour = "red"', r"line 3: site.accent_colour 'red' is not a colour"),
        ('logo = "missing.svg"', r"line 3: site.logo .*not a file"),
        ('logo = "logo.gif"', r"line 3: site.logo is not an SVG"),
        ('logo = "large.png"', r"line 3: site.logo is larger"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "logo.gif").write_bytes(b"GIF89a")
    (tmp_path / "large.png").write_bytes(bytes(256 * 1024 + 1))
    with pytest.raises(ConfigurationError, match=reason):
        load(tmp_path, line + "\n")
