"""Makes documented calls, remembers them, and makes them again in the ways that must fail.

What was found out is a ``Verdict`` per endpoint; ``report.py`` makes tables of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.client_api.checker import (
    Endpoint,
    Fact,
    Sightings,
    endpoints,
    entity_problems,
    problems,
)
from tests.client_api.stage import Answer, Person
from tests.client_api.watched import Watch, parameter_name

# Of these, nothing is required beyond what the router checks; their entity is not in the facts.
UNNAMED_ENTITIES = {
    "GET /api/v1/preferences": "Preferences",
    "GET /api/v1_alpha/async_refreshes/:id": "AsyncRefresh",
}
NO_ID = "1"  # older than every site


@dataclass
class Call:
    """A good call, to be made again."""

    endpoint: Endpoint
    person: Person
    values: dict[str, str]
    query: dict[str, Any]
    json: dict[str, Any] | None
    body: Callable[[], Any] | None

    async def again(
        self,
        *,
        token: str | None = None,
        values: dict[str, str] | None = None,
        query: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
    ) -> Answer:
        options: dict[str, Any] = {"query": self.query if query is None else query}
        document = self.json if json is None else json
        if document is not None:
            options["json"] = document
        elif self.body is not None:
            options["data"] = self.body()
        path = filled(self.endpoint, self.values | (values or {}))
        return await self.person.stage.answer(
            self.endpoint.method, path, token=token, check=False, **options
        )


@dataclass
class Verdict:
    """What is known of an endpoint."""

    endpoint: Endpoint
    calls: list[Call] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    checks: set[str] = field(default_factory=set)
    read: set[tuple[str, ...]] = field(default_factory=set)
    met: Sightings = field(default_factory=Sightings)

    @property
    def conforms(self) -> bool:
        return bool(self.calls) and not self.failures

    def refused(self, check: str, about: str, answer: Answer, *codes: int) -> None:
        """The answer must be one of these errors, in the shape that apps read."""
        self.checks.add(check)
        if answer.status not in codes:
            wanted = " or ".join(map(str, codes))
            text = f"{answer.status} instead of {wanted}: {answer.body!r:.150}"
        elif entity_problems(answer.body, "Error", self.met):
            text = f"{answer.status} without an error in words: {answer.body!r:.150}"
        else:
            return
        self.failures.append(f"{about}: {text}")


def filled(endpoint: Endpoint, values: dict[str, str]) -> str:
    """The path with its values."""
    return re.sub(r":(\w+)", lambda match: values[match[1]], endpoint.path)


class Probe:
    """Calls for one site."""

    def __init__(self, watch: Watch) -> None:
        self.met = Sightings()
        self.verdicts = {one.name: Verdict(one, met=self.met) for one in endpoints()}
        self._watch = watch

    async def call(
        self,
        name: str,
        person: Person,
        /,
        *,
        query: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
        body: Callable[[], Any] | None = None,
        token: str | None = "own",
        status: int | None = None,
        **values: str,
    ) -> Any:
        """A good call; its answer, compared with the facts. ``status``: another documented one."""
        verdict = self.verdicts[name]
        call = Call(verdict.endpoint, person, values, query or {}, json, body)
        self._watch.seen.clear()
        answer = await call.again(token=person.token if token == "own" else token)
        verdict.read |= self._watch.seen
        verdict.calls.append(call)
        verdict.checks.add("answer")
        wanted = {status} if status is not None else {200, 202, 206}
        if answer.status not in wanted:
            verdict.failures.append(f"{answer.status} {str(answer.body)[:200]}")
        elif answer.status < 300:
            verdict.failures += self._compared(verdict.endpoint, answer)
        else:
            verdict.failures += entity_problems(answer.body, "Error", self.met)
        return answer.body

    def _compared(self, endpoint: Endpoint, answer: Answer) -> list[str]:
        entity = UNNAMED_ENTITIES.get(endpoint.name)
        if entity == "AsyncRefresh":
            return entity_problems(answer.body["async_refresh"], entity, self.met)
        if entity is not None:
            return entity_problems(answer.body, entity, self.met)
        fact: Fact | None = endpoint.returns
        if fact is None or fact["t"] == "string":
            return []
        return problems(answer.body, fact, met=self.met)

    def remember(
        self, name: str, person: Person, query: dict[str, Any], values: dict[str, str] | None = None
    ) -> None:
        """A call that was made by other means, or would be good."""
        verdict = self.verdicts[name]
        verdict.calls.append(Call(verdict.endpoint, person, values or {}, query, None, None))
        verdict.checks.add("answer")

    def fail(self, name: str, text: str) -> None:
        self.verdicts[name].failures.append(text)

    def require(self, name: str, is_so: object, text: str) -> None:
        """A finding about the effect of a parameter."""
        self.verdicts[name].checks.add("effect")
        if not is_so:
            self.fail(name, text)


def documented_parameters(endpoint: Endpoint) -> dict[tuple[str, ...], bool]:
    """Parameters of query and body by their parts; True where required."""
    found = {}
    for text in endpoint.parameters:
        name = text.rstrip("!")
        if name.startswith(":") and not name.endswith("[]"):
            continue
        found[parameter_name(name)] = text.endswith("!")
    return found
