"""Client API: rules, texts and statistics of the site (Mastodon API ``instance``)."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from fedrse.core.clock import Clock, to_iso
from fedrse.core.errors import NotFound, Unauthenticated
from fedrse.core.language import normalise_language
from fedrse.core.ports import Protocol
from fedrse.core.settings import Settings, ShownTo
from fedrse.features.instance.model import Week
from fedrse.features.instance.service_published import Published
from fedrse.features.instance.service_texts import SiteTexts, Terms
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.cldr import language_names


class SiteStatistics(Protocol):
    """What higher features know about the use of the site."""

    async def peer_domains(self, tx: Transaction) -> list[str]: ...

    async def weeks(self, tx: Transaction) -> list[Week]:
        """The last twelve weeks, newest first."""


class TextsApi:
    """Handlers; who is not known gets statistics only where public pages are on."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        statistics: SiteStatistics,
        texts: SiteTexts,
        rules: Published,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._clock = clock
        self._database = database
        self._statistics = statistics
        self._texts = texts

    def routes(self) -> list[Route]:
        """The addresses of this interface."""

        def get(path: str, handler: Handler, auth: Auth = Auth.PUBLIC) -> Route:
            return Route("GET", f"/api/v1/instance/{path}", handler, Surface.API, auth)

        return [
            get("peers", self.peers, Auth.OPTIONAL),
            get("activity", self.activity, Auth.OPTIONAL),
            get("rules", self.rules),
            get("domain_blocks", self.domain_blocks, Auth.OPTIONAL),
            get("extended_description", self.extended_description),
            get("languages", self.languages),
            get("privacy_policy", self.privacy_policy),
            get("terms_of_service", self.current_terms),
            get("terms_of_service/{date}", self.terms),
        ]

    def _require_reader(self, request: Request) -> None:
        if request.viewer is None and not self._settings.site.public_pages:
            raise Unauthenticated("login_required", "This method requires an authenticated user")

    async def peers(self, request: Request) -> Reply:
        """``GET /api/v1/instance/peers``: the servers that this site knows."""
        self._require_reader(request)
        return json_reply(await self._database.read(self._statistics.peer_domains))

    async def activity(self, request: Request) -> Reply:
        """``GET /api/v1/instance/activity``: numbers of twelve weeks, as text."""
        self._require_reader(request)
        weeks = await self._database.read(self._statistics.weeks)
        return json_reply(
            [
                {
                    "week": str(week.begins_at // 1000),
                    "statuses": str(week.posts),
                    "logins": str(week.people),
                    "registrations": str(week.newcomers),
                }
                for week in weeks
            ]
        )

    async def rules(self, _request: Request) -> Reply:
        """``GET /api/v1/instance/rules``."""
        return json_reply(rules_of(self._settings))

    async def domain_blocks(self, request: Request) -> Reply:
        """``GET /api/v1/instance/domain_blocks``, for whom the settings say."""
        shown = self._settings.federation.show_blocked_hosts
        if shown is ShownTo.NOBODY:
            raise NotFound
        if shown is ShownTo.PEOPLE and request.viewer is None:
            raise Unauthenticated("login_required", "This method requires an authenticated user")
        return json_reply(
            [
                {
                    "domain": rule.host,
                    "digest": rule.digest,
                    "severity": severity,
                    "comment": rule.reason,
                }
                for rule in self._rules.published(self._clock.now())
                if (severity := severity_of(rule.effects)) is not None
            ]
        )

    async def extended_description(self, _request: Request) -> Reply:
        """``GET /api/v1/instance/extended_description``: ``about.md``, else the short one."""
        text = await asyncio.to_thread(self._texts.about)
        if text is None:
            # The short description has no date: it is as old as the program that runs it.
            return json_reply({"updated_at": to_iso(0), "content": self._settings.site.description})
        return json_reply({"updated_at": to_iso(text.updated_at), "content": text.content})

    async def languages(self, _request: Request) -> Reply:
        """``GET /api/v1/instance/languages``: what posts may be written in.

        Nobody documents it, but masto.js and Mastodon.py call it.
        """
        return json_reply([{"code": code, "name": name} for code, name in _languages()])

    async def privacy_policy(self, _request: Request) -> Reply:
        """``GET /api/v1/instance/privacy_policy``. Raises NotFound where there is none."""
        text = await asyncio.to_thread(self._texts.privacy)
        if text is None:
            raise NotFound
        return json_reply({"updated_at": to_iso(text.updated_at), "content": text.content})

    async def current_terms(self, _request: Request) -> Reply:
        """``GET /api/v1/instance/terms_of_service``."""
        return json_reply(_terms(await asyncio.to_thread(self._texts.current_terms)))

    async def terms(self, request: Request) -> Reply:
        """``GET /api/v1/instance/terms_of_service/:date``."""
        return json_reply(
            _terms(await asyncio.to_thread(self._texts.terms, request.values["date"]))
        )


def rules_of(settings: Settings) -> list[dict[str, Any]]:
    """Mastodon ``Rule`` entities; their ids are their places in the list."""
    return [
        {"id": str(number), "text": text, "hint": "", "translations": {}}
        for number, text in enumerate(settings.site.rules, 1)
    ]


def _terms(terms: Terms) -> dict[str, Any]:
    entity: dict[str, Any] = {
        "effective_date": terms.effective_date,
        "effective": terms.effective,
        "content": terms.content,
    }
    if terms.succeeded_by is not None:
        entity["succeeded_by"] = terms.succeeded_by
    return entity


@cache
def _languages() -> list[tuple[str, str]]:
    """Codes of languages and their English names, by code."""
    named = language_names("en").items()
    return sorted((code, name) for code, name in named if normalise_language(code) == code)


def severity_of(effects: tuple[str, ...]) -> str | None:
    """In Mastodon's words; None for what it has no word for."""
    if "deny" in effects:
        return "suspend"
    return "silence" if "limit" in effects else None
