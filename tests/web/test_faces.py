"""How people are drawn, wherever they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.core.settings import MediaSettings, Settings, SiteSettings
from fedrse.web.faces import Faces

SETTINGS = Settings(
    site=SiteSettings(base_url="https://lyon.corp.example", handle_domain="corp.example"),
    media=MediaSettings(base_url="https://files.corp.example"),
)


def account(**changes: Any) -> dict[str, Any]:
    return {
        "acct": "amina",
        "username": "amina",
        "display_name": "Amina B.",
        "avatar": "https://files.corp.example/media/1.webp",
        "bot": False,
        "url": "https://lyon.corp.example/@amina",
        **changes,
    }


def test_somebody_of_this_site() -> None:
    person = Faces(SETTINGS).person(account())
    assert person.handle == "@amina@corp.example"
    assert person.path == "/@amina"
    assert person.avatar == "https://files.corp.example/media/1.webp"


def test_somebody_of_another_site_without_a_name() -> None:
    person = Faces(SETTINGS).person(account(acct="bo@nantes.example", display_name="", bot=True))
    assert (person.name, person.handle, person.path) == (
        "amina",
        "@bo@nantes.example",
        "/@bo@nantes.example",
    )
    assert person.is_bot


@pytest.mark.parametrize(
    "avatar",
    [
        "https://lyon.corp.example/static/avatar.png",  # the picture of people who have none
        "https://files.corp.example.evil.example/1.webp",
        "https://nantes.example/1.webp",
        None,
    ],
)
def test_a_picture_that_is_not_shown(avatar: str | None) -> None:
    assert Faces(SETTINGS).person(account(avatar=avatar)).avatar is None
