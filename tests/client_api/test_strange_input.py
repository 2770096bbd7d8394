"""Every endpoint with input that no app sends: an answer of 4xx (or success), never a failure."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.client_api.checker import Endpoint, endpoints
from tests.client_api.stage import Stage

STREAMING = "/api/v1/streaming/"
ROUNDS = 6
VALUES: tuple[Any, ...] = (
    *("", " ", "x", "0", "-1", "1e400", "NaN", "true", "null", "é" * 50, "\u202e", "'; --"),
    *("9" * 18, "9" * 19, "9" * 40, "2026-99-99", "2026-01-01T00:00:00Z", "https://[", "@a@b@c"),
    *(0, -1, 7, 1 << 62, 1 << 63, 1 << 70, 1.5, 1e308, True, False, None),
    *([], [[]], [None], ["x", 7], {}, {"x": {"x": []}}, {"0": "x"}, {"last_read_id": {}}),
)


def _names(endpoint: Endpoint) -> list[str]:
    """Parameters as documented, and as nobody would spell them."""
    given = [name.rstrip("!") for name in endpoint.parameters if not name.startswith(":")]
    return [*given, "limit", "offset", "max_id", "min_id", "since_id", "id[]", "a[b][c][]"]


def _json(endpoint: Endpoint, chance: random.Random) -> bytes:
    body = {
        name.partition("[")[0]: chance.choice(VALUES)
        for name in _names(endpoint)
        if chance.random() < 0.7
    }
    return json.dumps(body).encode()


def _form(endpoint: Endpoint, chance: random.Random) -> list[tuple[str, str]]:
    return [
        (name, str(chance.choice(VALUES)))
        for name in _names(endpoint)
        for _ in range(chance.choice((0, 1, 1, 2)))
    ]


@pytest.mark.parametrize("seed", [1, 2])
async def test_strange_input(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    person = await stage.person("amina")
    post = await person.write("Bonjour #lunch", poll={"options": ["a", "b"], "expires_in": 600})
    ids = (post["id"], person.id, "0", "x", "9" * 19)
    wrong = []
    for one in endpoints():
        if one.path.startswith(STREAMING) or "revoke" in one.path.rpartition("/oauth")[2]:
            continue
        for number in range(ROUNDS):
            path = one.filled(chance.choice(ids))
            options: dict[str, Any] = {}
            if one.method == "GET" or number % 3 == 0:
                options["query"] = _form(one, chance)
            elif number % 3 == 1:
                options["data"] = _json(one, chance)
                options["headers"] = {"Content-Type": "application/json"}
            else:
                options["data"] = _form(one, chance)
            try:
                answer = await stage.answer(
                    one.method, path, token=person.token, check=False, **options
                )
            except AssertionError as error:  # of the stage: a 5xx
                wrong.append(f"{one.name} {options}: {error}")
                continue
            if answer.status >= 400 and one.path.startswith("/api"):
                error_told = isinstance(answer.body, dict) and "error" in answer.body
                if not error_told:
                    wrong.append(f"{one.name} {options}: {answer.status} {answer.body!r}")
    assert not wrong, f"{len(wrong)} failures:\n" + "\n".join(text[:600] for text in wrong[:12])
