"""The calls of a probe again, as they must not be made: no token, wrong scope, unknown, invalid."""

from __future__ import annotations

import copy
from typing import Any

from tests.client_api.checker import Endpoint
from tests.client_api.probe import (
    NO_ID,
    Call,
    Probe,
    Verdict,
    documented_parameters,
)
from tests.client_api.stage import Person
from tests.client_api.watched import Name, parameter_name

# Parameters of the path that name something which need not exist, and what is answered then.
UNKNOWN = {
    "GET /api/v1/tags/:name": (200,),  # every word can be a tag
    "POST /api/v1/tags/:name/follow": (200,),
    "POST /api/v1/tags/:name/unfollow": (200,),
    "POST /api/v1/tags/:id/feature": (200,),
    "POST /api/v1/tags/:id/unfeature": (200,),
    "GET /api/v1/timelines/tag/:hashtag": (200,),
    "DELETE /api/v1/suggestions/:account_id": (200,),  # documented so
    "GET /api/v1_alpha/async_refreshes/:id": (200,),  # what is forgotten is finished
    "GET /api/v1/annual_reports/:year/state": (200,),  # ineligible
    "GET /api/v1/accounts/:id/identity_proofs": (200,),  # nobody has any
    "POST /api/v2/notifications/:group_key/dismiss": (200,),  # it is not there then
    "DELETE /api/v1/announcements/:id/reactions/:name": (200, 404),  # it is not there then
}
# Where leaving a required parameter out is no mistake.
OPTIONAL_AFTER_ALL: dict[tuple[str, Name], str] = {
    ("POST /api/v1/statuses", ("status",)): "media or a poll instead",
    ("POST /api/v1/statuses", ("media_ids",)): "text instead",
    ("POST /api/v1/statuses", ("poll", "options")): "text instead",
    ("POST /api/v1/statuses", ("poll", "expires_in")): "text instead",
    ("PUT /api/v1/lists/:id", ("title",)): "only what is given changes",
    ("PUT /api/v2/filters/keywords/:id", ("keyword",)): "only what is given changes",
    ("DELETE /api/v1/lists/:id/accounts", ("account_ids",)): "nobody is taken off",
    ("POST /api/v1/notifications/requests/accept", ("id",)): "none is accepted",
    ("POST /api/v1/notifications/requests/dismiss", ("id",)): "none is dismissed",
}
BOOLEANS = frozenset(
    {
        *("multiple", "hide_totals", "sensitive", "reblogs", "notify", "notifications", "bot"),
        *("following", "resolve", "local", "remote", "only_media", "exclude_replies", "pinned"),
        *("exclude_reblogs", "locked", "discoverable", "hide_collections", "indexable"),
        *("show_media", "show_media_replies", "show_featured", "exclusive", "whole_word"),
        *("irreversible", "forward", "include_filtered", "with_suspended", "delete_media"),
        *("standard", "_destroy"),
    }
)
NUMBERS = frozenset({"limit", "offset", "max_id", "since_id", "min_id", "duration", "expires_in"})
CHOICES = frozenset(
    {
        *("visibility", "quote_approval_policy", "replies_policy", "filter_action", "context"),
        *("category", "policy", "for_not_following", "for_not_followers", "for_new_accounts"),
        *("for_private_mentions", "for_limited_accounts", "privacy", "quote_policy"),
        *("scheduled_at", "focus", "choices", "scope", "scopes"),
    }
)
# Values that Mastodon, too, takes for what is usual.
FORGIVEN: dict[tuple[str, Name], str] = {
    ("POST /api/v1/statuses/:id/reblog", ("visibility",)): "a boost is as visible as the person's",
    ("GET /api/v2/search", ("max_id",)): "no such post, nothing is cut off",
    ("GET /api/v2/search", ("min_id",)): "no such post, nothing is cut off",
    ("GET /api/v1/streaming/public", ("only_media",)): "as false",
    ("GET /api/v1/streaming/public/local", ("only_media",)): "as false",
    ("GET /api/v1/streaming/public/remote", ("only_media",)): "as false",
}
# Answered to visitors where public pages are on; test_endpoints.py asks where they are off.
FOR_VISITORS = frozenset({"GET /api/v1/accounts/lookup"})
# For people: first the log-in, then mistakes of the app; tests/features/access has tests of it.
PAGES = frozenset({"/oauth/authorize"})
FORGIVEN_GROUPS = frozenset({"oauth"})


async def make_worse(probe: Probe, person: Person) -> None:
    """All of it for all endpoints; what is wrong becomes a failure of the endpoint."""
    narrow = [await person.token_with("read:blocks"), await person.token_with("write:reports")]
    for verdict in probe.verdicts.values():
        if not verdict.calls:
            continue
        await _without_token(verdict)
        await _with_wrong_scope(verdict, narrow)
        await _with_unknown_ids(verdict)
        await _without_required(verdict)
        await _with_wrong_values(verdict)


