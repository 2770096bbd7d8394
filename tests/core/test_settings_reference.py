"""The generated documentation of the settings is complete, current and true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.configuration import SECTIONS, load_settings, section_fields
from fedrse.core.settings_reference import render_commented_toml, render_reference, toml_value

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("docs/settings.md", render_reference()),
        ("instance/fedrse.toml", render_commented_toml({})),
    ],
)
def test_the_committed_text_is_current(file: str, text: str) -> None:
    assert (ROOT / file).read_text(encoding="utf-8") == text, "run: make docs"


def test_the_page_has_every_setting() -> None:
    page = render_reference()
    for section, kind in SECTIONS.items():
        for key in section_fields(kind):
            assert f"### {section}.{key}\n" in page


def test_the_sample_starts_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "fedrse.toml"
    path.write_text(render_commented_toml({}), encoding="utf-8")
    assert load_settings(path, {}).origin == "https://fedrse.corp.example"


def test_every_comment_of_the_sample_is_a_valid_setting(tmp_path: Path) -> None:
    text = render_commented_toml({})
    text = re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)
    for name in re.findall(r'"/etc/fedrse/([^"]+\.(?:pem|svg))"', text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    path = tmp_path / "fedrse.toml"
    path.write_text(text.replace("/etc/fedrse/", f"{tmp_path}/"), encoding="utf-8")
    given_keys = {(section, key) for section, keys in tomllib.loads(text).items() for key in keys}
    assert given_keys == {
        (section, key) for section, kind in SECTIONS.items() for key in section_fields(kind)
    }
    assert load_settings(path, {}).handle_domain == "corp.example"


def test_given_values_are_set() -> None:
    values: dict[str, dict[str, Any]] = {
        "site": {"base_url": "http://localhost:8401", "name": 'Site "Lyon"\\é'},
        "network": {"members": ["http://localhost:8402"]},
        "outgoing": {"connect": {"lyon.test": "http://127.0.0.1:8401"}},
        "limits": {"enabled": False, "inbox_per_minute": 10},
    }
    assert {
        section: keys
        for section, keys in tomllib.loads(render_commented_toml(values)).items()
        if keys
    } == values


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(KeyError):
        render_commented_toml({"site": {"nmae": "x"}})


@given(st.text(st.characters(codec="utf-8")))
def test_every_text_can_be_written(text: str) -> None:
    assert tomllib.loads(f"x = {toml_value(text)}\n") == {"x": text}
