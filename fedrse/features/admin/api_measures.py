"""Client API: ``admin/measures``, ``admin/dimensions`` and ``admin/retention``.

Days are days of UTC; of a moment the date counts as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from msgspec import Struct

from fedrse.core.clock import DAY, Clock, to_date, to_iso
from fedrse.core.errors import Invalid
from fedrse.core.ids import parse_id
from fedrse.core.nearest import nearest
from fedrse.core.urls import BadUrl, normalise_peer
from fedrse.features.insights.model_dimensions import Dimension, Part, size_shown
from fedrse.features.insights.model_measures import Measure, Measured, Span, span_of
from fedrse.features.insights.model_retention import Cohort, Frequency
from fedrse.features.insights.service_dimensions import Asked, parts
from fedrse.features.insights.service_measures import measured
from fedrse.features.insights.service_retention import retention
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

BASE: Final = "/api/v1/admin"
USUAL: Final = 10
LARGEST: Final = 100
USUAL_DAYS: Final = 30
LONGEST_RETENTION: Final = 3 * 366
Entity = dict[str, Any]
T = TypeVar("T", Measure, Dimension)
LanguageNames = Callable[[str], Mapping[str, str]]
"""What languages are called in one, by code."""


class TagParameter(Struct):
    """Which tag."""

    id: str = ""


class SiteParameter(Struct):
    """Which other site."""

    domain: str = ""


class MeasureParameters(Struct):
    """What is measured; each key about something has parameters of its own."""

    keys: list[str]
    start_at: str
    end_at: str
    tag_accounts: TagParameter | None = None
    tag_uses: TagParameter | None = None
    tag_servers: TagParameter | None = None
    instance_accounts: SiteParameter | None = None
    instance_media_attachments: SiteParameter | None = None
    instance_reports: SiteParameter | None = None
    instance_statuses: SiteParameter | None = None
    instance_follows: SiteParameter | None = None
    instance_followers: SiteParameter | None = None


class DimensionParameters(Struct):
    """Along what is counted."""

    keys: list[str]
    start_at: str = ""
    end_at: str = ""
    limit: int = USUAL
    tag_servers: TagParameter | None = None
    tag_languages: TagParameter | None = None
    instance_accounts: SiteParameter | None = None
    instance_languages: SiteParameter | None = None


class RetentionParameters(Struct):
    """Of which periods; what is no known frequency means days, as documented."""

    start_at: str
    end_at: str
    frequency: str


class AdminMeasuresApi:
    """Handlers; each reads in one unit on one snapshot."""

    def __init__(self, *, database: Database, clock: Clock, language_names: LanguageNames) -> None:
        self._database = database
        self._clock = clock
        self._language_names = language_names

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        return [
            _route(f"{BASE}/measures", self.measures),
            _route(f"{BASE}/dimensions", self.dimensions),
            _route(f"{BASE}/retention", self.retention),
        ]

    async def measures(self, request: Request) -> Reply:
        """``POST /api/v1/admin/measures``."""
        given = request.bind(MeasureParameters)
        span = span_of(given.start_at, given.end_at)
        asked = [(key, _about(given, key)) for key in _keys(given.keys, Measure)]

        async def unit(tx: Transaction) -> list[Entity]:
            return [_measure(key, span, await measured(tx, key, span, of)) for key, of in asked]

        return json_reply(await self._database.read(unit))

    async def dimensions(self, request: Request) -> Reply:
        """``POST /api/v1/admin/dimensions``."""
        given = request.bind(DimensionParameters)
        span, limit = self._span(given), min(max(given.limit, 1), LARGEST)
        languages = self._language_names(request.language)
        asked = [
            (key, Asked(span, limit, _about(given, key), languages))
            for key in _keys(given.keys, Dimension)
        ]

        async def unit(tx: Transaction) -> list[Entity]:
            return [
                {"key": key.value, "data": [_part(one) for one in await parts(tx, key, what)]}
                for key, what in asked
            ]

        return json_reply(await self._database.read(unit))

    async def retention(self, request: Request) -> Reply:
        """``POST /api/v1/admin/retention``."""
        given = request.bind(RetentionParameters)
        span = span_of(given.start_at, given.end_at, most=LONGEST_RETENTION)
        month = given.frequency == Frequency.MONTH
        frequency = Frequency.MONTH if month else Frequency.DAY
        found = await self._database.read(retention, span, frequency)
        return json_reply([_cohort(one, frequency) for one in found])

    def _span(self, given: DimensionParameters) -> Span:
        """What is not given is the last thirty days. Raises Invalid."""
        today = self._clock.now()
        end = given.end_at or to_date(today)
        if given.start_at:
            return span_of(given.start_at, end)
        last = span_of(end, end).last
        return Span(last - USUAL_DAYS + 1, last)


def _keys(given: list[str], known: type[T]) -> list[T]:
    """Each key once. Raises Invalid for one that does not exist."""
    if not given:
        raise Invalid("blank_parameter", "Validation failed: keys can't be blank")
    found: dict[T, None] = {}
    for name in given:
        try:
            found[known(name)] = None
        except ValueError as error:
            near = nearest(name[:100].lower(), [one.value for one in known])
            hint = f"; the nearest is {near}" if near else ""
            raise Invalid(
                "key_unknown", f"Validation failed: keys has '{name[:100]}', which is unknown{hint}"
            ) from error
    return list(found)


def _about(given: Struct, key: StrEnum) -> int | str:
    """The tag or site that a key is about. Raises Invalid where it is missing or wrong."""
    if key.startswith("tag_"):
        tag = getattr(given, key.value)
        number = parse_id(tag.id) if isinstance(tag, TagParameter) else None
        if number is None:
            raise Invalid("tag_missing", f"Validation failed: {key}[id] is not the id of a tag")
        return number
    if not key.startswith("instance_"):
        return ""
    site = getattr(given, key.value)
    try:
        return normalise_peer(site.domain.strip() if isinstance(site, SiteParameter) else "")
    except BadUrl as error:
        raise Invalid(
            "domain_invalid", f"Validation failed: {key}[domain] is not a valid domain name"
        ) from error


def _measure(key: Measure, span: Span, found: Measured) -> Entity:
    in_bytes = key is Measure.INSTANCE_MEDIA_ATTACHMENTS
    entity: Entity = {
        "key": key.value,
        "unit": "bytes" if in_bytes else None,
        "total": str(found.total),
        "previous_total": str(found.before),
        "data": [
            {"date": to_iso(day * DAY), "value": str(found.by_day.get(day, 0))} for day in span.days
        ],
    }
    return entity | ({"human_value": size_shown(found.total)} if in_bytes else {})


def _part(one: Part) -> Entity:
    entity = {"key": one.key, "human_key": one.name, "value": one.value}
    if one.unit:
        entity["unit"] = one.unit
    if one.shown:
        entity["human_value"] = one.shown
    return entity


def _cohort(one: Cohort, frequency: Frequency) -> Entity:
    return {
        "period": to_iso(one.begins),
        "frequency": frequency.value,
        "data": [
            {"date": to_iso(point.begins), "rate": point.rate, "value": str(point.people)}
            for point in one.points
        ],
    }


def _route(path: str, handler: Handler) -> Route:
    return Route(
        "POST",
        path,
        handler,
        Surface.API,
        Auth.USER,
        scopes=("admin:read",),
        right=Right.VIEW_DASHBOARD,
    )