async def _without_token(verdict: Verdict) -> None:
    if verdict.endpoint.auth == "public":
        return
    call = verdict.calls[0]
    if verdict.endpoint.name not in FOR_VISITORS:
        verdict.refused("no token", "no token", await call.again(), 401)
    bad = await call.again(token="x" * 43)
    verdict.refused("no token", "unknown token", bad, 401)


async def _with_wrong_scope(verdict: Verdict, narrow: list[Person]) -> None:
    scopes = verdict.endpoint.scopes
    if not scopes or verdict.endpoint.group == "oauth":
        return
    token = next(
        one.token
        for one, scope in zip(narrow, ("read:blocks", "write:reports"), strict=True)
        if not {scope, scope.partition(":")[0]} & set(scopes)
    )
    call = verdict.calls[0]
    verdict.refused("scope", "wrong scope", await call.again(token=token), 403)


async def _with_unknown_ids(verdict: Verdict) -> None:
    call = verdict.calls[-1]
    for name in call.values:
        for value in (NO_ID, "nonsense", "9" * 30):
            if name in ("name", "year", "date") and value == NO_ID:
                continue
            answer = await call.again(token=call.person.token, values={name: value})
            codes = UNKNOWN.get(verdict.endpoint.name, (404,))
            if name == "name" and verdict.endpoint.method == "PUT":
                codes = (422,)  # no emoji
            if 200 not in codes or answer.status != 200:
                codes = tuple({*codes, 404} - {200}) or (404,)
                verdict.refused("unknown id", f"{name}={value}", answer, *codes)
            verdict.checks.add("unknown id")


def _call_with(verdict: Verdict, name: Name) -> Call:
    """The last good call that has the parameter, else the first."""
    for call in reversed(verdict.calls):
        given: Any = call.json or {}
        for part in name:
            given = given[0] if isinstance(given, list) and given else given
            given = given.get(part) if isinstance(given, dict) else None
        if given is not None or any(parameter_name(one) == name for one in call.query):
            return call
    return verdict.calls[0]


async def _without_required(verdict: Verdict) -> None:
    for name, required in documented_parameters(verdict.endpoint).items():
        if not required or (verdict.endpoint.name, name) in OPTIONAL_AFTER_ALL:
            continue
        if verdict.endpoint.path in PAGES:
            continue
        call = _call_with(verdict, name)
        query = {key: one for key, one in call.query.items() if parameter_name(key) != name}
        json = _changed(call.json or {}, name, None)
        is_open = verdict.endpoint.auth == "public"
        token = None if is_open and verdict.endpoint.group == "oauth" else call.person.token
        answer = await _send(call, token, query, json)
        codes = (400, 401, 403, 404, 422) if verdict.endpoint.group == "oauth" else (400, 404, 422)
        verdict.refused("invalid", f"without {'.'.join(name)}", answer, *codes)
    if verdict.endpoint.name == "POST /api/v1/statuses":
        call = verdict.calls[0]
        answer = await _send(call, call.person.token, {}, {"visibility": "public"})
        verdict.refused("invalid", "nothing to say", answer, 422)


async def _send(call: Call, token: str | None, query: dict[str, Any], json: dict[str, Any]) -> Any:
    """Without the body, where it was a form with a file."""
    document = None if call.endpoint.method == "GET" else json
    bare = Call(call.endpoint, call.person, call.values, query, document, None)
    return await bare.again(token=token)


def _changed(given: dict[str, Any], name: Name, value: Any) -> dict[str, Any]:
    """The document with another value in that place; None takes it out."""
    document = copy.deepcopy(given)
    here: Any = document
    for part in name[:-1]:
        here = here.setdefault(part, {})
        if isinstance(here, list):
            here = here[0]
    if value is None:
        here.pop(name[-1], None)
    else:
        here[name[-1]] = value
    return document


async def _with_wrong_values(verdict: Verdict) -> None:
    endpoint = verdict.endpoint
    if endpoint.group in FORGIVEN_GROUPS:
        return
    for name in documented_parameters(endpoint):
        last = name[-1]
        if (endpoint.name, name) in FORGIVEN or not is_typed(last):
            continue
        call = _call_with(verdict, name)
        if _goes_into_query(endpoint):
            key = next((one for one in call.query if parameter_name(one) == name), last)
            answer = await _send(call, call.person.token, call.query | {key: "maybe"}, {})
        else:
            value: Any = ["maybe"] if last in ("context", "choices") else "maybe"
            wrong = _changed(call.json or {}, name, value)
            answer = await _send(call, call.person.token, call.query, wrong)
        about = f"{'.'.join(name)}=maybe"
        verdict.refused("invalid", about, answer, 400, 422)


def is_typed(name: str) -> bool:
    """Whether not everything is a value of a parameter with this name."""
    return name in BOOLEANS or name in NUMBERS or name in CHOICES


def _goes_into_query(endpoint: Endpoint) -> bool:
    return endpoint.method in ("GET", "DELETE")
