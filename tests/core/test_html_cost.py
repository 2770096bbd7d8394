"""The estimate of what a parser builds is never below what it really builds."""

from __future__ import annotations

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.html_cost import MAX_REBUILD_COST, is_affordable, rebuild_cost

TAGS = {"p", "b", "i", "a", "div", "span", "ul", "li", "table", "tr", "td", "button", "select"}


def test_ordinary_html_costs_little() -> None:
    html = '<p>Bonjour <b>à <i>tous</i></b> <a href="https://a.example">ici</a></p>' * 100
    assert rebuild_cost(html) < len(html)


def test_nesting_costs_its_square() -> None:
    assert rebuild_cost("<div>" * 100) == 5 * 99 * 100 // 2


@pytest.mark.parametrize(
    "hidden",
    [
        "<b id=1><!--</b>-->",
        "<b id=1><i title='</b>'></i>",
        '<b id=1><i x=a" y="></b>"></i>',
        "<b id=1><textarea></b></textarea>",
        "<textarea><!--</textarea><b id=1>--></textarea>",
        "<div><table></div></table>",
        "<b id=1><!x </b>",
        "<b id=1><?x </b>",
        "<b id=1><svg><![CDATA[</b>]]></svg>",
        "<b id=1></b<i></i>",
        "<b id=1><style><!--</style></b>--></style>",
        "<b id=1><title></b></title>",
    ],
)
def test_no_closing_tag_is_believed_that_a_parser_does_not_see(hidden: str) -> None:
    assert not is_affordable((hidden + "<p>") * 3_000)


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "<b id=1>",
                    "<b id=2>",
                    "</b>",
                    "<i>",
                    "</i>",
                    "<a href=x>",
                    "</a>",
                    "<p>",
                    "</p>",
                ),
                *(
                    "<div>",
                    "</div>",
                    "<ul>",
                    "<li>",
                    "</ul>",
                    "<table>",
                    "</table>",
                    "<td>",
                    "</td>",
                ),
                *("<!--", "-->", "x", "<button>", "</button>", "<span title='</b>'>", "</span>"),
                *("<select>", "</select>", "<title>", "</title>", "<textarea>", "</textarea>", "<"),
            ]
        ),
        max_size=60,
    )
)
def test_the_estimate_covers_what_is_built(pieces: list[str]) -> None:
    html = "".join(pieces)
    built = nh3.clean(html, tags=TAGS, attributes={"b": {"id"}}, link_rel=None)
    # Each tag of the source is written once with its end; what goes beyond was copied.
    written_once = 4 * len(html) + 50
    assert len(built) <= written_once + 4 * rebuild_cost(html)


def test_the_bound_is_what_it_says() -> None:
    assert is_affordable("<div>" * 1_000)
    assert rebuild_cost("<div>" * 2_000) > MAX_REBUILD_COST
    assert not is_affordable("<div>" * 2_000)


def test_references_are_not_for_nothing() -> None:
    """Parsers copy the text so far at each of them."""
    listing = "if a &lt; b &amp;&amp; c:\n" * 4_000
    assert is_affordable(f"<pre>{listing}</pre>")
    assert not is_affordable("&" * 100_000)
    assert not is_affordable("&amp;" * 50_000)
    assert not is_affordable("&" * 15_000 + "x" * 400_000)


@given(st.text(alphabet="<>/!-pbdiv \"'=a", max_size=200))
def test_any_text_has_a_cost(text: str) -> None:
    assert rebuild_cost(text) >= 0
