"""Cards as typed, on the wire and as vCard."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.features.profiles.model import FIELDS, Card, Level, Skill, Station, Visibility
from fedrse.features.profiles.model_input import (
    LONGEST,
    MOST,
    read_card,
    read_visibility,
    write_card,
)
from fedrse.features.profiles.model_vcard import write_vcard
from fedrse.features.profiles.model_wire import read_document, write_document

ME, DOCUMENT = "https://lyon.corp.example/ap/u/7", "https://lyon.corp.example/ap/u/7/card"
FULL = Card(
    function="Head; of, research",
    unit="R&D",
    site="Lyon",
    manager="claire@corp.example",
    mail="amina@corp.example",
    phones=("+33 4 72 00 00 00", "0611223344"),
    room="B 214",
    hours="9-17",
    languages=("français", "English"),
    expertise=(Skill("Welding", 12), Skill("ISO 9001", None)),
    career=(Station(2011, 2019, "Foreman"), Station(2020, None, "Head"), Station(1999, 1999, "x")),
    projects=("Hydrogen",),
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_typed_and_read_again() -> None:
    typed = write_card(FULL)
    typed["career"] = typed["career"].replace("1999-1999", "1999")
    assert read_card(typed) == (FULL, {})
    assert read_card({}) == (Card(), {})


@pytest.mark.parametrize(
    ("line", "skill"),
    [
        ("Welding, 12", Skill("Welding", 12)),
        ("Soudage TIG : 8 ans", Skill("Soudage TIG", 8)),
        ("ISO 9001", Skill("ISO 9001", None)),
        ("C++", Skill("C++", None)),
        ("Python; 3", Skill("Python", 3)),
    ],
)
def test_skills(line: str, skill: Skill) -> None:
    assert read_card({"expertise": line})[0].expertise == (skill,)


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("mail", "no address", "not_mail"),
        ("mail", "javascript:alert(1)@x", "not_mail"),
        ("phones", "+33 1\ncall me", "not_phone"),
        ("manager", "Claire", "not_handle"),
        ("expertise", "Welding, 99", "not_years"),
        ("career", "Foreman", "not_station"),
        ("career", "2020-2010 Foreman", "not_station"),
        ("room", "x" * (LONGEST + 1), "too_long"),
        ("projects", "\n".join(map(str, range(MOST + 1))), "too_many"),
    ],
)
def test_wrong(field: str, text: str, code: str) -> None:
    card, errors = read_card({field: text, "function": "Cook"})
    assert errors == {field: code}
    assert card.function == "Cook"


def test_visibility_is_never_wider_than_asked() -> None:
    known = frozenset({"nantes.test"})
    rules = read_visibility(
        {
            "mail": ("sites", ["nantes.test", "evil.test"]),
            "room": ("sites", ["evil.test"]),
            "unit": ("world", ["nantes.test"]),
            "site": ("unit", ["nantes.test"]),
        },
        known,
    )
    assert rules["mail"] == Visibility(Level.SITES, ("nantes.test",))
    assert rules["room"] == Visibility(Level.SITE)
    assert rules["unit"] == Visibility(Level.ME)
    assert rules["site"] == Visibility(Level.UNIT)
    assert set(rules) == set(FIELDS)


def test_on_the_wire_and_back() -> None:
    document = write_document(DOCUMENT, ME, FULL)
    assert read_document(document, ME) == FULL
    assert read_document(document, ME + "1") is None
    assert set(write_document(DOCUMENT, ME, Card())) == {"@context", "id", "type", "attributedTo"}


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_any_document_gives_a_card_that_can_be_shown(fields: dict[str, Any]) -> None:
    card = read_document({"type": "ContactCard", "attributedTo": ME, **fields}, ME)
    assert card is not None
    for name in FIELDS:
        value = getattr(card, name)
        texts = (value,) if isinstance(value, str) else value
        assert len(texts) <= MOST
        assert all(len(str(text)) <= LONGEST for text in texts if isinstance(text, str))
    write_vcard(card, name="x", uri=ME, page=ME)


@given(st.dictionaries(st.sampled_from(FIELDS), st.text()))
def test_any_text_can_be_typed(typed: dict[str, str]) -> None:
    card, errors = read_card(typed)
    again, _ = read_card(write_card(card))
    assert set(errors) <= set(typed)
    assert again.function == card.function
    assert again.projects == card.projects


def test_vcard() -> None:
    text = write_vcard(FULL, name="Amina Benali; PhD", uri=ME, page="https://lyon.example/@amina")
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines[:3] == ["BEGIN:VCARD", "VERSION:4.0", "FN:Amina Benali\\; PhD"]
    assert lines[-2:] == ["END:VCARD", ""]
    for line in (
        "TITLE:Head\\; of\\, research",
        "ORG:Lyon;R&D",
        "EMAIL;TYPE=work:amina@corp.example",
        "TEL;VALUE=uri;TYPE=work:tel:+33472000000",
        "TEL;VALUE=uri;TYPE=work:tel:0611223344",
        "NOTE:B 214\\, 9-17",
        "EXPERTISE:Welding",
        f"UID:{ME}",
    ):
        assert line in lines


@given(st.text(min_size=1))
def test_lines_of_a_vcard_are_short_and_whole(name: str) -> None:
    text = write_vcard(Card(), name=name, uri=ME, page=ME)
    for line in text.split("\r\n"):
        assert len(line.encode("utf-8", "surrogatepass")) <= 75
        assert "\n" not in line
        assert "\r" not in line
