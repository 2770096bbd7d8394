"""Pure rules about what clients send: addresses, cookies, preferences, entity tags, scopes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import BadRequest
from fedrse.core.paging import Page, parse_page
from fedrse.http.addresses import ClientAddresses, limit_key
from fedrse.http.conditional import conditional, entity_tag, matches
from fedrse.http.negotiate import choose_language, prefers_activity
from fedrse.http.paging import link_header
from fedrse.http.principal import any_scope_allows, scope_allows
from fedrse.http.reply import Reply
from fedrse.http.sessions import Cookies, read_cookie

TRUSTED = ["10.0.0.0/8", "::1"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("1.2.3.4", None, "1.2.3.4"),
        ("1.2.3.4", "5.6.7.8", "1.2.3.4"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "5.6.7.8", "5.6.7.8"),
        ("10.0.0.1", "9.9.9.9, 5.6.7.8", "5.6.7.8"),
        ("10.0.0.1", "9.9.9.9, 5.6.7.8, 10.2.3.4", "5.6.7.8"),
        ("10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("10.0.0.1", "5.6.7.8:443", "5.6.7.8"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "::ffff:5.6.7.8", "5.6.7.8"),
        ("::ffff:10.0.0.1", "5.6.7.8", "5.6.7.8"),
        ("::ffff:1.2.3.4", "5.6.7.8", "1.2.3.4"),
        ("10.0.0.1", "5.6.7.8, unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::1", "5.6.7.8", "5.6.7.8"),
        (None, None, "unix"),
        (None, "5.6.7.8", "5.6.7.8"),
    ],
)
def test_the_client_behind_proxies(peer: str | None, forwarded: str | None, address: str) -> None:
    assert ClientAddresses(TRUSTED).of(peer, forwarded) == address


@given(st.text(max_size=60))
def test_no_forwarded_header_breaks_it(header: str) -> None:
    assert ClientAddresses(TRUSTED).of("10.0.0.1", header)


def test_limits_count_networks_of_ipv6() -> None:
    assert limit_key("2001:db8:1:2:3::4") == limit_key("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert limit_key("1.2.3.4") == "1.2.3.4"
    assert limit_key("unix") == "unix"
    assert limit_key("no:address") == "no:address"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("application/json", False),
        ("application/activity+json", True),
        ("APPLICATION/ACTIVITY+JSON", True),
        ("application/activity+json, application/ld+json", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/ld+json", True),
        ('application/json; profile="https://www.w3.org/ns/activitystreams"', True),
        ('text/html, application/json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/json; charset=utf-8", False),
        ("application/activity+json, */*", True),
        ("application/activity+json, text/html;q=0.1", True),
        ("text/html, application/activity+json;q=0.9", False),
        ("application/activity+json;q=0", False),
        ("application/activity+json;q=x", False),
    ],
)
def test_who_prefers_activitypub(accept: str | None, *, expected: bool) -> None:
    assert prefers_activity(accept) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA, en;q=0.5", "fr"),
        ("de, en;q=0.5, fr;q=0.7", "fr"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("fr;q=nan", "en"),
        ("*", "en"),
        ("fr;q=", "en"),
    ],
)
def test_the_best_language(header: str | None, expected: str) -> None:
    assert choose_language(header, ("en", "fr"), "en") == expected


@given(st.text(max_size=200))
def test_no_accept_header_breaks_negotiation(header: str) -> None:
    assert prefers_activity(header) in (True, False)
    assert choose_language(header, ("en", "fr"), "fr") in ("en", "fr")


def test_entity_tags() -> None:
    tag = entity_tag(b"x")
    assert tag != entity_tag(b"y")
    assert matches(tag, tag)
    assert matches("*", tag)
    assert matches(f'"other", {tag.removeprefix("W/")}', tag)
    assert not matches('"other"', tag)
    assert not matches(None, tag)
    assert not matches("", tag)


def test_a_known_version_is_not_sent_again() -> None:
    reply = conditional(None, Reply(b"x", headers={"Cache-Control": "no-cache", "Link": "y"}))
    assert (reply.status, reply.body) == (200, b"x")
    again = conditional(reply.headers["ETag"], Reply(b"x", headers={"Link": "y"}))
    assert (again.status, again.body, again.headers) == (304, b"", {"ETag": reply.headers["ETag"]})
    missing = Reply(b"x", status=404)
    assert conditional("*", missing).status == 404


def test_cookies_carry_the_site() -> None:
    lyon, nantes = Cookies("http://localhost:8401"), Cookies("http://localhost:8402")
    assert lyon.session != nantes.session
    assert not lyon.session.startswith("__Host-")
    secure = Cookies("https://lyon.example")
    assert secure.session.startswith("__Host-")
    assert secure.make(secure.session, "abc", seconds=60) == (
        f"{secure.session}=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
    )
    assert lyon.make(lyon.session, "abc") == f"{lyon.session}=abc; Path=/; HttpOnly; SameSite=Lax"
    assert lyon.clear(lyon.session).endswith("Max-Age=0")


@pytest.mark.parametrize("value", ["a;b", "a b", "a\r\nb", 'a"', "é", "a,b", "a" * 5000])
def test_cookie_values_cannot_break_out(value: str) -> None:
    with pytest.raises(ValueError):
        Cookies("http://localhost").make("x", value)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("s=1", "1"),
        ("a=0; s=1; s=2", "1"),
        ('s="1"', "1"),
        ("s=", ""),
        ("s", None),
        ("xs=1", None),
        ("s=" + "1" * 5000, None),
        (None, None),
    ],
)
def test_cookies_are_read(header: str | None, value: str | None) -> None:
    assert read_cookie(header, "s") == value


@pytest.mark.parametrize(
    ("granted", "needed", "expected"),
    [
        ("read", "read", True),
        ("read", "read:statuses", True),
        ("read:statuses", "read:statuses", True),
        ("read:statuses", "read", False),
        ("read:statuses", "read:accounts", False),
        ("write", "read:statuses", False),
        ("reading", "read:statuses", False),
        ("follow", "write:follows", True),
        ("follow", "read:blocks", True),
        ("follow", "write:statuses", False),
        ("read", "admin:read", False),
        ("admin:read", "admin:read:accounts", True),
        ("admin:read:accounts", "admin:read", False),
        ("admin", "admin:write:accounts", True),
        ("write push", "push", True),
    ],
)
def test_broad_scopes_imply_their_children(granted: str, needed: str, *, expected: bool) -> None:
    assert scope_allows(frozenset(granted.split()), needed) is expected


def test_one_of_several_scopes_is_enough() -> None:
    assert any_scope_allows(frozenset({"profile"}), ("profile", "read:accounts"))
    assert any_scope_allows(frozenset(), ())
    assert not any_scope_allows(frozenset({"write"}), ("profile", "read:accounts"))


@pytest.mark.parametrize(
    ("values", "page"),
    [
        ({}, Page(20)),
        ({"limit": "5", "max_id": "9"}, Page(5, max_id=9)),
        ({"limit": "500"}, Page(40)),
        ({"limit": "0"}, Page(1)),
        ({"limit": "", "max_id": ""}, Page(20)),
        ({"limit": 7, "min_id": 3, "since_id": "2"}, Page(7, since_id=2, min_id=3)),
    ],
)
def test_pages(values: dict[str, object], page: Page) -> None:
    assert parse_page(values) == page


def test_the_lower_bound_of_a_page() -> None:
    assert Page(since_id=2, min_id=3).after == 3
    assert Page(since_id=2).after == 2
    assert Page(max_id=2).after is None
    assert Page(min_id=3).ascending
    assert not Page(since_id=3).ascending


@pytest.mark.parametrize(
    "values",
    [{"limit": "x"}, {"max_id": "-1"}, {"min_id": "1" * 30}, {"since_id": ["1"]}, {"limit": "²"}],
)
def test_pages_that_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        parse_page(values)


def test_links() -> None:
    page = Page(30, max_id=50)
    link = link_header("https://a/x", page, newest=40, oldest=10, query_string="max_id=50&a=<>,é")
    assert link == (
        '<https://a/x?a=%3C%3E,%C3%A9&limit=30&max_id=10>; rel="next", '
        '<https://a/x?a=%3C%3E,%C3%A9&limit=30&min_id=40>; rel="prev"'
    )
    assert link_header("https://a/x", page, newest=40, oldest=10, more=False) == (
        '<https://a/x?limit=30&min_id=40>; rel="prev"'
    )
    assert link_header("https://a/x", page, newest=None, oldest=None) is None

    def with_tags(count: int) -> str | None:
        query = "&".join(["any[]=tag"] * count)
        return link_header("https://a/x", page, newest=40, oldest=10, query_string=query)

    whole = with_tags(150)
    assert whole is not None
    assert whole.count("tag") == 300
    assert with_tags(900) is None  # rather than a header that programs refuse to read


@given(st.text(max_size=60))
def test_no_query_breaks_out_of_a_link(query: str) -> None:
    link = link_header("https://a/x", Page(1), newest=1, oldest=1, more=False, query_string=query)
    assert link is not None
    assert link.isascii()
    assert (link.count("<"), link.count(">"), link.count('"')) == (1, 1, 2)
    assert not any(character.isspace() for character in link.partition(">")[0])
