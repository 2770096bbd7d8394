"""BCP 47 tags, and the choice between texts in several languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.language import (
    choose_content,
    language_of,
    normalise_language,
    primary_language,
)


@pytest.mark.parametrize(
    ("tag", "normal"),
    [
        ("fr", "fr"),
        ("FR", "fr"),
        ("pt_br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("sr-latn", "sr-Latn"),
        ("es-419", "es-419"),
        ("de-1996", "de-1996"),
        ("ca-valencia", "ca-valencia"),
        ("zh-yue-hk", "zh-yue-HK"),
        ("en-us-u-ca-gregory", "en-US"),
        ("en-x-private", "en"),
        ("und", None),
        ("mul", None),
        ("français", None),
        ("english", None),
        ("f", None),
        ("", None),
        (None, None),
        ("fr-", None),
        ("fr\nen", None),
        ("a" * 100, None),
    ],
)
def test_normalise_language(tag: str | None, normal: str | None) -> None:
    assert normalise_language(tag) == normal


@given(st.text(alphabet="abfrxzUS019-_ é", max_size=36))
def test_the_usual_spelling_stays(tag: str) -> None:
    normal = normalise_language(tag)
    if normal is not None:
        assert normalise_language(normal) == normal
        assert primary_language(normal) == normal[: len(primary_language(normal))]


@pytest.mark.parametrize(
    ("content", "content_map", "expected"),
    [
        ("Bonjour", {"fr": "Bonjour"}, ("Bonjour", "fr")),
        ("Hello", {"fr": "Bonjour", "en_gb": "Hello"}, ("Hello", "en-GB")),
        ("Salut", {"fr": "Bonjour"}, ("Salut", None)),
        ("Salut", {}, ("Salut", None)),
        (None, {"en": "Hello", "fr": "Bonjour"}, ("Bonjour", "fr")),
        (None, {"en": "Hello", "fr-CA": "Bonjour"}, ("Bonjour", "fr-CA")),
        (None, {"nl": "Hallo", "de": "Guten Tag"}, ("Guten Tag", "de")),
        (None, {"nl": "Hallo", "en": "Hello"}, ("Hello", "en")),
        (None, {"???": "x"}, ("x", None)),
        ("", {"fr": "Bonjour"}, ("", None)),
        (None, {}, None),
    ],
)
def test_choose_content(
    content: str | None, content_map: dict[str, str], expected: tuple[str, str | None] | None
) -> None:
    assert choose_content(content, content_map, ["fr", "en"]) == expected


def test_language_of_needs_the_same_text() -> None:
    assert language_of("x", {"fr": "x", "en": "y"}) == "fr"
    assert language_of("z", {"fr": "x"}) is None
