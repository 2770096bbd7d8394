"""What is typed becomes values, and values what is drawn."""

from __future__ import annotations

import re
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import Invalid
from fedrse.features.posts.model import Draft
from fedrse.features.posts.model_form import ComposeForm, form_of, local_of, moment_of, read_focus
from fedrse.features.posts.model_quoted import focus_classes
from tests.features.posts.writer import PARIS


@given(st.text(max_size=40))
def test_any_text_is_a_focus_or_none(text: str) -> None:
    found = read_focus(text)
    assert found is None or all(-1 <= part <= 1 for part in found)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        moment = moment_of(text, PARIS)
    except Invalid:
        return
    assert isinstance(moment, int)


@given(st.datetimes(*map(datetime.fromisoformat, ("2000-01-01", "2100-01-01"))))
def test_moments_come_back(moment: datetime) -> None:
    text = moment.strftime("%Y-%m-%dT%H:%M")
    shown = local_of(moment_of(text, PARIS), PARIS)
    # The hour that summer time leaves out does not exist.
    assert shown == text or (moment.month == 3 and moment.day >= 25)


words = st.text(max_size=20)


@given(
    text=words,
    options=st.lists(words.filter(str.strip), max_size=10),
    multiple=st.booleans(),
    markdown=st.booleans(),
    media=st.lists(st.integers(1, 2**60), max_size=4, unique=True),
)
def test_a_form_survives_being_a_draft(
    text: str, options: list[str], media: list[int], *, multiple: bool, markdown: bool
) -> None:
    form = ComposeForm(
        text=text,
        markdown=markdown,
        options=tuple(options) or ("", "", "", ""),
        poll_multiple=multiple and bool(options),
        media=tuple(media),
        key="k",
    )
    draft = form.draft(None)
    assert isinstance(draft, Draft)
    again = form_of(draft, "k")
    assert [one for one in again.options if one] == options
    assert (again.text, again.markdown, again.media) == (text, markdown, tuple(media))
    assert again.poll_multiple == form.poll_multiple


numbers = st.none() | st.floats(-1, 1)


@given(x=numbers, y=numbers)
def test_every_focus_is_a_place(x: float | None, y: float | None) -> None:
    classes = focus_classes({"focus": {"x": x, "y": y}})
    assert re.fullmatch(r"|focus-x[0-4] focus-y[0-4]", classes)


def test_places_of_a_focus() -> None:
    assert focus_classes(None) == ""
    assert focus_classes({"focus": {"x": 0, "y": 0}}) == ""
    assert focus_classes({"focus": {"x": -1, "y": 1}}) == "focus-x0 focus-y0"
    assert focus_classes({"focus": {"x": 0.5, "y": -0.8}}) == "focus-x3 focus-y4"
