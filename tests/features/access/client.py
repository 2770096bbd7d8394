"""An application that asks to be let in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.features.access.conftest import RunningSite

CALLBACK = "https://app.example/callback?from=fedrse"
OOB = "urn:ietf:wg:oauth:2.0:oob"
NATIVE = "tusky://signed-in"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def register(site: RunningSite, **values: Any) -> dict[str, Any]:
    values = {
        "client_name": "Elk <3",
        "redirect_uris": [CALLBACK, OOB, NATIVE],
        "scopes": "read write",
        **values,
    }
    _, _, app = await site.call("POST", "/api/v1/apps", json=values)
    return dict(app)


def authorize(app: dict[str, Any], **changes: str | None) -> str:
    values = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "read write:statuses",
        "state": "s t&te",
        **changes,
    }
    return "/oauth/authorize?" + urlencode({k: v for k, v in values.items() if v is not None})


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
