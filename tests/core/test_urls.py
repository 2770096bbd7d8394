"""Addresses of other servers: what is read, what is refused, and one form for each host."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core import urls
from fedrse.core.urls import BadUrl, Origin, UrlRules

DEMO = UrlRules.of_site("http://localhost:8401", {"nantes.test": "http://127.0.0.1:8402"})


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("EXAMPLE.com", "example.com"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("bücher。example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("my_site.internal", "my_site.internal"),
        ("192.0.2.1", "192.0.2.1"),
        ("１９２.0.2.1", "192.0.2.1"),
        ("[2001:DB8:0::1]", "[2001:db8::1]"),
    ],
)
def test_each_host_has_one_form(text: str, normal: str) -> None:
    assert urls.normalise_host(text) == normal
    assert urls.normalise_host(normal) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "example.com.",
        "a..b",
        "-a.example",
        "a-.example",
        "a b",
        "a\x00b",
        "exa\tmple.com",
        "a%2e.example",
        "xn--a.example",
        "xn--",
        "a" * 64 + ".example",
        ".".join(["abcdefgh"] * 30),
        "é" * 5000,
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.01",
        "1.2.3.4.5",
        "１２７.1",
        "example.0x",
        "::1",
        "[::1%25eth0]",
        "[::1%1]",
        "[::ffff:127.0.0.1]",
        "[127.0.0.1]",
        "[::1",
        "\ud800.example",
    ],
)
def test_hosts_that_are_refused(text: str) -> None:
    with pytest.raises(BadUrl):
        urls.normalise_host(text)


def test_parts_of_an_address() -> None:
    url = urls.parse_url("HTTPS://Oslo.Corp.example:8443/ap/u/1?page=éx#main-key")
    assert url.origin == Origin("https", "oslo.corp.example", 8443)
    assert url.origin.peer == "oslo.corp.example:8443"
    assert url.target == "/ap/u/1?page=%C3%A9x"
    assert url.fragment == "main-key"
    assert url.request_url == "https://oslo.corp.example:8443/ap/u/1?page=%C3%A9x"
    assert str(urls.origin_of("https://h.example:443")) == "https://h.example"
    assert urls.parse_url("https://h.example").target == "/"
    assert urls.parse_url("https://h.example?a=1").target == "/?a=1"


def test_a_target_cannot_be_misread_on_the_wire() -> None:
    assert (
        urls.parse_url('https://h.example/<">{|}^`%2f%').target == "/%3C%22%3E%7B%7C%7D%5E%60%2f%"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/a",
        "//example.com/a",
        "https:example.com",
        "https://",
        "https:///a",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://example.com:/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:+443/",
        "https://example.com:４４３/",
        "https://a.example\\@b.example/",
        "https://a.example/\r\nHost: b.example",
        "https://a.example/ b",
        "https://a.example/\u2028",
        "https://a.example/\ud800",
        " https://a.example/",
        "javascript:alert(1)",
        "ftp://a.example/",
        "file:///etc/passwd",
        "https://[::1]x/",
        "https://a.example/" + "a" * 2048,
    ],
)
def test_addresses_that_are_refused(text: str) -> None:
    with pytest.raises(BadUrl):
        urls.split_url(text)


def test_plain_http_needs_loopback_on_both_sides() -> None:
    for target in ("http://h.example/", "http://localhost/", "http://nantes.test/"):
        with pytest.raises(BadUrl, match="https"):
            urls.parse_url(target)
        with pytest.raises(BadUrl, match="https"):
            urls.parse_url(target, UrlRules.of_site("https://lyon.corp.example", {}))
    for target in (
        "http://localhost:8402/x",
        "http://a.localhost/x",
        "http://127.9.9.9/x",
        "http://[::1]:1/x",
        "http://nantes.test/x",
        "https://h.example/x",
    ):
        assert urls.parse_url(target, DEMO).target == "/x"
    for target in ("http://h.example/x", "http://10.0.0.1/x", "http://nantes.test:81/x"):
        with pytest.raises(BadUrl, match="https"):
            urls.parse_url(target, DEMO)


def test_a_peer_becomes_an_origin() -> None:
    assert str(DEMO.origin_of_peer("localhost:8402")) == "http://localhost:8402"
    assert str(DEMO.origin_of_peer("nantes.test")) == "https://nantes.test"
    assert str(urls.HTTPS_ONLY.origin_of_peer("localhost:8402")) == "https://localhost:8402"
    tls = UrlRules.of_site("https://localhost:8401", {})
    assert str(tls.origin_of_peer("localhost:8402")) == "https://localhost:8402"
    assert urls.normalise_peer("Oslo.example:443") == "oslo.example"
    assert urls.normalise_peer("Oslo.example:80") == "oslo.example:80"
    assert urls.normalise_peer("[::1]:8401") == "[::1]:8401"
    with pytest.raises(BadUrl):
        urls.normalise_peer("oslo.example/path")


def test_base_addresses_have_no_path() -> None:
    assert str(urls.normalise_origin("https://Oslo.example/")) == "https://oslo.example"
    for text in (
        "https://o.example/a",
        "https://o.example/?",
        "https://o.example#",
        "http://o.test",
    ):
        with pytest.raises(BadUrl):
            urls.normalise_origin(text)


@given(st.data())
def test_same_origin_of_neighbours_as_the_long_way(data: st.DataObject) -> None:
    """What is alike up to the path is not taken apart."""
    start = data.draw(st.sampled_from(["https://a.example/", "http://a.example:80/", "https:///"]))
    part = st.text(st.sampled_from(list("aZ9/_.~@+-%?# :\\é\x00[")), max_size=8)
    first, second = start + data.draw(part), start + data.draw(part)

    def origin(text: str) -> urls.Origin | None:
        try:
            return urls.origin_of(text)
        except urls.BadUrl:
            return None

    expected = origin(first) is not None and origin(first) == origin(second)
    assert urls.same_origin(first, second) == expected


def test_same_origin() -> None:
    assert urls.same_origin("https://a.example/x", "https://A.example:443/y#z")
    assert not urls.same_origin("https://a.example/x", "http://a.example/x")
    assert not urls.same_origin("https://a.example/x", "https://a.example:444/x")
    assert not urls.same_origin("nonsense", "nonsense")


def test_references_are_resolved_and_still_checked() -> None:
    base = urls.parse_url("https://a.example/x/y?z")
    assert urls.join_url(base, "../w") == "https://a.example/w"
    assert urls.join_url(base, "//b.example/w") == "https://b.example/w"
    with pytest.raises(BadUrl):
        urls.join_url(base, "//[bad")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    for candidate in (text, f"https://{text}", f"https://h.example/{text}"):
        try:
            url = urls.split_url(candidate)
        except BadUrl:
            continue
        assert url.request_url.isascii()
        assert url.request_url.isprintable()
        again = urls.split_url(url.request_url)
        assert (again.origin, again.target) == (url.origin, url.target)


@given(st.text(alphabet="0123456789abcdefx.:[]%１。é-", max_size=24))
def test_normal_forms_are_stable(text: str) -> None:
    try:
        host = urls.normalise_host(text)
    except BadUrl:
        return
    assert urls.normalise_host(host) == host
    assert urls.host_address(host) is None or not host[0].isalpha()
