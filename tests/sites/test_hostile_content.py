"""Hostile messages: scripts in what is taken in must do no harm to whoever sees it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from tests.sites.browser import Browser
from tests.sites.hostile_posts import Checked, check, media, read_post, to_alice
from tests.sites.hostile_stage import Stage
from tests.sites.person import PASSWORD
from tests.sites.remote_actor import Json
from tests.sites.web import request

SCRIPTS = (
    "<script>alert(1)</script>",
    "<ScRiPt/x>alert(1)</sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src='javascript:alert(1)'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' &#106;avascript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<form action='http://evil.test'><input name=password><button>go</button></form>",
    "<style>*{display:none}</style>",
    "<p style='position:fixed;inset:0'>x</p>",
    "<link rel=stylesheet href='http://evil.test/x.css'>",
    "<meta http-equiv=refresh content='0;url=http://evil.test'>",
    "<base href='http://evil.test/'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<p onclick=alert(1) id=x class='modal-overlay'>x</p>",
    "<img src='http://evil.test/pixel.png'>",
    "<video src='http://evil.test/v' autoplay onplay=alert(1)></video>",
    '"><script>alert(1)</script>',
    "'-alert(1)-'",
    "</title><script>alert(1)</script>",
    "{{7*7}}{% raw %}${7*7}",
    "<!--<script>-->alert(1)<!--</script>-->",
    "<p>\u202egnp.tpircs\u202c</p>",
)
EVERYTHING = "".join(SCRIPTS)

POST_FIELDS: dict[str, Json] = {
    "content": {"content": EVERYTHING},
    "content map": {"content": None, "contentMap": {"en": EVERYTHING, EVERYTHING: "x"}},
    "summary": {"summary": EVERYTHING, "sensitive": True},
    "name of a note": {"name": EVERYTHING},
    "name of an article": {"type": "Article", "name": EVERYTHING, "url": "javascript:alert(1)"},
    "url": {"url": "javascript:alert(1)"},
    "url list": {
        "url": [{"type": "Link", "href": "javascript:alert(1)", "mediaType": "text/html"}]
    },
    "attachment name": {"attachment": [media(name=EVERYTHING, summary=EVERYTHING)]},
    "attachment url": {"attachment": [media(url="javascript:alert(1)")]},
    "attachment data": {"attachment": [media(url="data:text/html,<script>alert(1)</script>")]},
    "attachment type": {"attachment": [media(mediaType=EVERYTHING, blurhash=EVERYTHING)]},
    "emoji": {
        "content": ":x: :evil:",
        "tag": [
            {"type": "Emoji", "name": ":evil:", "icon": {"url": "javascript:alert(1)"}},
            {"type": "Emoji", "name": f":{SCRIPTS[0]}:", "icon": {"url": "http://evil.test/e"}},
        ],
    },
    "hashtag": {
        "tag": [
            {"type": "Hashtag", "name": f"#{SCRIPTS[0]}", "href": "javascript:alert(1)"},
            {"type": "Hashtag", "name": "#x", "href": "javascript:alert(1)"},
        ]
    },
    "mention": {"tag": [{"type": "Mention", "name": EVERYTHING, "href": "javascript:alert(1)"}]},
    "question": {
        "type": "Question",
        "oneOf": [{"type": "Note", "name": EVERYTHING}, {"type": "Note", "name": "x"}],
    },
    "language": {"contentMap": {SCRIPTS[0]: "<p>x</p>"}, "language": SCRIPTS[0]},
    "application": {
        "generator": {"type": "Application", "name": EVERYTHING, "url": "javascript:x"}
    },
    "source": {"source": {"content": EVERYTHING, "mediaType": "text/html"}},
    "location": {"type": "Event", "name": "x", "location": {"name": EVERYTHING}},
    "image": {"type": "Article", "name": "x", "image": media(url="javascript:alert(1)")},
    "preview": {"preview": {"type": "Note", "content": EVERYTHING}},
}


@pytest.fixture(scope="module")
def page(stage: Stage) -> Browser:
    """Alice's browser, signed in."""
    browser = Browser(stage.site.base_url)
    browser.open(f"{stage.site.base_url}/auth/sign_in")
    browser.submit(browser.form("password"), name=stage.alice.email, password=PASSWORD)
    return browser


