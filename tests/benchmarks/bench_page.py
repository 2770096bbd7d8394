"""The home page in a browser: what it weighs without media, and how many are drawn per second.

Ten readers in turn ask as browsers do, compressed, while somebody whom all of them read writes a
post every 100 ms; once more without compression.
"""

from __future__ import annotations

import gzip
import re
import statistics
from typing import NamedTuple
from urllib.parse import urljoin

from tests.benchmarks.bench_home import news
from tests.benchmarks.measure import Yardstick, check, load, report, request_bytes, yardstick
from tests.benchmarks.stage import Stage, make_stage
from tests.sites.browser import Browser
from tests.sites.person import PASSWORD, Person
from tests.sites.web import Answer, request

POSTS = 10_000
SECONDS = 1.5
ROUNDS = 4
SIGNED_IN = 10  # readers in turn
KILOBYTE = 1000
AS_BROWSERS = {"Accept-Encoding": "gzip, deflate, br, zstd"}
_NEEDED = re.compile(
    r'<link rel="(?:stylesheet|manifest|icon)" href="([^"]+)"'
    r'|<script type="module" src="([^"]+)"'
    r'|<use href="([^"#]+)#'
)
_IMPORTED = re.compile(r'\bfrom "([^"]+\.js)"|\bimport "([^"]+\.js)"')
_AVATAR = re.compile(r"/static/avatar\.")


class Weight(NamedTuple):
    """Bytes on the wire of all that a browser fetches for a page, as the site compresses them."""

    requests: int
    total: int
    script: int


def weigh(address: str, cookies: dict[str, str]) -> Weight:
    """Follows what the page and its scripts name; pictures of posts and people are not counted."""
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = {"Cookie": cookie, "Accept": "text/html", "Accept-Language": "en"} | AS_BROWSERS
    page = request(address, headers=headers)
    sizes, waiting = {address: len(page.body)}, _named(_NEEDED, _text(page))
    script = 0
    while waiting:
        path = waiting.pop()
        if urljoin(address, path) in sizes or _AVATAR.match(path):
            continue
        answer = request(urljoin(address, path), headers={"Cookie": cookie} | AS_BROWSERS)
        if not answer.ok:
            raise RuntimeError(f"{path}: {answer.status}")
        sizes[urljoin(address, path)] = len(answer.body)
        if path.endswith(".js"):
            script += len(answer.body)
            waiting |= _named(_IMPORTED, _text(answer))
    return Weight(len(sizes), sum(sizes.values()), script)


def _text(answer: Answer) -> str:
    packed = answer.headers.get("content-encoding") == "gzip"
    return (gzip.decompress(answer.body) if packed else answer.body).decode()


def _named(pattern: re.Pattern[str], text: str) -> set[str]:
    return {next(filter(None, found)) for found in pattern.findall(text)}


def sign_in(stage: Stage, reader: Person) -> Browser:
    """A browser in which somebody is signed in."""
    browser = Browser(stage.site.base_url)
    browser.open("/auth/sign_in")
    form = browser.form("name", "password")
    answer = browser.submit(form, name=reader.username, password=PASSWORD)
    if not answer.ok or "data-key" not in browser.html:
        raise RuntimeError(f"not the home page: {answer}")
    return browser


def rate(
    stage: Stage, browsers: list[Browser], bare: Yardstick, accepted: dict[str, str]
) -> tuple[float, float, float]:
    """Pages per second of processor time and by the clock, and bytes of each."""
    requests = []
    for browser in browsers:
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        headers = {"Cookie": cookie, "Accept": "text/html", "Accept-Language": "en"} | accepted
        requests.append(request_bytes("GET", "/", headers))
    load(stage.site.port, requests, seconds=1)
    used, rates, count, size = 0.0, [], 0, 0
    for _ in range(ROUNDS):
        bare.look()
        with news(stage):
            before = stage.cpu
            result = load(stage.site.port, requests, seconds=SECONDS)
            used += stage.cpu - before
        check(result)
        rates.append(result["rate"])
        count += result["count"]
        size += result["bytes"]
    return count / used, statistics.fmean(rates), size / count


def main() -> None:
    """Prints the figures."""
    with make_stage(POSTS) as stage, stage.serving(), yardstick() as bare:
        browsers = [sign_in(stage, reader) for reader in stage.readers[:SIGNED_IN]]
        weight = weigh(stage.site.base_url + "/", browsers[0].cookies)
        report("page_weight", weight.total / KILOBYTE, "kB", 80, 1, higher=False)
        report("page_requests", weight.requests, "requests", 12, 1, higher=False)
        report("page_script", weight.script / KILOBYTE, "kB", 40, 1, higher=False)
        for name, accepted in (("page_home", AS_BROWSERS), ("page_home_plain", {})):
            per_cpu, by_clock, size = rate(stage, browsers, bare, accepted)
            more = {"rate": by_clock, "bare_rate": bare.rate, "bytes": size}
            more["cpu_ms"] = 1000 / per_cpu
            report(name, per_cpu, "pages/s of CPU", bare.per_cpu, 0.05, **more)


if __name__ == "__main__":
    main()
