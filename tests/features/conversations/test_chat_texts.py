"""Names that address a message are not shown in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.html import html_to_text, sanitise
from fedrse.features.conversations.model_chats import addressed, fits, folded, without_names

NAME = (
    '<span class="h-card" translate="no"><a href="https://a.example/@bruno" class="u-url mention"'
    ' target="_blank" rel="nofollow noopener noreferrer">@<span>bruno</span></a></span>'
)
TAG = '<a href="https://a.example/tags/x" class="mention hashtag">#<span>x</span></a>'


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (f"<p>{NAME} Hello</p>", "<p>Hello</p>"),
        (f"<p>{NAME} {NAME}<br>Hello {NAME}</p>", f"<p>Hello {NAME}</p>"),
        (f"<p>{NAME}</p><p>Hello</p>", "<p>Hello</p>"),
        (f"<p>{NAME}</p>", f"<p>{NAME}</p>"),
        (f"<p>{TAG} Hello</p>", f"<p>{TAG} Hello</p>"),
        (f"{NAME}&nbsp;Hello", "Hello"),
        ("<p>Hello</p>", "<p>Hello</p>"),
    ],
)
def test_leading_names_go(html: str, shown: str) -> None:
    assert without_names(html) == shown


@given(st.lists(st.sampled_from([NAME, TAG, "<p>", "</p>", "<br>", " ", "&nbsp;", "x"])))
def test_what_is_said_never_gets_lost(parts: list[str]) -> None:
    html = sanitise("".join(parts))
    text, rest = html_to_text(html), html_to_text(without_names(html))
    assert bool(rest) == bool(text)
    assert text.endswith(rest)


def test_addressing_and_finding() -> None:
    assert addressed(["bruno", "chloe@nantes.example"], "Hi") == "@bruno @chloe@nantes.example Hi"
    assert addressed([], "Note") == "Note"
    assert fits("<p>Déjà vu</p>", [folded("DEJA"), "vu"])
    assert not fits("<p>Déjà</p>", ["deja", "vu"])
