"""What pages with posts weigh without media: bytes on the wire, requests, scripts."""

from __future__ import annotations

from tests.benchmarks.bench_page import weigh
from tests.sites.site import Site
from tests.sites.test_pages import signed_in

POSTS = 25
MOST_BYTES = 80_000
MOST_SCRIPT = 40_000
MOST_REQUESTS = 12


def test_feeds_are_light(lyon: Site) -> None:
    person = lyon.newcomer()
    for number in range(POSTS):
        person.write(f"Bonjour {number}, avec assez de mots pour deux lignes. " * 3 + "#poids")
    cookies = signed_in(person).cookies
    for path in ("/", "/site", "/network", "/tags/poids", "/notifications"):
        weight = weigh(lyon.base_url + path, cookies)
        assert weight.total <= MOST_BYTES, (path, weight)
        assert weight.script <= MOST_SCRIPT, (path, weight)
        assert weight.requests <= MOST_REQUESTS, (path, weight)
        assert weight.requests >= 5, "style, scripts and icons were found"
