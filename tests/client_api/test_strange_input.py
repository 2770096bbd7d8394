"""Every route with input that no app sends: an answer of 4xx (or success), never a failure.

The routes are those of the router, documented or not.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from yarl import URL

from fedrse.http.routes import Surface
from tests.client_api.all_routes import Target, all_names, all_targets
from tests.client_api.stage import Answer, Person, Stage

SURFACES = frozenset({Surface.API, Surface.WELLKNOWN, Surface.MEDIA})
ROUNDS = 40 if os.environ.get("FEDRSE_SOAK") else 2  # of each kind of input, by route
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
VALUES: tuple[Any, ...] = (
    *("", " ", "x", "0", "-1", "1e400", "NaN", "true", "null", "é" * 50, "\u202e", "'; --", "%"),
    *("9" * 18, "9" * 19, "9" * 40, "2026-99-99", "2026-01-01T00:00:00Z", "https://[", "@a@b@c"),
    *("0x10", "١٢", "1_000", "+5", "9999-12-31T23:59:59Z", "0001-01-01", "https://a" * 300),
    *("http://[::1]:99999/", "mailto:x", "javascript:x", "a\r\nb: c", "\ud83d\udc4d", "#" * 99),
    *(0, -1, 7, 1 << 62, 1 << 63, 1 << 70, 1.5, 1e308, True, False, None),
    *([], [[]], [None], ["x", 7], {}, {"x": {"x": []}}, {"0": "x"}, {"last_read_id": {}}),
    *({"last_read_id": "9" * 30}, [{"keyword": []}], {"options": {"0": {}}}, [[["x"]]]),
    *({"options": ["a", "b"], "expires_in": 1 << 80}, "x" * 70_000, ["x"] * 3_000),
)
GENERIC = ("limit", "offset", "max_id", "min_id", "since_id", "id[]", "a[b][c][]", "access_token")
Options = dict[str, Any]
Attack = Callable[[Target, random.Random], Options]


def _names(target: Target, chance: random.Random) -> list[str]:
    """Parameters as documented, as elsewhere, and as nobody would spell them."""
    return [*target.parameters, *chance.sample(all_names(), 3), *chance.sample(GENERIC, 4)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def wrong_types(target: Target, chance: random.Random) -> Options:
    """JSON with values of any type."""
    body = {
        name.partition("[")[0]: chance.choice(VALUES)
        for name in _names(target, chance)
        if chance.random() < 0.7
    }
    return {"data": json.dumps(body).encode(), "type": JSON}


def strange_forms(target: Target, chance: random.Random) -> Options:
    """Names once, twice, as list and as mapping."""
    pairs = [
        (name + chance.choice(("", "", "[]", "[x]", "[0][y]")), _text(chance.choice(VALUES)))
        for name in _names(target, chance)
        for _ in range(chance.choice((0, 1, 1, 2)))
    ]
    return {"data": urlencode(pairs, errors="surrogatepass").encode()[:250_000], "type": FORM}


def strange_queries(target: Target, chance: random.Random) -> Options:
    """The same in the address."""
    pairs = [
        (name, _text(chance.choice(VALUES))[:300])
        for name in _names(target, chance)
        if chance.random() < 0.6
    ]
    return {"query": urlencode(pairs, errors="surrogatepass")}


def broken_text(target: Target, chance: random.Random) -> Options:
    """What is not UTF-8, NUL, and lone halves of pairs, in name and value, in any place."""
    bad = chance.choice(("%ff", "%c3", "%00", "%ed%a0%80", "a%fe%ffb", "%e2%82"))
    name = chance.choice(_names(target, chance))
    raw = chance.choice((b"\xff", b"\xc3(", b"\x00", b"\xed\xa0\x80", b"\xf8\x88\x80\x80"))
    return chance.choice(
        [
            {"query": f"{quote(name)}={bad}"},
            {"query": f"{bad}[{bad}]=1"},
            {"data": f"{quote(name)}={bad}".encode(), "type": FORM},
            {"data": name.encode() + b"=" + raw, "type": FORM},
            {"data": b'{"' + name.encode() + b'":"' + raw + b'"}', "type": JSON},
            {"data": b'{"' + name.encode() + b'":"\\ud800\\u0000"}', "type": JSON},
        ]
    )


def very_much(target: Target, chance: random.Random) -> Options:
    """Thousands of parameters, deep ones, long names, endless numbers."""
    name = chance.choice(_names(target, chance)).partition("[")[0]
    deep, many = chance.choice((9, 200, 20_000)), chance.choice((1_000, 1_001, 9_000))
    bodies: tuple[Callable[[], tuple[str, str]], ...] = (
        lambda: ("&".join(f"{name}{n}=1" for n in range(many)), FORM),
        lambda: ("&".join([f"{name}[]=1"] * many), FORM),
        lambda: (json.dumps({f"{name}{n}": n for n in range(many)}), JSON),
        lambda: (json.dumps({name: list(range(many))}), JSON),
        lambda: (f"{name}{'[x]' * deep}=1", FORM),
        lambda: (f'{{"{name}":{"[" * deep}{"]" * deep}}}', JSON),
        lambda: (f'{{"{name}":{"9" * deep}}}', JSON),
        lambda: ("x" * deep + "=1", FORM),
        lambda: ("x" * 300_000, FORM),
        lambda: ("", ""),
    )
    body, media_type = chance.choice(bodies)()
    if not body:
        return {"query": "&".join(f"{name}[]={n}" for n in range(900))}
    return {"data": body.encode(), "type": media_type}


def lying_types(target: Target, chance: random.Random) -> Options:
    """Bodies that are not what their header says."""
    name = chance.choice(_names(target, chance)).partition("[")[0]
    form, document = f"{name}=1".encode(), json.dumps({name: "1"}).encode()
    part = (
        f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="a.png"\r\n'
        "Content-Type: image/png\r\n\r\nno picture\r\n--x--\r\n"
    ).encode()
    return chance.choice(
        [
            {"data": form, "type": JSON},
            {"data": document, "type": FORM},
            {"data": document, "type": "multipart/form-data"},
            {"data": document, "type": "multipart/form-data; boundary=x"},
            {"data": part, "type": "multipart/form-data; boundary=x"},
            {"data": part[:-30], "type": "multipart/form-data; boundary=x"},
            {"data": part.replace(b'name="', b'nam="'), "type": "multipart/form-data; boundary=x"},
            {"data": part, "type": JSON},
            {"data": document, "type": "image/png"},
            {"data": document, "type": "application/json; charset=utf-16"},
            {"data": document, "type": "\u00e9/;;="},
            {"data": b"[1]", "type": JSON},
            {"data": b'"x"', "type": JSON},
            {"data": document, "type": JSON, "headers": {"Content-Encoding": "gzip"}},
        ]
    )


def strange_headers(_target: Target, chance: random.Random) -> Options:
    """Headers that are read by the frame or by handlers."""
    name, value = chance.choice(
        [
            ("Idempotency-Key", "x" * 4_000),
            ("Idempotency-Key", "\u00e9"),
            ("Accept", "*/*;q=x,,;"),
            ("Accept-Language", "x" * 2_000),
            ("Range", "bytes=9-1,-"),
            ("If-None-Match", '"' * 500),
            ("If-Modified-Since", "yesterday"),
            ("Authorization", "Bearer"),
            ("Authorization", "Bearer " + "x" * 4_000),
            ("Authorization", "Basic !!!"),
            ("Sec-WebSocket-Protocol", "x" * 3_000),
            ("X-Forwarded-For", "nobody, ::ffff:999"),
            ("Signature", 'keyId="x"'),
            ("Cookie", "__Host-session=\u00e9; =;"),
        ]
    )
    return {"headers": {name: value}}


ATTACKS: tuple[Attack, ...] = (
    wrong_types,
    strange_forms,
    strange_queries,
    broken_text,
    very_much,
    lying_types,
    strange_headers,
)


async def _send(person: Person, target: Target, path: str, options: Options) -> Answer:
    address = f"{person.stage.base_url}{path}"
    if "query" in options:
        address += f"?{options['query']}"
    headers = {"Content-Type": options.get("type", JSON), "Authorization": f"Bearer {person.token}"}
    headers |= options.get("headers", {})
    client, url = person.stage.client, URL(address, encoded=True)
    async with client.request(
        target.method,
        url,
        data=options.get("data"),
        headers=headers,
        allow_redirects=False,
        skip_auto_headers=("Accept",),
    ) as response:
        body: Any = await response.read()
        if response.headers.get("Content-Type", "").startswith("application/json") and body:
            body = json.loads(body)
        return Answer(response.status, response.headers, body)


def _complaint(target: Target, answer: Answer) -> str | None:
    """What is wrong with the answer to strange input."""
    if answer.status >= 500:
        return f"{answer.status} {answer.body!r:.200}"
    if target.route.surface is Surface.MEDIA:
        return None  # files: nobody reads their errors
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    if answer.status >= 400 and target.method != "HEAD" and not isinstance(error, str):
        return f"{answer.status} without an error in words: {answer.body!r:.200}"
    return None


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_strange_input(stage: Stage, attack: Attack) -> None:
    chance = random.Random(attack.__name__)
    person = await stage.person("amina")
    owner = await stage.owner("olga")
    post = await person.write("Bonjour #lunch", poll={"options": ["a", "b"], "expires_in": 600})
    ids = (post["id"], person.id, "0", "x", "9" * 19, "%ff", "%00", "%2e%2e", "é" * 9, "a%2Fb")
    targets = all_targets(stage, surfaces=SURFACES)
    assert len(targets) > 200
    assert sum(target.is_for_staff for target in targets) > 50
    wrong, codes, by_staff = [], set(), set()
    for target in targets:
        for _ in range(ROUNDS):
            path = target.filled(chance.choice(ids))
            options = attack(target, chance)
            sender = owner if target.is_for_staff else person
            answer = await _send(sender, target, path, options)
            (by_staff if target.is_for_staff else codes).add(answer.status)
            complaint = _complaint(target, answer)
            if complaint is not None:
                wrong.append(f"{target.name} {path} {options!r:.300}: {complaint}")
    assert not wrong, f"{len(wrong)} failures:\n" + "\n".join(wrong[:12])
    # The input does meet what must refuse it.
    assert codes & {400, 401, 413, 415, 422}, codes
    assert by_staff & {200, 404, 422}, by_staff


async def test_methods_that_an_address_does_not_have(stage: Stage) -> None:
    person = await stage.person("amina")
    wrong = []
    targets = all_targets(stage, surfaces=SURFACES)
    by_path: dict[str, set[str]] = {}
    for target in targets:
        by_path.setdefault(target.path, set()).add(target.method)
    for target in targets:
        missing = sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} - by_path[target.path])
        for method in missing[:1]:
            other = Target(method, target.path, target.route, ())
            answer = await _send(person, other, target.filled("1"), {})
            complaint = _complaint(other, answer)
            if answer.status != 405 or complaint is not None:
                wrong.append(f"{other.name}: {answer.status} {complaint}")
    assert not wrong, "\n".join(wrong[:12])
