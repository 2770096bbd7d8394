"""The form of reports."""

from __future__ import annotations

from pathlib import Path

from fedrse.core.clock import ManualClock
from fedrse.core.settings import SiteSettings
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.store.database import Transaction
from tests.features.fakes import ORIGIN
from tests.features.visitor import visitor, words
from tests.features.whole import WholeSite, whole_site

RULES = ["Be kind", "Nothing confidential"]


async def reports(whole: WholeSite) -> list[object]:
    async def unit(tx: Transaction) -> list[object]:
        return list(await whole.site.services.reports.open_reports(tx))

    return await whole.site.ground.database.read(unit)


async def test_a_post_is_reported(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    post = await bruno.post("/api/v1/statuses", status="Buy <now>", visibility="public")
    browser = await visitor(whole, amina)
    seen = await browser.open(f"/@bruno/{post['id']}")
    path = f"/report?account={bruno.id}&post={post['id']}"
    assert path.replace("&", "&amp;") in seen
    page = await browser.read(f"{path}&back=/@bruno")
    assert "Buy <now>" in page
    for _ in range(2):  # a button that is pressed twice
        where = await browser.sent(
            "/report", account=bruno.id, post=post["id"], category="spam", back="/@bruno"
        )
    assert where == f"/report/done?account={bruno.id}&back=%2F%40bruno"
    thanks = await browser.open(where)
    assert f"/people/{bruno.id}/block?back=/%40bruno" in thanks
    (report,) = await reports(whole)
    assert len(await whole.sent("Flag")) == 0, "bruno is of this site"
    assert report.category == "spam"  # type: ignore[attr-defined]
    assert report.post_uris == [post["uri"]]  # type: ignore[attr-defined]


async def test_what_is_wrong_stands_at_the_field_and_words_stay(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    cases = [
        ({}, "Choose what it is about."),
        ({"category": "nonsense"}, "Choose what it is about."),
        ({"category": "other", "comment": "  "}, "Say in a few words"),
        ({"category": "legal", "comment": "x" * 1001}, "1,000 characters are the most"),
    ]
    for fields, sentence in cases:
        status, _, page = await browser.send("/report", account=bruno.id, **fields)
        assert status == 422, fields
        assert sentence in words(page), fields
        assert fields.get("comment", "") in page
    assert await reports(whole) == []


async def test_nobody_reports_oneself_or_whom_they_do_not_see(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    for who in (amina.id, "1", "x", ""):
        await browser.open(f"/report?account={who}", 404)
        status, _, _ = await browser.send("/report", account=who, category="spam")
        assert status == 404


async def test_somebody_elsewhere_can_be_reported_to_their_site(whole: WholeSite) -> None:
    amina, remote = await whole.person("amina"), await whole.remote("nadia")
    browser = await visitor(whole, amina)
    page = await browser.read(f"/report?account={remote.id}")
    assert "Also tell those who moderate nantes.corp.example" in page
    await browser.sent("/report", account=str(remote.id), category="legal", forward="1")
    assert [flag["object"] for flag in await whole.sent("Flag")] == [[remote.uri]]


async def test_a_broken_rule_is_named(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> None:
    site = SiteSettings(base_url=ORIGIN, handle_domain="corp.example", rules=RULES)
    async with whole_site(url, tmp_path, key_pair, clock, site=site) as whole:
        amina, bruno = await whole.person("amina"), await whole.person("bruno")
        browser = await visitor(whole, amina)
        page = await browser.read(f"/report?account={bruno.id}")
        assert RULES[0] in page
        assert RULES[1] in page
        fields = {"account": bruno.id, "category": "violation"}
        status, _, page = await browser.send("/report", **fields)
        assert status == 422
        assert "Choose the rule" in words(page)
        status, _, page = await browser.send("/report", [("rules[]", "7")], **fields)
        assert status == 422, "there are two rules"
        chosen = [("rules[]", "2"), ("rules[]", "1")]
        status, _, _ = await browser.send("/report", chosen, **fields)
        assert status == 303
        (report,) = await reports(whole)
        assert report.rules == '["1", "2"]'  # type: ignore[attr-defined]
