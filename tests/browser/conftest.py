"""A browser, and two sites with people and posts of every kind to look at."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from PIL import Image

from tests.browser.chromium import Chromium
from tests.sites.group import Group, make_group
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.waiting import until
from tests.sites.web import multipart, request

# Everything, for everybody; with a word that does not fit a telephone.
CARD = {
    "function": "Responsable des opérations portuaires et de la chaîne logistique multimodale",
    "unit": "Donaudampfschifffahrtsgesellschaftskapitänskajütentürschlüsselanhänger",
    "site": "Nantes",
    "mail": "eloise.dubois-vandenbroucke@logistics.nantes.corp.example",
    "phones": ["+33 2 40 00 05 01", "+33 6 00 00 05 01"],
    "room": "Quai 2, bureau 14",
    "hours": "9-17",
    "languages": ["français", "English", "Nederlands"],
    "expertise": ["Welding, 12", "Customs", "Donaudampfschifffahrtsgesellschaft, 1"],
    "career": ["2011-2019 Foreman", "2019- Head of operations"],
    "projects": ["Hydrogen line"],
    "visibility": dict.fromkeys(
        ("mail", "phones", "room", "hours", "career", "projects"), "network"
    ),
}
ELSEWHERE = "urn:ietf:wg:oauth:2.0:oob"
ABOUT_THE_SITE = {
    "description": "The network of those who build ships, and of those who load them.",
    "contact_email": "captain@corp.example",
    "rules": [
        "Be kind, also to those who arrive late.",
        "Nothing confidential in posts for everybody: whoever is not sure asks before.",
    ],
}
LONG_TEXT = """
Who runs this site, in **one** sentence, with [a link](https://example.test/policy) and an address
without any blank: https://example.test/a/rather/long/address/which/does/not/fit/a/telephone.

## What is kept

1. Posts, until their author deletes them
2. Addresses of visitors:
   - for *seven* days
   - in `access.log`

### What is not

> Nothing that is said in the canteen.

```
fedrse export claire --a-long-line-of-code-that-does-not-fit-on-the-screen-of-a-telephone
```

| Kind | Kept for |
|---|---|
| Log | 7 days |

---

Donaudampfschifffahrtsgesellschaftskapitänskajütentürschlüsselanhänger
"""
TEXTS = {
    "about.md": LONG_TEXT,
    "charter.md": f"# Together\n{LONG_TEXT}",
    "privacy.md": f"# For everybody\n{LONG_TEXT * 2}",
    "terms-2026-01-01.md": LONG_TEXT,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs Chromium: it belongs to the suite ``browser``.

    All tests share the browser, and so the event loop that speaks with it.
    """
    here = Path(__file__).parent
    one_loop = pytest.mark.asyncio(loop_scope="session")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if pytest_asyncio.is_async_test(item):
                item.add_marker(one_loop, append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    async with Chromium() as started:
        yield started


@dataclass(frozen=True)
class Scene:
    """Who looks, by language, and at what; addresses are paths of the site ``lyon``.

    ``author`` is of the other site.
    """

    site: Site
    readers: dict[str, Person]
    author: Person
    pages: dict[str, str]
    consent: str

    def address(self, path: str) -> str:
        return self.site.base_url + path


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = make_group(tmp_path_factory.mktemp("browser"), 2, extra={"site": ABOUT_THE_SITE})
    try:
        yield _set(made)
    finally:
        made.stop()


def _set(made: Group) -> Scene:
    lyon, nantes = made
    for name, text in TEXTS.items():
        (lyon.folder / "texts").mkdir(exist_ok=True)
        (lyon.folder / "texts" / name).write_text(text)
    author, colleague, english, french = *nantes.newcomers(1), *lyon.newcomers(3)
    lyon.execute(f"UPDATE login SET locale = 'fr' WHERE account_id = {french.id}")
    for reader in (english, french):  # what they send is published at once
        lyon.execute(f"INSERT INTO writing_choice VALUES ({reader.id}, false)")
    author.call(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        {
            "display_name": "Éloïse Dubois-Vandenbroucke",
            "note": "Logistics. https://example.test/a/rather/long/address/without/any/blank",
            "fields_attributes": [{"name": "Site", "value": "Nantes"}],
        },
    )
    author.call("PUT", "/api/v1/profile/card", CARD)
    for reader in (english, french):
        reader.call("PUT", "/api/v1/profile/card", CARD)
        reader.follow(author)
        reader.follow(colleague)
    first = author.write(
        f"Bonjour @{english.handle} #quai\n\n" + "Donaudampfschifffahrtsgesellschaft" * 4,
        language="fr",
    )
    author.write("Only after a warning", spoiler_text="Long reading")
    author.write("Lunch?", poll={"options": ["Soup", "Salad"], "expires_in": 3600})
    author.write("A picture", media_ids=[_picture(author, "A red ship"), _picture(author, "")])
    here = english.arrived(first["uri"])
    reply = colleague.write(
        f"@{author.handle} <script>alert(1)</script> & *welcome*",
        in_reply_to_id=str(colleague.look_up(first["uri"])["id"]),  # type: ignore[index]
    )
    english.on(here, "favourite")
    colleague.on(colleague.look_up(first["uri"]), "reblog")  # type: ignore[arg-type]
    until(lambda: len(french.home()) >= 5, lambda: len(french.home()))
    made.settled()
    return Scene(
        site=lyon,
        readers={"en": english, "fr": french},
        author=author,
        pages={
            "home": "/",
            "profile": f"/@{author.handle}",
            "own profile": f"/@{english.username}",
            "post": f"/@{author.handle}/{here['id']}",
            "reply": f"/@{colleague.username}/{reply['id']}",
            "about": "/about",
            "charter": "/charter",
            "privacy policy": "/privacy-policy",
            "terms of service": "/terms-of-service",
            "settings": "/settings",
            "appearance": "/settings/appearance",
            "components": "/style",
            "sessions": "/settings/sessions",
            "own data": "/settings/data",
            "own card": "/settings/card",
            "people": "/people",
            "contact card": f"/people/{english.account_id(author)}/card",
            "hashtag": "/tags/quai",
            "hashtag that nobody used": "/tags/nothing",
            "follow from elsewhere": f"/authorize_interaction?uri={quote(author.uri, safe='')}",
        },
        consent=_application(lyon),
    )


def _picture(person: Person, description: str) -> str:
    drawn = io.BytesIO()
    Image.new("RGB", (900, 600), "darkred").save(drawn, "PNG")
    content_type, body = multipart(
        {"description": description}, "file", "ship.png", drawn.getvalue(), "image/png"
    )
    answer = request(
        person.site.base_url + "/api/v2/media",
        method="POST",
        headers={"Authorization": f"Bearer {person.token}", "Content-Type": content_type},
        body=body,
    )
    assert answer.ok, answer
    return str(answer.json()["id"])


def _application(site: Site) -> str:
    """The path of the consent page for an application."""
    answer = request(
        site.base_url + "/api/v1/apps",
        method="POST",
        headers={"Content-Type": "application/json"},
        body=json.dumps(
            {
                "client_name": "An application with quite a long name for telephones",
                "redirect_uris": ELSEWHERE,
                "scopes": "read write follow push",
                "website": "https://app.example.test/",
            }
        ).encode(),
    )
    made: dict[str, Any] = answer.json()
    return (
        f"/oauth/authorize?response_type=code&client_id={made['client_id']}"
        f"&redirect_uri={ELSEWHERE}&scope=read+write+follow+push"
    )
