"""Pages over a real socket: language, escaping, policy, errors, static files."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import pytest

from fedrse.core.settings import Settings
from fedrse.http.csrf import check_token
from fedrse.web.assets import Assets
from fedrse.web.environments import TEMPLATES
from fedrse.web.renderer import Renderer, feature_templates
from fedrse.web.views import Person

VOID = {"br", "hr", "img", "input", "link", "meta", "source"}


class WellFormed(HTMLParser):
    """Checks that elements are closed in order and that ids and their references fit."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: set[str] = set()
        self.images_without_text = 0
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert len(values) == len(attrs), f"an attribute twice in {tag}"
        if tag not in VOID:
            self.open.append(tag)
        if identifier := values.get("id"):
            self.ids.append(identifier)
        for name in ("for", "aria-describedby", "aria-labelledby"):
            self.references.update((values.get(name) or "").split())
        if tag == "img" and "alt" not in values:
            self.images_without_text += 1

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, tag


async def test_the_showcase_is_well_formed_and_escaped(browser: Any) -> None:
    for signed_in in (True, False):
        status, headers, text = await browser.get("/showcase", signed_in=signed_in)
        assert status == 200
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        page = WellFormed(text)
        assert len(page.ids) == len(set(page.ids))
        assert page.references <= set(page.ids)
        assert page.images_without_text == 0
        assert "<b>Info</b>" not in text
        assert "&lt;b&gt;Info&lt;/b&gt;" in text
        assert "Lyon &amp; Cie" in text
        assert text.count("<h1") == 1
        assert 'href="#main"' in text


async def test_the_style_page_shows_every_macro(browser: Any) -> None:
    status, _, text = await browser.get("/style", signed_in=True)
    assert status == 200
    page = WellFormed(text)
    assert len(page.ids) == len(set(page.ids))
    assert page.references <= set(page.ids)
    assert (await browser.get("/style"))[0] == 401
    macros = (TEMPLATES / "macros" / "ui.html").read_text()
    shown = ("style.html", "base.html", "appearance.html", "macros/posts.html", "macros/shell.html")
    source = "".join((TEMPLATES / name).read_text() for name in shown)
    for name in re.findall(r"{% macro ([a-z]\w*)\(", macros):
        assert f"ui.{name}(" in source, name


async def test_the_language_follows_the_person_then_the_browser_then_the_site(
    browser: Any,
) -> None:
    _, _, text = await browser.get("/showcase", Accept_Language="en")
    assert '<html lang="en">' in text
    assert "Shared by Amina Benali" in text
    _, _, text = await browser.get("/showcase", Accept_Language="de")
    assert '<html lang="fr">' in text
    assert "Partagé par Amina Benali" in text
    _, _, text = await browser.get("/showcase", signed_in=True, Accept_Language="en")
    assert '<html lang="fr">' in text


async def test_navigation_is_for_people_who_signed_in(browser: Any) -> None:
    _, _, text = await browser.get("/showcase", signed_in=True)
    assert 'aria-current="page"' in text
    assert 'class="account-link"' in text
    tokens = re.findall(r'name="csrf_token" value="([^"]+)"', text)
    assert tokens
    for token in tokens:
        check_token("c" * 32, token)
    _, headers, text = await browser.get("/showcase")
    assert "main-navigation" not in text
    assert "/auth/sign_in" in text
    assert "Set-Cookie" in headers  # the token of its forms


@pytest.mark.parametrize(
    ("code", "language", "status", "sentence"),
    [
        ("404", "en", 404, "There is nothing here"),
        ("409", "en", 409, "An &lt;sentence&gt; nobody translated"),
        ("422", "en", 422, "Go back, reload the page and try again."),
        ("429", "en", 429, "Please wait a moment"),
        ("500", "en", 500, "Something went wrong on our side"),
    ],
)
async def test_error_pages(
    showcase: Any, browser: Any, code: str, language: str, status: int, sentence: str
) -> None:
    answered, headers, text = await browser.get(
        f"/error/{code}", signed_in=code == "404", Accept_Language=language
    )
    assert answered == status
    WellFormed(text)
    if code == "404":  # the session reads French
        assert "Il n’y a rien ici" in text
    else:
        assert sentence in text
    assert "internal secret" not in text
    assert (headers["X-Request-Id"] in text) == (status == 500)
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_an_address_without_a_page_says_so_to_whoever_asks(browser: Any) -> None:
    answered, _, text = await browser.get("/nothing/here", signed_in=True, Accept_Language="en")
    assert answered == 404
    assert "Il n’y a rien ici" in text, "the session reads French"
    assert 'action="/search"' in text
    answered, _, text = await browser.get("/nothing/here", Accept_Language="en")
    assert answered == 404
    assert "There is nothing here" in text
    assert 'action="/search"' not in text, "visitors cannot search"


