"""Posts in another language: asked of the one engine that the operator names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from fedrse.features.translation.model import EngineAnswer, Texts, from_html, read_languages
from tests.client_api.conftest import Opener
from tests.client_api.stage import Stage, free_port

KEY = "a-key"
LANGUAGES = [
    {"code": "en", "name": "English", "targets": ["en", "fr", "pt"]},
    {"code": "fr", "name": "French", "targets": ["en"]},
    {"code": "pt", "name": "Portuguese", "targets": []},
]
EMBED = '<script>alert(1)</script><img src="https://tracker.example/x.png">'


@dataclass
class Engine:
    """LibreTranslate as far as fedrse asks it; ``mood`` is what it does wrong."""

    port: int
    mood: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def languages(self, _request: web.Request) -> web.Response:
        return web.json_response(LANGUAGES)

    async def translate(self, request: web.Request) -> web.StreamResponse:
        question = await request.json()
        self.asked.append(question)
        if question["api_key"] != KEY:
            return web.json_response({"error": "Invalid API key"}, status=403)
        if self.mood == "broken":
            return web.json_response({"error": "out of memory"}, status=500)
        if self.mood == "huge":
            return web.Response(body=b"x" * 4_000_000, content_type="application/json")
        if self.mood == "redirect":
            raise web.HTTPFound("/elsewhere")
        texts = [f"{text}{EMBED} ({question['target']})" for text in question["q"]]
        answer: dict[str, Any] = {"translatedText": texts[1:] if self.mood == "few" else texts}
        if question["source"] == "auto":
            answer["detectedLanguage"] = [{"confidence": 90, "language": "fr"} for _ in texts]
        return web.json_response(answer)


@asynccontextmanager
async def engine() -> AsyncIterator[Engine]:
    """The engine on a loopback port."""
    found = Engine(free_port())
    app = web.Application()
    app.router.add_get("/languages", found.languages)
    app.router.add_post("/translate", found.translate)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", found.port).start()
    try:
        yield found
    finally:
        await runner.cleanup()


@pytest.fixture
async def translated(opener: Opener) -> AsyncIterator[tuple[Stage, Engine]]:
    async with engine() as made:
        settings = {"url": f"http://localhost:{made.port}", "api_key": KEY}
        async with opener("lyon", translation=settings) as stages:
            yield stages[0], made


def path(status: dict[str, Any]) -> str:
    return f"/api/v1/statuses/{status['id']}/translate"


async def test_everything_of_a_post(translated: tuple[Stage, Engine]) -> None:
    stage, made = translated
    me, other = await stage.people("amina", "bruno")
    post = await me.write(
        "Bonjour <b> @bruno",
        spoiler_text="repas & co",
        language="fr",
        poll={"options": ["oui", "non"], "expires_in": 3600},
    )
    found = await other.post(path(post), lang="en")
    assert "(en)" in found["content"]
    assert "&lt;b&gt;" in found["content"]
    assert not {"script", "img", "alert"} & set(found["content"].replace("<", " ").split())
    assert "tracker" not in found["content"]
    assert found["spoiler_text"] == "repas & co (en)"
    assert found["poll"] == {
        "id": post["poll"]["id"],
        "options": [{"title": "oui (en)"}, {"title": "non (en)"}],
    }
    assert (found["language"], found["detected_source_language"]) == ("en", "fr")
    assert found["provider"] == "LibreTranslate"
    assert found["media_attachments"] == []
    assert made.asked[0]["source"] == "fr"
    # Asked once; anew after an edit.
    assert await me.post(path(post), lang="en-GB") == found
    assert len(made.asked) == 1
    edit = {"status": "Bonsoir", "language": "fr"}
    await me.call("PUT", f"/api/v1/statuses/{post['id']}", json=edit)
    changed = await other.post(path(post), lang="en")
    assert "Bonsoir" in changed["content"]
    assert "poll" not in changed
    assert len(made.asked) == 2


async def test_descriptions_of_media(translated: tuple[Stage, Engine]) -> None:
    stage, _ = translated
    me = await stage.person("amina")
    media = await me.call("POST", "/api/v2/media", data=_picture())
    post = await me.write("Regardez", media_ids=[media["id"]], language="fr")
    found = await me.post(path(post))  # in the language of the reader
    expected = [{"id": media["id"], "description": "un chat & un chien (en)"}]
    assert found["media_attachments"] == expected


async def test_what_is_told(translated: tuple[Stage, Engine]) -> None:
    stage, _ = translated
    me = await stage.person("amina")
    instance = await me.get("/api/v2/instance")
    assert instance["configuration"]["translation"]["enabled"] is True
    found = await me.get("/api/v1/instance/translation_languages")
    assert found == {"en": ["fr", "pt"], "fr": ["en"], "und": ["en", "fr", "pt"]}


async def test_what_is_not_translated(translated: tuple[Stage, Engine]) -> None:
    stage, made = translated
    me, other = await stage.people("amina", "bruno")
    post = await me.write("Olá", language="pt")
    for lang in ("en", "pt", "xx", "", "?"):
        answer = await other.answer("POST", path(post), json={"lang": lang})
        assert answer.status == 403, lang
        assert answer.body["error"] == "This action is not allowed"
    for hidden in ("direct", "private"):
        letter = await me.write("Bonjour @amina", visibility=hidden, language="fr")
        wish = {"lang": "en"}
        assert (await me.answer("POST", path(letter), json=wish)).status == 403
        assert (await other.answer("POST", path(letter), json=wish)).status == 404
    site_only = await me.write("Bonjour", local_only=True, language="fr")
    assert (await other.answer("POST", path(site_only), json={"lang": "en"})).status == 403
    long = await me.write("mot " * 1200, language="fr")
    assert (await other.answer("POST", path(long), json={"lang": "en"})).status == 200
    assert [question["q"][0][:10] for question in made.asked] == ["<p>mot mot"]


@pytest.mark.parametrize("mood", ["broken", "huge", "redirect", "few"])
async def test_an_engine_out_of_order(translated: tuple[Stage, Engine], mood: str) -> None:
    stage, made = translated
    me = await stage.person("amina")
    post = await me.write("Bonjour", language="fr")
    made.mood = mood
    headers = {"Authorization": f"Bearer {me.token}"}
    address = stage.base_url + path(post)
    async with stage.client.post(address, json={"lang": "en"}, headers=headers) as answer:
        body = await answer.json()
    assert (answer.status, body["error_code"]) == (503, "translation_failed")
    made.mood = ""
    assert (await me.post(path(post), lang="en"))["language"] == "en"


def _picture() -> Any:
    import io

    from aiohttp import FormData
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 30, 30)).save(file, "PNG")
    form = FormData()
    form.add_field("file", file.getvalue(), filename="a.png", content_type="image/png")
    form.add_field("description", "un chat & un chien")
    return form


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
)
_languages = st.lists(
    st.fixed_dictionaries(
        {"code": st.text(max_size=12) | st.sampled_from(["en", "fr"])},
        optional={"targets": st.none() | st.lists(st.text(max_size=4) | st.just("en"))},
    )
)


@given(_json | _languages)
def test_any_list_of_languages(document: Any) -> None:
    try:
        found = read_languages(msgspec.json.encode(document))
    except msgspec.MsgspecError:
        return
    known = set(found) - {"und"}
    assert all(targets <= known for targets in found.values())
    assert all(code not in targets for code, targets in found.items())


@given(
    _json | st.fixed_dictionaries({"translatedText": st.lists(st.text(), min_size=3, max_size=5)})
)
def test_any_answer(document: Any) -> None:
    original = Texts("<p>a</p>", "b", ("c",), (("1", "d"),))
    try:
        answer = msgspec.json.decode(msgspec.json.encode(document), type=EngineAnswer)
        found = from_html(original, answer.translated_text)
    except (msgspec.MsgspecError, ValueError):
        return
    assert len(found.options) == len(found.descriptions) == 1
    assert "<script" not in found.content.lower()
