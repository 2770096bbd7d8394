"""Statuses are read once, and never mistaken for others."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from fedrse.core.json_pieces import JsonPieces
from fedrse.features.posts.model_drawing import Statuses

AUTHOR: dict[str, Any] = {
    "id": "7",
    "display_name": "Amina",
    "username": "amina",
    "acct": "amina",
    "avatar": "",
    "bot": False,
    "statuses_count": 1,
}


def pieces(number: int, author: dict[str, Any], ending: bytes) -> JsonPieces:
    head = (
        f'{{"id":"{number}","created_at":"2026-01-15T09:00:00.000Z","reblog":null,"poll":null,'
        '"account":'
    )
    return head.encode(), Raw(msgspec.json.encode(author)), ending


def test_the_same_pieces_are_read_once() -> None:
    known, ending = Statuses(), b',"filtered":[]}'
    one = pieces(1, AUTHOR, ending)
    first = known.of(one, AUTHOR)
    assert known.of(one, AUTHOR) is first
    assert (first["id"], first.author, first.published) == ("1", "7", 1768467600000)
    assert known.of(pieces(2, AUTHOR, ending), AUTHOR)["id"] == "2"
    assert known.of((b"".join(one),), AUTHOR) == first


def test_what_cards_show_of_an_author_matters_and_numbers_do_not() -> None:
    known, ending = Statuses(), b',"filtered":[]}'
    head, account, _ = pieces(1, AUTHOR, ending)
    first = known.of((head, account, ending), AUTHOR)
    wrote = AUTHOR | {"statuses_count": 2}
    later = Raw(msgspec.json.encode(wrote))
    assert known.of((head, later, ending), wrote) is first
    renamed = wrote | {"display_name": "Amina B."}
    third = known.of((head, Raw(msgspec.json.encode(renamed)), ending), renamed)
    assert third["account"]["display_name"] == "Amina B."
    liked = known.of((head, later, b',"filtered":[],"favourited":true}'), wrote)
    assert liked["favourited"]
    assert "favourited" not in first


def test_memory_is_bounded_and_objects_that_are_gone_are_not_mistaken() -> None:
    known, ending = Statuses(most=4), b',"filtered":[]}'
    for number in range(200):
        # Freed pieces give their place in memory to the next ones.
        assert known.of(pieces(number, AUTHOR, ending), AUTHOR)["id"] == str(number)
    assert len(known._young) + len(known._old) <= 8
