"""Requests that a hostile test signs, and changes before it sends them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.sites.hostile_stage import Stage
from tests.sites.remote_actor import Json
from tests.sites.remote_signing import cavage, rfc9421
from tests.sites.web import Answer, request

DAY = 86400


def message(stage: Stage) -> Json:
    """What would have an effect if it were believed: a like."""
    return stage.mallory.activity("Like", stage.public["uri"])


def body_of(stage: Stage) -> bytes:
    return json.dumps(message(stage)).encode()


def post(
    stage: Stage,
    headers: dict[str, str] | Iterable[tuple[str, str]],
    body: bytes,
    path: str = "/inbox",
) -> Answer:
    pairs = headers if isinstance(headers, dict) else list(headers)
    return request(stage.site.base_url + path, method="POST", headers=pairs, body=body)


def signed(stage: Stage, body: bytes, **options: Any) -> dict[str, str]:
    """Headers by mallory, cavage."""
    options.setdefault("key", stage.mallory.rsa)
    key = options.pop("key")
    return cavage(key, "POST", f"{stage.site.base_url}/inbox", body, **options)


def signed_9421(stage: Stage, body: bytes, **options: Any) -> dict[str, str]:
    options.setdefault("key", stage.mallory.ed25519)
    key = options.pop("key")
    return rfc9421(key, "POST", f"{stage.site.base_url}/inbox", body, **options)


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}
