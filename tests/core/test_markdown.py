"""An author's text as HTML, plain or Markdown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.html import ContentKind, sanitise
from fedrse.core.markdown import MARKDOWN, PLAIN, MentionTarget, find_entities, render
from fedrse.core.text import Hashtag, Mention

REL = 'target="_blank" rel="nofollow noopener noreferrer"'


def person(mention: Mention) -> MentionTarget | None:
    if mention.name == "nobody":
        return None
    host = mention.host or "lyon.corp.example"
    return MentionTarget(f"https://{host}/@{mention.name}", mention.name)


def tag_page(tag: Hashtag) -> str:
    return f"https://lyon.corp.example/tags/{tag.name}"


def plain(text: str) -> str:
    return render(text, PLAIN, person, tag_page)


def markdown(text: str) -> str:
    return render(text, MARKDOWN, person, tag_page)


AMINA = (
    '<span class="h-card" translate="no"><a href="https://lyon.corp.example/@amina"'
    f' class="u-url mention" {REL}>@<span>amina</span></a></span>'
)
TRAVAIL = (
    f'<a href="https://lyon.corp.example/tags/travail" class="mention hashtag" {REL}>'
    "#<span>travail</span></a>"
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Bonjour", "<p>Bonjour</p>"),
        ("a\nb\n\n\nc\r\nd", "<p>a<br>b</p><p>c<br>d</p>"),
        ("\n\n a \n \n b", "<p> a </p><p>b</p>"),
        ("<b>&</b>", "<p>&lt;b&gt;&amp;&lt;/b&gt;</p>"),
        ("*a* # b", "<p>*a* # b</p>"),
        ("@amina #travail", f"<p>{AMINA} {TRAVAIL}</p>"),
        ("@nobody", "<p>@nobody</p>"),
        (
            "https://www.a.example/x?y=1&z",
            (
                f'<p><a href="https://www.a.example/x?y=1&amp;z" {REL}>'
                '<span class="invisible">https://www.</span><span>a.example/x?y=1&amp;z</span>'
                '<span class="invisible"></span></a></p>'
            ),
        ),
        ("", ""),
        (" \n\n ", ""),
    ],
)
def test_plain_text(text: str, html: str) -> None:
    assert plain(text) == html


def test_a_long_link_is_shortened_for_the_eye_only() -> None:
    url = "https://a.example/" + "x" * 40
    html = plain(url)
    assert f'<span class="ellipsis">a.example/{"x" * 20}</span>' in html
    assert re.sub("<[^>]+>", "", html) == url


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>"),
        ("# T\n\n- a\n- b", "<h1>T</h1>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("[x](https://a.example)", f'<p><a href="https://a.example" {REL}>x</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("<b onclick=x>", "<p>&lt;b onclick=x&gt;</p>"),
        ("@amina **#travail**", f"<p>{AMINA} <strong>{TRAVAIL}</strong></p>"),
        ("`@amina` \\#travail", "<p><code>@amina</code> #travail</p>"),
        ("[@amina](https://a.example)", f'<p><a href="https://a.example" {REL}>@amina</a></p>'),
        ("```\n#travail\n```", "<pre><code>#travail\n</code></pre>"),
        ("1 \\* 2 &amp; 3", "<p>1 * 2 &amp; 3</p>"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
        (
            "|a|b|\n|-|-|\n|1|@amina|",
            (
                "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n"
                f"<td>1</td>\n<td>{AMINA}</td>\n</tr>\n</tbody>\n</table>"
            ),
        ),
    ],
)
def test_markdown(text: str, html: str) -> None:
    assert markdown(text) == html


def names(text: str, content_type: str) -> list[str]:
    return [
        entity.name
        for entity in find_entities(text, content_type)
        if isinstance(entity, (Mention, Hashtag))
    ]


def test_entities_found_are_those_that_are_linked() -> None:
    text = "@amina `@bob` [#c](https://a.example) *#travail* \\#d"
    assert names(text, PLAIN) == ["amina", "bob", "c", "travail", "d"]
    assert names(text, MARKDOWN) == ["amina", "travail"]


PIECES = [
    *("@amina", "#travail", "https://a.example/x", "\n", "\n\n", " ", "*", "**", "_", "`"),
    *("```\n", "[", "](", ")", "!", "\\", "> ", "- ", "# ", "|", "<b>", "&lt;", "&#0;", '"'),
    *("'", "~~", "1. ", "<https://a.example>", "\t", "    "),
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=25).map("".join)


@given(TEXTS, st.sampled_from([PLAIN, MARKDOWN]))
def test_what_is_rendered_is_clean(text: str, content_type: str) -> None:
    html = render(text, content_type, person, tag_page)
    assert sanitise(html, ContentKind.ARTICLE) == html


@given(TEXTS, st.sampled_from([PLAIN, MARKDOWN]))
def test_everything_found_is_linked(text: str, content_type: str) -> None:
    html = render(text, content_type, person, tag_page)
    found = find_entities(text, content_type)
    assert html.count('class="u-url mention"') == sum(isinstance(e, Mention) for e in found)
    assert html.count('class="mention hashtag"') == sum(isinstance(e, Hashtag) for e in found)


def test_lines_of_a_file_are_not_kept() -> None:
    def html(*, keeps_lines: bool) -> str:
        return render("one\ntwo", MARKDOWN, person, tag_page, keeps_lines=keeps_lines)

    assert html(keeps_lines=True) == "<p>one<br>\ntwo</p>"
    assert html(keeps_lines=False) == "<p>one\ntwo</p>"
