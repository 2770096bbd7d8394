"""Walks through lists in both directions, by the Link header and by ids."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.client_api.probe import Call, Probe, Verdict
from tests.client_api.stage import Answer

# Pages of search are cut by ids without a Link header.
WITHOUT_LINK = frozenset({"GET /api/v2/search"})
FEWEST = 3
_CUTS = frozenset({"max_id", "since_id", "min_id", "limit", "offset"})


async def walk_all(probe: Probe) -> None:
    """All endpoints that are paged by ids."""
    for verdict in probe.verdicts.values():
        endpoint = verdict.endpoint
        is_paged = "max_id" in endpoint.parameters or endpoint.path == "/api/v1/bookmarks"
        if endpoint.method == "GET" and is_paged and endpoint.name not in WITHOUT_LINK:
            await _walk(verdict)


def _items(answer: Answer) -> list[str]:
    """What identifies the items of a page, in order."""
    found: Any = answer.body
    if isinstance(found, dict):
        found = found["notification_groups"]
    return [
        str(one.get("id") or one["group_key"]) if isinstance(one, dict) else json.dumps(one)
        for one in found
    ]


async def _longest(verdict: Verdict) -> tuple[Call, list[str]] | None:
    """The call with the longest list, and the whole list."""
    best: tuple[Call, list[str]] | None = None
    for call in verdict.calls:
        if _CUTS & set(call.query) and "limit" not in call.query:
            continue
        answer = await call.again(token=call.person.token, query=call.query | {"limit": 40})
        if answer.status == 200:
            items = _items(answer)
            if best is None or len(items) > len(best[1]):
                best = call, items
    return best


async def _walk(verdict: Verdict) -> None:
    found = await _longest(verdict)
    verdict.checks.add("pages")
    if found is None or len(found[1]) < FEWEST:
        verdict.failures.append(f"pages: too few items to see: {found and found[1]}")
        return
    call, whole = found
    size = 1 if len(whole) < 8 else 3
    older, forward = await _follow(call, {**call.query, "limit": size}, "next", len(whole))
    # A whole page of 40 may be followed by more.
    if forward[: len(whole)] != whole or len(set(forward)) != len(forward):
        verdict.failures.append(f"pages: next gives {forward}, the whole is {whole}")
        return
    last = _query(older[-1])
    _, back = await _follow(call, _query_of(last), "prev", len(whole))
    upwards = forward[: len(forward) - len(_items(older[-1]))]
    if back != upwards:
        verdict.failures.append(f"pages: prev gives {back}, not {upwards}")
    await _since(verdict, call, whole, older)


def _query(answer: Answer) -> str:
    return answer.links()["prev"]


def _query_of(address: str) -> dict[str, Any]:
    return dict(parse_qs(urlsplit(address).query))


async def _follow(
    call: Call, query: dict[str, Any], relation: str, most: int
) -> tuple[list[Answer], list[str]]:
    """Pages that had items, and all items, the newest first."""
    pages: list[Answer] = []
    items: list[str] = []
    for _ in range(most + 40):
        answer = await call.again(token=call.person.token, query=query)
        found = _items(answer)
        if not found:
            break
        pages.append(answer)
        items = items + found if relation == "next" else found + items
        address = answer.links().get(relation)
        if address is None:
            break
        query = _query_of(address)
    return pages, items


async def _since(verdict: Verdict, call: Call, whole: list[str], pages: list[Answer]) -> None:
    """``since_id`` gives the newest after an id, ``min_id`` those immediately after it."""
    # The ids by which a list is cut are its own, and stand in its links.
    oldest = _query_of(_query(pages[-1]))["min_id"][0]
    for name in ("since_id", "min_id"):
        if name not in verdict.endpoint.parameters:
            continue
        query = {**call.query, "limit": 1, name: oldest}
        found = _items(await call.again(token=call.person.token, query=query))
        newer = await call.again(token=call.person.token, query={**call.query, name: oldest})
        expected = whole[:1] if name == "since_id" else _items(newer)[-1:]
        if found != expected:
            verdict.failures.append(f"pages: {name} gives {found}, not {expected}")
