"""Parameters as structs, with the mistakes of clients told by name."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType, field

from fedrse.core.errors import Invalid
from fedrse.http.binding import bind
from fedrse.http.multipart import Upload
from fedrse.http.parameters import Repeated, nest, parse_urlencoded


class Poll(Struct):
    options: list[str]
    expires_in: int
    multiple: bool = False


class Field(Struct):
    name: str = ""
    value: str = ""


class NewPost(Struct):
    status: str = ""
    sensitive: bool = False
    language: str | None = None
    visibility: Literal["public", "private", "direct"] | None = None
    media_ids: list[str] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    poll: Poll | None = None
    fields_attributes: list[Field] = field(default_factory=list)
    scheduled_at: datetime | None = None
    note: str | UnsetType | None = UNSET
    locked: bool | UnsetType = UNSET
    weight: float = 1.0
    extra: dict[str, bool] = field(default_factory=dict)
    avatar: Upload | None = None


class Required(Struct):
    name: str
    inner: Poll | None = None


def from_query(query: str) -> NewPost:
    return bind(nest(parse_urlencoded(query)), NewPost)


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("sensitive=", "sensitive", False),
        ("sensitive=true", "sensitive", True),
        ("sensitive=on", "sensitive", True),
        ("sensitive=1", "sensitive", True),
        ("sensitive=0", "sensitive", False),
        ("sensitive=FALSE", "sensitive", False),
        ("sensitive=0&sensitive=1", "sensitive", True),
        ("status=", "status", ""),
        ("status=7", "status", "7"),
        ("language=", "language", ""),
        ("visibility=", "visibility", None),
        ("visibility=direct", "visibility", "direct"),
        ("media_ids[]=1&media_ids[]=2", "media_ids", ["1", "2"]),
        ("media_ids[]=", "media_ids", []),
        ("media_ids=1&media_ids=2", "media_ids", ["1", "2"]),
        ("media_ids=1", "media_ids", ["1"]),
        ("media_ids[0]=a&media_ids[10]=c&media_ids[2]=b", "media_ids", ["a", "b", "c"]),
        ("ids[]=&ids[]=3", "ids", [3]),
        ("poll=", "poll", None),
        ("poll[options][]=a&poll[options][]=b&poll[expires_in]=300&poll[multiple]=true",
         "poll", Poll(["a", "b"], 300, multiple=True)),
        ("fields_attributes[0][name]=a&fields_attributes[1][value]=b",
         "fields_attributes", [Field("a"), Field(value="b")]),
        ("fields_attributes[][name]=a&fields_attributes[][name]=b",
         "fields_attributes", [Field("a"), Field("b")]),
        ("scheduled_at=", "scheduled_at", None),
        ("note=", "note", ""),
        ("x=1", "note", UNSET),
        ("locked=", "locked", UNSET),
        ("locked=off", "locked", False),
        ("weight=0.5", "weight", 0.5),
        ("weight=", "weight", 1.0),
        ("extra[a]=1&extra[b]=", "extra", {"a": True}),
        ("avatar=", "avatar", None),
        ("unknown[deep][]=1", "status", ""),
    ],
)  # fmt: skip
def test_forms_become_typed(query: str, name: str, value: Any) -> None:
    assert getattr(from_query(query), name) == value


@pytest.mark.parametrize(
    ("values", "name", "value"),
    [
        ({"status": 12}, "status", "12"),
        ({"status": None}, "status", ""),
        ({"sensitive": None}, "sensitive", False),
        ({"sensitive": 1}, "sensitive", True),
        ({"note": None}, "note", None),
        ({"poll": {"options": [1, 2], "expires_in": "60"}}, "poll", Poll(["1", "2"], 60)),
        ({"media_ids": None}, "media_ids", []),
        ({"ids": ["-5", " 6 "]}, "ids", [-5, 6]),
    ],
)
def test_json_is_read_as_leniently(values: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(bind(values, NewPost), name) == value


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"sensitive": "perhaps"}, "sensitive is invalid"),
        ({"status": {"a": "1"}}, "status is invalid"),
        ({"status": True}, "status is invalid"),
        ({"visibility": "open"}, "visibility is invalid"),
        ({"ids": ["x"]}, "ids[0] is invalid"),
        ({"ids": ["9" * 30]}, "a number is out of range"),
        ({"ids": [2**63]}, "a number is out of range"),
        ({"poll": {"options": ["a"], "expires_in": "soon"}}, "poll[expires_in] is invalid"),
        ({"poll": {"options": ["a"]}}, "poll[expires_in] can't be blank"),
        ({"poll": "yes"}, "poll is invalid"),
        ({"scheduled_at": "tomorrow"}, "scheduled_at is invalid"),
        ({"fields_attributes": {"x": {}}}, "fields_attributes is invalid"),
        ({"avatar": "x"}, "avatar is invalid"),
    ],
)
def test_mistakes_name_the_parameter(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        bind(values, NewPost)
    assert caught.value.message.startswith(f"Validation failed: {sentence}")
    assert "`" not in caught.value.message
    assert caught.value.status == 422


def test_a_missing_parameter_is_blank() -> None:
    with pytest.raises(Invalid) as caught:
        bind({}, Required)
    assert caught.value.code == "blank_parameter"
    assert caught.value.message == "Validation failed: name can't be blank"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, min_size=2, max_size=3).map(Repeated)
        | st.dictionaries(st.sampled_from(["0", "1", "a", "options", "name"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(NewPost.__struct_fields__), ANYTHING, max_size=5))
def test_no_parameters_break_binding(values: dict[str, Any]) -> None:
    try:
        bound = bind(values, NewPost)
    except Invalid:
        return
    assert isinstance(bound.status, str)
    assert all(-(2**63) <= number < 2**63 for number in bound.ids)