async def test_french_error_pages_have_no_english(browser: Any) -> None:
    _, _, text = await browser.get("/error/409", Accept_Language="fr")
    assert "Cela n’a pas fonctionné" in text
    assert "nobody translated" not in text
    _, _, text = await browser.get("/error/422", Accept_Language="fr")
    assert "Ce formulaire a expiré" in text
    assert "Revenez en arrière, rechargez la page" in text


async def test_visitors_are_asked_to_sign_in(browser: Any) -> None:
    status, _, text = await browser.get("/error/404?a=1&b=<x>", Accept_Language="fr")
    assert status == 401
    assert "Connectez-vous pour continuer" in text
    assert "Cette page est réservée aux membres de Lyon &amp; Cie." in text
    assert "/auth/sign_in?next=/error/404%3Fa%3D1%26b%3D%3Cx%3E" in text.replace(
        "%253Cx%253E", "%3Cx%3E"
    )
    WellFormed(text)


async def test_everything_a_page_links_to_is_served(browser: Any) -> None:
    _, _, text = await browser.get("/showcase", signed_in=True)
    paths = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
    assert len(paths) == 5
    for path in paths:
        status, headers, _ = await browser.get(path)
        assert status == 200
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    kinds = {path.rpartition(".")[2] for path in paths}
    assert kinds == {"css", "js", "svg"}


async def test_static_files_are_compressed_where_the_client_can_read_it(
    showcase: Any, browser: Any
) -> None:
    path = showcase.renderer.assets.path("fedrse.css")
    _, headers, plain = await browser.get(path, Accept_Encoding="identity")
    assert "Content-Encoding" not in headers
    assert headers["Content-Type"] == "text/css; charset=utf-8"
    _, headers, text = await browser.get(path, Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert text == plain
    assert headers["Vary"] == "Accept-Encoding"
    for wrong in ("/static/fedrse.css", "/static/../fedrse/__init__.py", "/static/", "/static/css"):
        assert (await browser.get(wrong))[0] == 404


def test_the_name_of_a_static_file_follows_its_content(tmp_path: Path) -> None:
    names = []
    for text in ("one", "two" * 1000):
        (tmp_path / "extra.js").write_text(text)
        names.append(Assets(tmp_path).path("extra.js"))
    assert names[0] != names[1]
    (tmp_path / "app.js").write_text("a second file of this name")
    with pytest.raises(ValueError, match=r"app\.js"):
        Assets(tmp_path)


async def test_compressed_bytes_are_those_of_the_file() -> None:
    assets = Assets()
    for asset in assets._assets.values():
        assert asset.compressed is None or gzip.decompress(asset.compressed) == asset.body


async def test_a_template_that_misses_a_value_fails(site_settings: Settings, browser: Any) -> None:
    renderer = Renderer(site_settings)

    class Nobody:
        language, viewer, path, principal = "fr", None, "/", None

    with pytest.raises(jinja2.UndefinedError):
        renderer.render(Nobody(), "error.html", title="x")  # type: ignore[arg-type]


def test_templates_of_features_are_found(tmp_path: Path) -> None:
    (tmp_path / "posts" / "templates").mkdir(parents=True)
    (tmp_path / "lists").mkdir()
    assert feature_templates(tmp_path) == {"posts": tmp_path / "posts" / "templates"}


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Amina Benali", "AB"),
        ("Louis de la Tour", "LT"),
        ("émile", "É"),
        ("😀", "A"),
        ("", "A"),
        ("-- x", "X"),
    ],
)
def test_initials(name: str, initials: str) -> None:
    person = Person(name=name, handle="@a@b", path="/")
    assert person.initials == initials
    assert 0 <= person.tone < 6


async def test_a_site_has_its_own_logo_and_colour(site_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "own.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' id='own'/>")
    site = msgspec.structs.replace(
        site_settings.site, accent_colour="#1d4f8a", logo=str(tmp_path / "own.svg")
    )
    assets = Assets(identity=site)
    assert assets.path(assets.logo).startswith("/static/site-logo.")
    assert "--accent: #1d4f8a;" in assets.palette.style()
    assert assets.path("fedrse.css") != Assets().path("fedrse.css")
