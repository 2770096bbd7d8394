"""Every documented endpoint: it exists, asks for the right token, has CORS and HEAD."""

from __future__ import annotations

import re
import sys
from collections import Counter

import pytest

from fedrse.http.router import Router
from tests.client_api.checker import Endpoint, endpoints, problems
from tests.client_api.not_built import GONE, NOT_BUILT
from tests.client_api.stage import Answer, Person, Stage

# Anonymous readers get nothing here unless public pages are on (docs/client-api.md).
STREAMING = "/api/v1/streaming/"


def _shape(path: str) -> str:
    """A path whose parameters have no names."""
    return re.sub(r":\w+|\{\w+\}", "{}", path)


def _built(stage: Stage) -> list[Endpoint]:
    """The documented endpoints that have a route of their own."""
    router, found = Router(stage.site.frame.routes), []
    for one in endpoints():
        route = router.find(one.filled())
        if route is None or one.method not in route[0].routes:
            continue
        if _shape(route[0].path) == _shape(one.path):
            found.append(one)
    return found


def test_all_are_built_but_those_that_are_listed(stage: Stage) -> None:
    built = {one.name for one in _built(stage)}
    documented = {one.name for one in endpoints() if not one.deprecated}
    groups = Counter(one.group for one in endpoints() if not one.deprecated)
    there = Counter(one.group for one in endpoints() if not one.deprecated and one.name in built)
    for group in sorted(groups):
        # Shown by -s: the table per group.
        sys.stdout.write(f"{group:24} {there[group]:3} of {groups[group]:3}\n")
    assert documented - built == NOT_BUILT, "not_built.py must say exactly what is missing"
    deprecated = {one.name for one in endpoints() if one.deprecated}
    assert deprecated - built == GONE


async def _ask(stage: Stage, endpoint: Endpoint, method: str, token: str | None = None) -> Answer:
    return await stage.answer(method, endpoint.filled(), token=token, check=False)


async def test_without_a_token(stage: Stage) -> None:
    """401 where a token is needed, in the shape that apps read."""
    wrong = []
    for one in _built(stage):
        if one.auth == "public":
            continue
        answer = await _ask(stage, one, one.method)
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        if answer.status != 401 or not isinstance(error, str):
            wrong.append(f"{one.name}: {answer.status} {answer.body!r}")
    assert not wrong, "\n".join(wrong)


async def test_with_the_wrong_scope(stage: Stage) -> None:
    """403 for a valid token that may do something else."""
    person = await stage.person("amina")
    # Nothing documented is allowed by both.
    others = [await person.token_with("read:blocks"), await person.token_with("write:reports")]
    wrong = []
    for one in _built(stage):
        if not one.scopes or one.auth == "public":
            continue
        for token in others:
            scope = "read:blocks" if token is others[0] else "write:reports"
            if scope in one.scopes or "follow" in one.scopes:
                continue
            answer = await _ask(stage, one, one.method, token.token)
            if answer.status != 403 or "error" not in answer.body:
                wrong.append(f"{one.name} with {scope}: {answer.status} {answer.body!r}")
    assert not wrong, "\n".join(wrong)


async def test_with_the_right_scope(stage: Stage) -> None:
    """Each documented scope, alone, opens the door: what is refused then is not the token."""
    person = await stage.person("amina")
    tokens: dict[str, Person] = {}
    wrong = []
    for one in _built(stage):
        if one.path.startswith(STREAMING):
            continue
        for scope in one.scopes:
            if scope not in tokens:
                tokens[scope] = await person.token_with(scope)
            answer = await _ask(stage, one, one.method, tokens[scope].token)
            if one.name == "POST /api/v1/accounts":
                # The scope is right: nobody can register here.
                assert answer.body["error_code"] == "registrations_closed"
            elif answer.status in (401, 403, 405):
                wrong.append(f"{one.name} with {scope}: {answer.status} {answer.body!r}")
    assert not wrong, "\n".join(wrong)


async def test_preflight_and_cors(stage: Stage) -> None:
    """Web clients on another origin may call everything, and see errors, too."""
    wrong = []
    for one in _built(stage):
        answer = await _ask(stage, one, "OPTIONS")
        headers = answer.headers
        if one.path in ("/oauth/authorize", "/health"):
            continue  # a page for people, and one for monitors
        if answer.status != 204 or one.method not in headers.get("Allow", ""):
            wrong.append(f"OPTIONS {one.path}: {answer.status} {headers.get('Allow')}")
        if one.method not in headers.get("Access-Control-Allow-Methods", ""):
            wrong.append(f"OPTIONS {one.path} does not allow {one.method} from elsewhere")
        if not {"authorization", "idempotency-key", "content-type"} <= {
            name.strip().lower()
            for name in headers.get("Access-Control-Allow-Headers", "").split(",")
        }:
            wrong.append(f"OPTIONS {one.path} does not allow the headers of apps")
        if one.auth != "public":
            refused = await _ask(stage, one, one.method)
            if refused.headers.get("Access-Control-Allow-Origin") != "*":
                wrong.append(f"{one.name}: no CORS on errors")
            if "Link" not in refused.headers.get("Access-Control-Expose-Headers", ""):
                wrong.append(f"{one.name}: Link is not exposed")
    assert not wrong, "\n".join(wrong)


async def test_head(stage: Stage) -> None:
    """HEAD answers as GET does, without the body."""
    person = await stage.person("amina")
    wrong = []
    for one in _built(stage):
        if one.method != "GET" or one.path.startswith(STREAMING):
            continue
        got = await _ask(stage, one, "GET", person.token)
        head = await _ask(stage, one, "HEAD", person.token)
        if head.status != got.status or head.body:
            wrong.append(f"{one.name}: {got.status}, HEAD {head.status} {head.body!r}")
    assert not wrong, "\n".join(wrong)


async def test_entities_of_a_new_site(stage: Stage) -> None:
    """What can be read where nothing has happened yet is as documented, too."""
    person = await stage.person("amina")
    wrong = []
    for one in _built(stage):
        if one.method == "GET" and ":" not in one.path and not one.path.startswith(STREAMING):
            answer = await _ask(stage, one, "GET", person.token)
            if answer.status == 200 and one.returns is not None and one.returns["t"] != "string":
                wrong += [f"{one.name} {text}" for text in problems(answer.body, one.returns)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("identifier", ["1", "nonsense", "99999999999999999999", "%00", "é"])
async def test_unknown_ids(stage: Stage, identifier: str) -> None:
    """What is not there is 404 (or another documented 4xx), never a failure of this site."""
    person = await stage.person("amina")
    wrong = []
    for one in _built(stage):
        if ":" not in one.path or one.path.startswith(STREAMING):
            continue
        answer = await stage.answer(one.method, one.filled(identifier), token=person.token)
        if answer.status >= 500 or (answer.status >= 400 and "error" not in answer.body):
            wrong.append(f"{one.name} {identifier}: {answer.status} {answer.body!r}")
    assert not wrong, "\n".join(wrong)
