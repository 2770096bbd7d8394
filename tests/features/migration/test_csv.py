"""Files of other servers, and what people make of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import Invalid
from fedrse.features.migration.model import MOST_ROWS, Entry, Kind, read_csv, write_csv

FOLLOWS = (
    "\ufeffAccount address,Show boosts,Notify on new posts,Languages\r\n"
    'zoe@nantes.corp.example,false,true,"fr, en"\r\n'
    "\r\n"
    "@amina@corp.example,true,false,\r\n"
)


def test_follows() -> None:
    assert read_csv(Kind.FOLLOWING, FOLLOWS.encode()) == [
        Entry("zoe@nantes.corp.example", boosts=False, notify=True, languages=("fr", "en")),
        Entry("amina@corp.example"),
    ]
    assert read_csv(Kind.FOLLOWING, b"zoe@a.example\nzoe@a.example\n") == [Entry("zoe@a.example")]


@pytest.mark.parametrize(
    ("kind", "text", "entries"),
    [
        (Kind.BLOCKING, "zoe@a.example\nben", [Entry("zoe@a.example"), Entry("ben")]),
        (
            Kind.MUTING,
            "Account address,Hide notifications\nzoe@a.example,false\nben@a.example,\n",
            [Entry("zoe@a.example", notifications=False), Entry("ben@a.example")],
        ),
        (Kind.DOMAIN_BLOCKING, "#domain,#severity\na.example,x\n", [Entry("a.example")]),
        (
            Kind.BOOKMARKS,
            "https://a.example/1\nnot an address\n",
            [Entry("https://a.example/1")],
        ),
        (
            Kind.LISTS,
            'Friends,zoe@a.example\n"Of, work",ben@a.example\nempty\n,x@a.example\n',
            [Entry("zoe@a.example", title="Friends"), Entry("ben@a.example", title="Of, work")],
        ),
    ],
)
def test_other_files(kind: Kind, text: str, entries: list[Entry]) -> None:
    assert read_csv(kind, text.encode()) == entries


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"Account address\n",
        b"\xff\xfe\x00",
        b"a b@c\n",
        b"x\n" * (MOST_ROWS + 1),
        b'"' + b"x" * 200_000,
    ],
)
def test_what_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match="Validation failed: Data"):
        read_csv(Kind.FOLLOWING, content)


@given(st.sampled_from(Kind), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_bytes_from_outside_are_read_or_refused(kind: Kind, content: bytes) -> None:
    try:
        entries = read_csv(kind, content)
    except Invalid:
        return
    assert entries
    assert len(set(entries)) == len(entries)


@given(st.lists(st.from_regex(r"[a-z_]{1,9}@[a-z]{1,9}\.example", fullmatch=True), min_size=1))
def test_what_is_written_is_read_again(handles: list[str]) -> None:
    rows = [(handle, "false", "true", "fr") for handle in handles]
    read = read_csv(Kind.FOLLOWING, write_csv(Kind.FOLLOWING, rows))
    assert [entry.what for entry in read] == list(dict.fromkeys(handles))
    assert {(entry.boosts, entry.notify, entry.languages) for entry in read} == {
        (False, True, ("fr",))
    }
