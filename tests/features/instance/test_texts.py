"""Texts of the operator, and who may see what the instance API tells."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import fedrse.features
from fedrse.core.clock import ManualClock
from fedrse.core.errors import NotFound
from fedrse.core.settings import (
    FederationMode,
    FederationSettings,
    NetworkSettings,
    Settings,
    ShownTo,
    SiteSettings,
)
from fedrse.features.accounts import service_texts
from fedrse.features.instance.api import ACCOUNT_LIMITS
from fedrse.features.instance.api_texts import TextsApi
from fedrse.features.instance.model import Week
from fedrse.features.instance.pages import SitePages
from fedrse.features.instance.pages_blocked import BlockedPage
from fedrse.features.instance.service_texts import SiteTexts
from fedrse.features.policy.model import Effect, Match, Rule, State
from fedrse.features.policy.service import Border
from fedrse.features.policy.service_published import PublishedRules, published_of
from fedrse.features.posts.service_marks import MOST_PINS
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer, feature_templates
from tests.features.surface import surface

FEATURES = Path(fedrse.features.__path__[0])


class Statistics:
    async def peer_domains(self, tx: Transaction) -> list[str]:
        del tx
        return ["nantes.example"]

    async def weeks(self, tx: Transaction) -> list[Week]:
        del tx
        return [Week(1_768_176_000_000, 5, 4, 3)]


def test_limits_that_apps_are_told() -> None:
    assert ACCOUNT_LIMITS["max_display_name_length"] == service_texts.LONGEST_NAME
    assert ACCOUNT_LIMITS["max_note_length"] == service_texts.LONGEST_NOTE
    assert ACCOUNT_LIMITS["profile_field_name_limit"] == service_texts.LONGEST_FIELD
    assert ACCOUNT_LIMITS["max_profile_fields"] == service_texts.MOST_FIELDS
    assert ACCOUNT_LIMITS["max_pinned_statuses"] == MOST_PINS


def test_terms(tmp_path: Path, clock: ManualClock) -> None:
    texts = SiteTexts(tmp_path, clock)
    assert texts.about() is None
    with pytest.raises(NotFound):
        texts.current_terms()
    (tmp_path / "terms-2025-03-01.md").write_text("old")
    (tmp_path / "terms-2026-01-01.md").write_text("**now**<script>alert(1)</script>")
    (tmp_path / "terms-2026-02-01.md").write_text("soon")
    (tmp_path / "terms-2026-99-99.md").write_text("never")
    now = texts.current_terms()
    assert (now.effective_date, now.effective, now.succeeded_by) == (
        "2026-01-01",
        True,
        "2026-02-01",
    )
    assert "<strong>now</strong>" in now.content
    assert "<script" not in now.content
    soon = texts.terms("2026-02-01")
    assert (soon.effective, soon.succeeded_by) == (False, None)
    for day in ("2026-99-99", "2024-01-01", "../about"):
        with pytest.raises(NotFound):
            texts.terms(day)


async def test_who_may_see_what(
    database: Database, settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    def api(shown: ShownTo, **site: Any) -> TextsApi:
        changed = replace(
            settings,
            site=replace(settings.site, rules=["Be kind."], **site),
            federation=FederationSettings(blocked_hosts=["spam.example"], show_blocked_hosts=shown),
        )
        return TextsApi(
            settings=changed,
            database=database,
            statistics=Statistics(),
            texts=SiteTexts(tmp_path, clock),
            rules=PublishedRules(Border(settings=changed, clock=clock)),
            clock=clock,
        )

    base = "/api/v1/instance"
    async with surface(api(ShownTo.PEOPLE).routes(), clock=clock) as site:
        for path in ("peers", "activity", "domain_blocks"):
            status, _, body = await site.call("GET", f"{base}/{path}")
            assert status == 401, body
        assert await site.get(f"{base}/peers", 7) == ["nantes.example"]
        assert await site.get(f"{base}/activity", 7) == [
            {"week": "1768176000", "statuses": "5", "logins": "4", "registrations": "3"}
        ]
        (block,) = await site.get(f"{base}/domain_blocks", 7)
        assert block["domain"] == "spam.example"
        assert len(block["digest"]) == 64
        assert (await site.get(f"{base}/rules"))[0]["text"] == "Be kind."
        languages = await site.get(f"{base}/languages")
        assert {"code": "fr", "name": "French"} in languages
        assert "und" not in [one["code"] for one in languages]
        status, _, _ = await site.call("GET", f"{base}/privacy_policy")
        assert status == 404
    async with surface(api(ShownTo.NOBODY, public_pages=True).routes(), clock=clock) as site:
        assert (await site.call("GET", f"{base}/domain_blocks", 7))[0] == 404
        assert await site.get(f"{base}/peers") == ["nantes.example"]
    async with surface(api(ShownTo.EVERYBODY).routes(), clock=clock) as site:
        assert len(await site.get(f"{base}/domain_blocks")) == 1


async def test_pages_about_the_site(settings: Settings, clock: ManualClock, tmp_path: Path) -> None:
    settings = replace(
        settings,
        site=replace(settings.site, rules=["Be <kind>."], public_pages=True),
        network=NetworkSettings(members=["https://nantes.example", "https://lyon.example"]),
        federation=FederationSettings(
            mode=FederationMode.OPEN,
            blocked_hosts=["spam.example"],
            show_blocked_hosts=ShownTo.EVERYBODY,
        ),
    )
    border = Border(settings=settings, clock=clock)
    renderer = Renderer(settings, feature_templates=feature_templates(FEATURES), clock=clock)

    async def names(hosts: Collection[str]) -> dict[str, str]:
        assert set(hosts) == {"nantes.example", "lyon.example"}
        return {"nantes.example": "Alméa Nantes"}

    pages = SitePages(
        settings=settings,
        texts=SiteTexts(tmp_path, clock),
        renderer=renderer,
        names=names,
        blocked=BlockedPage(
            settings=settings, rules=PublishedRules(border), renderer=renderer, clock=clock
        ),
    )

    async with surface(pages.routes(), clock=clock) as site:

        async def page(path: str) -> tuple[int, str]:
            status, _, body = await site.call("GET", path, headers={"Accept": "text/html"})
            return status, body.decode()

        status, about = await page("/about")
        assert status == 200
        assert "<li>Be &lt;kind&gt;.</li>" in about
        assert '<a href="https://nantes.example">Alméa Nantes</a>' in about
        assert '<a href="https://lyon.example">lyon.example</a></li>' in about, "no name is known"
        assert about.index("Alméa Nantes") < about.index("lyon.example"), "in order of names"
        assert "/privacy-policy" not in about, "there is none"
        assert "/charter" not in about
        for path in ("/charter", "/privacy-policy", "/terms-of-service"):
            assert (await page(path))[0] == 401, "as all that visitors do not find"
        (tmp_path / "privacy.md").write_text("# All\n\nof\nit <script>alert(1)</script>")
        (tmp_path / "terms-2026-01-01.md").write_text("Now")
        (tmp_path / "charter.md").write_text("Together *here*")
        _, about = await page("/about")
        assert 'href="/privacy-policy"' in about
        assert 'href="/terms-of-service"' in about
        assert 'href="/charter"' in about
        assert "<p>Together <em>here</em></p>" in (await page("/charter"))[1]
        status, privacy = await page("/privacy-policy")
        assert status == 200
        assert privacy.count("<h1") == 1, "the title of the page"
        assert "<h2>All</h2>" in privacy
        assert "<p>of\nit" in privacy
        assert "<script>alert" not in privacy
        assert "<p>Now</p>" in (await page("/terms-of-service"))[1]
        assert 'href="/about/blocked"' in about
        assert ">spam.example</p>" in (await page("/about/blocked"))[1]


def test_what_is_told_about_rules(clock: ManualClock) -> None:
    """Those about whole sites that are in force, with what is hidden hidden."""
    settings = Settings(
        site=SiteSettings(base_url="https://lyon.corp.example"),
        federation=FederationSettings(blocked_hosts=["old.example"]),
    )
    border = Border(settings=settings, clock=clock)
    told = PublishedRules(border)
    assert [one.host for one in told.published(0)] == ["old.example"]
    about = partial(Rule, private_reason="secret")
    rules = [
        about(id=1, match=Match(hosts=("hidden.example",)), effect=Effect.DENY, obfuscate=True),
        about(id=2, match=Match(hosts=("loud.example",)), effect=Effect.LIMIT, reason="Loud"),
        about(id=3, match=Match(hosts=("loud.example",)), effect=Effect.STRIP_MEDIA),
        about(id=4, match=Match(hosts=("late.example",)), effect=Effect.DENY, starts_at=50),
        about(id=5, match=Match(hosts=("a.example",)), effect=Effect.DENY, state=State.DRAFT),
        about(id=6, match=Match(hosts=("b.example",)), effect=Effect.ALLOW),
        about(id=7, match=Match(hosts=("c.example",), types=("Note",)), effect=Effect.DENY),
    ]
    found = published_of(border.with_rules(rules, version=1).rules, 0)
    assert [(one.host, one.effects, one.reason) for one in found] == [
        ("hid***.****ple", ("deny",), ""),
        ("loud.example", ("limit", "strip_media"), "Loud"),
        ("old.example", ("deny",), ""),
    ]
    later = published_of(border.with_rules(rules).rules, 50)
    assert "late.example" in [one.host for one in later]
