"""Mentions, hashtags, links, length and clean form of texts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedrse.core.text import (
    Hashtag,
    Link,
    Mention,
    clean_line,
    clean_text,
    count_characters,
    count_graphemes,
    extract_entities,
    fold_hashtag,
    hashtag_name,
)


def mentions(text: str) -> list[str]:
    found = [one for one in extract_entities(text) if isinstance(one, Mention)]
    return [one.name if one.host is None else f"{one.name}@{one.host}" for one in found]


def hashtags(text: str) -> list[str]:
    return [one.name for one in extract_entities(text) if isinstance(one, Hashtag)]


def links(text: str) -> list[str]:
    return [one.url for one in extract_entities(text) if isinstance(one, Link)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@amina", ["amina"]),
        ("Merci @amina, et @Bob@Nantes.Corp.Example.", ["amina", "Bob@nantes.corp.example"]),
        ("(@amina)", ["amina"]),
        ("l'@amina «@bob»", ["amina", "bob"]),
        ("@jean.pierre_m @a-b.", ["jean.pierre_m", "a-b"]),
        ("@amina@localhost:8401: bonjour", ["amina@localhost:8401"]),
        ("@amina@bücher.example", ["amina@xn--bcher-kva.example"]),
        ("@amina's", ["amina"]),
        ("@a@b.example,@c@d.example", ["a@b.example", "c@d.example"]),
        ("amina@corp.example", []),
        ("https://a.example/@amina", []),
        ("/@amina =@amina", []),
        ("@", []),
        ("@@amina", ["amina"]),
        ("@é", []),
        ("@amina@", []),
        ("@amina@1.2.3", []),
        ("@" + "a" * 65, []),
    ],
)
def test_mentions(text: str, expected: list[str]) -> None:
    assert mentions(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#Sécurité au #travail!", ["Sécurité", "travail"]),
        ("(#one) «#two» #three,#four", ["one", "two", "three", "four"]),
        ("##double #_x #x_", ["double", "_x", "x_"]),
        ("#2026 #1 #", []),
        ("#2026budget #1_2", ["2026budget", "1_2"]),
        ("#한국어 #日本語・東京 #हिन्दी #العربية", ["한국어", "日本語・東京", "हिन्दी", "العربية"]),
        ("#l·l #l·", ["l·l", "l"]),
        ("#a-b #c.d #e/f", ["a", "c", "e"]),
        ("x#no é#no /#no =#no )#no 1#no", []),
        ("_#yes", ["yes"]),
        ("https://a.example/#no", []),
        ("#https://a.example", []),
        ("#️⃣ 1️⃣", []),
        ("#" + "a" * 101, []),
    ],
)
def test_hashtags(text: str, expected: list[str]) -> None:
    assert hashtags(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://a.example.", ["https://a.example"]),
        ("HTTP://A.example/X?y=1&z=2#f, then", ["HTTP://A.example/X?y=1&z=2#f"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("https://a.example/x_(y)", ["https://a.example/x_(y)"]),
        ("(https://a.example/x_(y))!", ["https://a.example/x_(y)"]),
        ("«https://a.example/é»", ["https://a.example/é"]),
        ('<a href="https://a.example/x">', ["https://a.example/x"]),
        ("http://localhost:8401/@amina", ["http://localhost:8401/@amina"]),
        ("https://bücher.example/x", ["https://bücher.example/x"]),
        ("https:// https:///x https://?x", []),
        ("javascript:alert(1) ftp://a.example mailto:a@b.example", []),
        ("xhttps://a.example @https://a.example", []),
        ("https://user:secret@a.example/", []),
        ("https://a.example:99999/", []),
        ("https://0x7f.1/", []),
    ],
)
def test_links(text: str, expected: list[str]) -> None:
    assert links(text) == expected


PIECES = [
    *("@", "#", "https://", "a.example", "/", ".", ")", "(", " ", "\n", ":", "_", "-", "amina"),
    *("é", "1", "@a@b.example", "#x", "<", '"', "\u200d", "\ufe0f", "हि"),
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=30).map("".join)


@given(TEXTS)
@example("@a@b.example#x")
@example("https://a.example/@a#b")
def test_entities_are_apart_and_in_place(text: str) -> None:
    position = 0
    for entity in extract_entities(text):
        assert position <= entity.start < entity.end <= len(text)
        position = entity.end
        piece = text[entity.start : entity.end]
        match entity:
            case Link(url=url):
                assert piece == url
            case Hashtag(name=name):
                assert piece == f"#{name}"
                assert hashtag_name(piece) == name
            case Mention(name=name):
                assert piece.startswith(f"@{name}")


@given(TEXTS)
def test_length_never_exceeds_what_is_written(text: str) -> None:
    """Only links may count more than they have characters: 23 each."""
    assert 0 <= count_characters(text) <= len(text) + 23 * len(links(text))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Bonjour", 7),
        ("été", 3),
        (unicodedata.normalize("NFD", "été"), 3),
        ("https://a.example/" + "x" * 200, 23),
        ("see http://a.example.", 4 + 23 + 1),
        ("@amina@nantes.corp.example ok", 9),
        ("@amina ok", 9),
        ("#tag", 4),
        ("👩‍👩‍👧‍👦 🇫🇷🇧🇪 👍🏽 ❤️", 8),
        ("a\r\nb", 3),
        ("각" + unicodedata.normalize("NFD", "각"), 2),
        ("", 0),
    ],
)
def test_length_as_apps_count(text: str, length: int) -> None:
    assert count_characters(text) == length


@given(st.text(st.characters(max_codepoint=127)))
def test_both_ways_of_counting_agree_on_ascii(text: str) -> None:
    assert count_graphemes(text) == count_graphemes(text + "é") - 1


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Sécurité", "securite"),
        ("SECURITE", "securite"),
        ("ＲＥＵＮＩＯＮ", "reunion"),
        ("Straße", "strasse"),
        ("Ørsted", "orsted"),
        ("İstanbul", "istanbul"),
        ("Ελλάδα", "ελλάδα"),
        ("ﾃｽﾄ", "テスト"),
        ("ガ", "ガ"),
        ("हिन्दी", "हिन्दी"),
        ("2026_Budget", "2026_budget"),
    ],
)
def test_fold_hashtag(name: str, folded: str) -> None:
    assert fold_hashtag(name) == folded


@given(st.text(max_size=20))
@example("ǅ\u0345")
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold_hashtag(fold_hashtag(name)) == fold_hashtag(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [("#Été", "Été"), ("Été", "Été"), (" #x ", "x"), ("#a b", None), ("#1", None), ("", None)],
)
def test_hashtag_of_another_server(text: str, name: str | None) -> None:
    assert hashtag_name(text) == name


@given(st.text(st.characters()))
def test_clean_text_can_be_kept(text: str) -> None:
    clean = clean_text(text)
    clean.encode("utf-8")
    assert "\x00" not in clean
    assert clean_text(clean) == clean


@given(st.text(st.characters()), st.integers(1, 30))
def test_a_clean_line_is_one_line(text: str, length: int) -> None:
    line = clean_line(text, length)
    assert len(line) <= length
    assert line == " ".join(line.split())
    assert clean_line(line, length) == line


def test_a_name_cannot_turn_the_direction() -> None:
    assert clean_line("  Amina\u202e  evil\n\x00name ", 50) == "Amina evil name"