class Page(HTMLParser):
    """Finds what runs or loads in a whole page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in {"iframe", "object", "embed", "base", "frame", "math", "style", "applet"}:
            self.wrong.append(tag)
        if tag == "script" and not (found.get("src") or "").startswith("/static/"):
            self.wrong.append(f"script {found}")
        for name, value in attrs:
            address = (value or "").strip().lower()
            if name.startswith("on") or (
                name in {"href", "src", "action", "data", "poster"}
                and re.sub(r"[\s\0]", "", address).startswith(
                    ("javascript:", "vbscript:", "data:t")
                )
            ):
                self.wrong.append(f"{tag} {name}={value}")

    handle_startendtag = handle_starttag


def check_page(browser: Browser, address: str) -> None:
    answer = browser.open(address)
    assert answer.status == 200, answer
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy or "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert Page(browser.html).wrong == []


@pytest.mark.parametrize("name", POST_FIELDS)
def test_script_in_a_post(stage: Stage, page: Browser, name: str) -> None:
    status = read_post(stage, stage.mallory, to_alice(stage, **POST_FIELDS[name]))
    check(status)
    for path in ("/context", "/history", "/source"):
        answer = stage.alice.answer("GET", f"/api/v1/statuses/{status['id']}{path}")
        if answer.ok:
            check(answer.json())
    check_page(page, f"{stage.site.base_url}/@{stage.mallory.handle}/{status['id']}")


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_of_each_kind(stage: Stage, script: str) -> None:
    status = read_post(stage, stage.mallory, to_alice(stage, content=f"<p>before</p>{script}after"))
    assert Checked(status["content"]).wrong == []
    assert "before" in status["content"]


PROFILE_FIELDS: dict[str, Json] = {
    "name": {"name": EVERYTHING},
    "summary": {"summary": EVERYTHING},
    "url": {"url": "javascript:alert(1)"},
    "icon": {"icon": media(url="javascript:alert(1)")},
    "image": {"image": media(url="data:image/svg+xml,<svg onload=alert(1)>")},
    "fields": {
        "attachment": [
            {"type": "PropertyValue", "name": EVERYTHING, "value": EVERYTHING},
            {"type": "PropertyValue", "name": "x", "value": "<a rel=me href=javascript:x>x</a>"},
        ]
    },
    "emoji": {
        "name": ":evil:",
        "tag": [{"type": "Emoji", "name": ":evil:", "icon": {"url": "javascript:alert(1)"}}],
    },
    "many fields": {
        "attachment": [
            {"type": "PropertyValue", "name": f"n{number}", "value": "v"} for number in range(500)
        ]
    },
    "long name": {"name": "n" * 100_000, "summary": "<p>" + "s" * 400_000},
}


@pytest.mark.parametrize("name", PROFILE_FIELDS)
def test_script_in_a_profile(stage: Stage, page: Browser, name: str) -> None:
    actor = stage.evil.newcomer("profile", **PROFILE_FIELDS[name])
    answer = actor.send(stage.site, actor.activity("Like", stage.public["uri"]))
    assert answer.status == 202
    stage.settle()
    rows = stage.site.rows(f"SELECT id FROM account WHERE uri = '{actor.uri}'")
    account = stage.alice.get(f"/api/v1/accounts/{rows[0][0]}")
    check(account)
    assert len(json.dumps(account)) < 400_000
    assert len(account["display_name"]) <= 10_000
    assert len(account["fields"]) <= 100
    check(stage.alice.notifications())
    check_page(page, f"{stage.site.base_url}/@{actor.handle}")
    actor.send(stage.site, actor.activity("Delete", actor.uri))


def test_script_in_a_report_and_a_reaction(stage: Stage) -> None:
    for activity in (
        stage.mallory.activity("Flag", [stage.bob.uri], content=EVERYTHING),
        stage.mallory.activity("Like", stage.public["uri"], content=EVERYTHING),
        stage.mallory.activity("EmojiReact", stage.public["uri"], content=SCRIPTS[0]),
        stage.mallory.activity(
            "EmojiReact",
            stage.public["uri"],
            content=":evil:",
            tag=[{"type": "Emoji", "name": ":evil:", "icon": {"url": "javascript:alert(1)"}}],
        ),
    ):
        assert stage.send(activity).status == 202
    stage.settle()
    check(stage.alice.status(stage.public["id"]))
    check(stage.alice.notifications())


def test_nothing_of_this_reaches_visitors(stage: Stage) -> None:
    """Without login there is the same sign-in page for everything."""
    page = request(f"{stage.site.base_url}/@alice", headers={"Accept": "text/html"})
    assert Page(page.text).wrong == []
    assert "<script>alert" not in page.text
