"""Asks the engine of the operator, and remembers what it said.

A post leaves for nowhere but this engine, and only where the setting names one: the client that
asks may contact no other host.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

import msgspec

from fedrse.core.errors import FedrseError, Forbidden, NotFound, Unavailable
from fedrse.core.ports import Protocol
from fedrse.features.translation.model import (
    AUTOMATIC,
    UNKNOWN,
    EngineAnswer,
    Languages,
    Texts,
    Translated,
    find_language,
    from_html,
    read_languages,
)
from fedrse.net.client import FetchLimits, Response
from fedrse.net.errors import NetworkFailure

PROVIDER = "LibreTranslate"
LIMITS = FetchLimits(body=2 * 1_048_576, redirects=0, seconds=20.0)
LONGEST = 50_000  # characters of one post
MOST_REMEMBERED = 500
LANGUAGES_FOR = 600.0  # seconds
AT_ONCE = 4  # requests to the engine


class Client(Protocol):
    """Requests to the engine; implemented by ``net.client.GuardedClient``."""

    async def get(self, url: str, *, limits: FetchLimits, ask_again: bool) -> Response: ...

    async def post(
        self, url: str, body: bytes, *, headers: dict[str, str], limits: FetchLimits
    ) -> Response: ...


class Engine:
    """An engine that speaks the LibreTranslate protocol."""

    def __init__(self, client: Client, url: str, api_key: str | None) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._key = {} if api_key is None else {"api_key": api_key}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def languages(self) -> Languages:
        """What it can translate. Raises Unavailable."""
        try:
            answer = await self._client.get(f"{self._url}/languages", limits=LIMITS, ask_again=True)
            return read_languages(_body(answer))
        except (NetworkFailure, msgspec.MsgspecError) as error:
            raise _out_of_order(error) from error

    async def translate(self, texts: Texts, source: str, target: str) -> Translated:
        """Texts of a post in another language. Raises Unavailable."""
        pieces = texts.as_html()
        question = {
            "q": pieces,
            "source": AUTOMATIC if source == UNKNOWN else source,
            "target": target,
            "format": "html",
        }
        body = msgspec.json.encode(question | self._key)
        headers = {"Content-Type": "application/json"}
        try:
            async with self._turns:
                response = await self._client.post(
                    f"{self._url}/translate", body, headers=headers, limits=LIMITS
                )
            answer = msgspec.json.decode(_body(response), type=EngineAnswer)
            translated = from_html(texts, answer.translated_text)
        except (NetworkFailure, msgspec.MsgspecError, ValueError, FedrseError) as error:
            raise _out_of_order(error) from error
        if source == UNKNOWN and answer.detected_language:
            source = answer.detected_language[0].language
        return Translated(translated, source)


def _body(response: Response) -> bytes:
    if response.status != 200:
        raise ValueError(f"status {response.status}")
    return response.body


def _out_of_order(error: Exception) -> Unavailable:
    return Unavailable(
        "translation_failed", "The translation engine does not answer.", detail=str(error)
    )


class Translations:
    """Translates what may be translated."""

    def __init__(self, engine: Engine | None) -> None:
        """``engine`` None: the operator has named none."""
        self._engine = engine
        self._languages: Languages = {}
        self._known_until = 0.0
        self._remembered: OrderedDict[tuple[Texts, str, str], Translated] = OrderedDict()

    async def languages(self) -> Languages:
        """Into which languages each can be translated; empty without an engine.

        Raises Unavailable.
        """
        if self._engine is not None and time.monotonic() > self._known_until:
            self._languages = await self._engine.languages()
            self._known_until = time.monotonic() + LANGUAGES_FOR
        return self._languages

    def check(self) -> None:
        """Raises NotFound without an engine."""
        if self._engine is None:
            raise NotFound("translation_missing", "This site has no translation engine.")

    async def translate(
        self, texts: Texts, language: str | None, wish: str
    ) -> tuple[Translated, str]:
        """The texts in the language that is wished for, and its code.

        The key of what is remembered are the texts, so an edited post is translated anew. Raises
        NotFound without an engine, Forbidden for languages that it does not know, Unavailable.
        """
        self.check()
        assert self._engine is not None  # noqa: S101  (checked)
        languages = await self.languages()
        source = UNKNOWN if language is None else find_language(languages, language)
        target = find_language(languages, wish)
        if source is None or target is None or target not in languages[source]:
            raise Forbidden("not_translated", "This action is not allowed")
        if sum(map(len, texts.as_html())) > LONGEST:
            raise Forbidden("too_long_to_translate", "This action is not allowed")
        key = (texts, source, target)
        found = self._remembered.get(key)
        if found is None:
            found = await self._engine.translate(texts, source, target)
            self._remembered[key] = found
            if len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(key)
        return found, target
