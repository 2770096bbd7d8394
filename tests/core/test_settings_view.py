"""Settings as they may be shown: where each comes from, and nothing secret."""

from __future__ import annotations

import pytest

from fedrse.core.configuration import SECTIONS, load_settings, section_fields
from fedrse.core.settings_view import (
    HIDDEN,
    about_section,
    is_secret,
    plain_settings,
    shown_settings,
    without_credentials,
)

ENVIRON = {
    "FEDRSE_SITE__BASE_URL": "https://lyon.corp.example",
    "FEDRSE_MAIL__HOST": "smtp.corp.example",
    "FEDRSE_MAIL__USERNAME": "fedrse",
    "FEDRSE_MAIL__PASSWORD": "hunter2",
    "FEDRSE_STORAGE__DATABASE": "postgresql://fedrse:hunter3@db.corp.example/fedrse",
}


def test_every_setting_is_there_with_words() -> None:
    settings = load_settings(None, ENVIRON)
    shown = list(shown_settings(settings, ENVIRON))
    known = [f"{name}.{key}" for name, kind in SECTIONS.items() for key in section_fields(kind)]
    assert [one.name for one in shown] == known == list(plain_settings(settings))
    assert all(one.about for one in shown)
    assert all(about_section(name) for name in SECTIONS)


def test_nothing_secret_is_shown() -> None:
    settings = load_settings(None, ENVIRON)
    shown = {one.name: one for one in shown_settings(settings, ENVIRON)}
    assert "hunter" not in repr(list(shown.values()))
    assert shown["mail.password"].value == HIDDEN
    assert shown["mail.password"].is_secret
    assert shown["storage.database"].value == f"postgresql://{HIDDEN}@db.corp.example/fedrse"
    assert plain_settings(settings)["mail.password"] == "hunter2"


def test_where_a_setting_comes_from() -> None:
    settings = load_settings(None, ENVIRON)
    shown = {one.name: one for one in shown_settings(settings, ENVIRON)}
    assert shown["mail.host"].source == "FEDRSE_MAIL__HOST"
    assert shown["mail.port"].source == ""
    other = {one.name: one.source for one in shown_settings(settings, {})}
    assert other["mail.host"] == other["site.base_url"] == "file"


@pytest.mark.parametrize("key", ["password", "api_key", "token", "metrics_token"])
def test_what_is_secret(key: str) -> None:
    assert is_secret(key)


def test_what_is_not_secret() -> None:
    assert not is_secret("secret_file")
    assert not is_secret("tokens_per_hour")
    assert without_credentials("sqlite:fedrse.db") == "sqlite:fedrse.db"
    assert without_credentials("https://a.example/@amina") == "https://a.example/@amina"
