"""HTML of other people: made harmless once, on the way in; and text out of HTML.

What stays is the set that Mastodon shows (``sanitize_config``), with headings and ``div``; an
``Article`` keeps tables, figures and the like too (FEP-b2b8). Links open apart, tell the other
site nothing and have a scheme from a list. Images are never kept: they would tell the reader's
address to a stranger.

The HTML standard's parser repairs broken nesting by copying elements, so a few kilobytes can become
gigabytes. ``rebuild_cost`` bounds that before parsing; what costs too much is shown as plain text.
"""

from __future__ import annotations

import html as html_escapes
import re
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from fedrse.core.errors import TooLarge
from fedrse.core.html_cost import is_affordable, word_set
from fedrse.core.text import clean_text
from fedrse.core.urls import MAX_URL_LENGTH

if TYPE_CHECKING:
    import nh3

MAX_HTML_LENGTH = 500_000
"""Characters of the longest HTML that is read."""

MAX_GROWTH = 10
"""Clean HTML may be so many times as long: attributes are added to links."""

LINK_SCHEMES = word_set(
    "http https mailto tel xmpp sip matrix dat dweb ipfs ipns ssb gopher magnet gemini"
)
LINK_RELATION = "nofollow noopener noreferrer"

_NOTE_TAGS = word_set(
    "p br span a del s pre code b strong u i em ul ol li blockquote ruby rt rp"
    " h1 h2 h3 h4 h5 h6 div"
)
_ARTICLE_TAGS = _NOTE_TAGS | word_set(
    "hr table caption thead tbody tfoot tr th td figure figcaption sup sub dl dt dd details summary"
    " kbd samp var mark small abbr cite q ins time"
)
_NOTE_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "class", "translate", "hreflang"},
    "span": {"class", "translate"},
    "p": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
_ARTICLE_ATTRIBUTES = _NOTE_ATTRIBUTES | {
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "abbr": {"title"},
    "time": {"datetime"},
}
# Elements whose content is code, a fallback or a drawing, and never something to read.
_CONTENT_GOES = word_set(
    "script style svg template iframe noembed noframes noscript object embed title textarea select"
    " audio video canvas"
)
_CLASSES = frozenset({"mention", "hashtag", "ellipsis", "invisible", "quote-inline"})
_MICROFORMAT = re.compile(r"(?:h|p|u|dt|e)-[a-z0-9-]{1,40}")

_BLOCKS = word_set("p div blockquote pre li ul ol tr h1 h2 h3 h4 h5 h6 figcaption dt dd")
_ANY_TAG = re.compile(r"<[^>]*>?")
# Paragraphs of text with line breaks: what most posts are, and what no cleaning changes.
_PLAIN = re.compile(r"(?:<p>[^<>&\xa0]*(?:<br>[^<>&\xa0]*)*</p>)+")
_WHITE_SPACE = re.compile(r"[ \t\r\n\f]+")
_MANY_LINES = re.compile(r" *\n[ \n]*\n *")
_LINE_EDGES = re.compile(r" *\n *")


class ContentKind(Enum):
    """How much HTML an object may keep."""

    NOTE = "note"
    ARTICLE = "article"


def _filter_attribute(_tag: str, name: str, value: str) -> str | None:
    if name == "class":
        kept = [word for word in value.split() if word in _CLASSES or _MICROFORMAT.fullmatch(word)]
        return " ".join(kept) or None
    if name == "translate":
        return value if value == "no" else None
    return value if len(value) <= MAX_URL_LENGTH else None


@cache
def _cleaner(kind: ContentKind) -> nh3.Cleaner:
    import nh3  # noqa: PLC0415  (two megabytes that a site without HTML does not need)

    article = kind is ContentKind.ARTICLE
    return nh3.Cleaner(
        tags=set(_ARTICLE_TAGS if article else _NOTE_TAGS),
        attributes=_ARTICLE_ATTRIBUTES if article else _NOTE_ATTRIBUTES,
        clean_content_tags=set(_CONTENT_GOES),
        attribute_filter=_filter_attribute,
        link_rel=LINK_RELATION,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes=set(LINK_SCHEMES),
        url_relative="deny",
    )


@cache
def _text_cleaner() -> nh3.Cleaner:
    import nh3  # noqa: PLC0415  (as above)

    return nh3.Cleaner(
        tags=set(_BLOCKS | {"br"}), attributes={}, clean_content_tags=set(_CONTENT_GOES)
    )


def sanitise(html: str, kind: ContentKind = ContentKind.NOTE) -> str:
    """HTML that can be stored and shown to anybody.

    Raises TooLarge beyond ``MAX_HTML_LENGTH``.
    """
    html = _bounded(html)
    if "<" not in html and "&" not in html:
        return escape(html)
    if _PLAIN.fullmatch(html):
        return html
    if is_affordable(html):
        # Once more: a reference such as &#1; becomes a control character only in the parser.
        clean = clean_text(_cleaner(kind).clean(html))
        if len(clean) <= MAX_GROWTH * len(html) + 1000:
            return clean
    return plain_paragraphs(_ANY_TAG.sub(" ", html))


def html_to_text(html: str) -> str:
    """The readable text: paragraphs apart by an empty line, lines by a line break.

    For search, notifications, titles; of clean or unclean HTML. Raises TooLarge beyond
    ``MAX_HTML_LENGTH``.
    """
    html = _bounded(html)
    if not is_affordable(html):
        html = _ANY_TAG.sub(" ", html)
    elif "<" in html or "&" in html:
        return clean_text(_blocks_to_lines(html)).strip()
    return _WHITE_SPACE.sub(" ", html).strip()


def excerpt(text: str, length: int) -> str:
    """The beginning of a text on one line, at most ``length`` characters, cut between words."""
    line = " ".join(text[: length * 8 + 1].split())
    if len(line) <= length and len(text) <= length * 8:
        return line
    if len(line) < length:
        return f"{line}…"
    start, space, _ = line[:length].rpartition(" ")
    # A single long word is cut where it has to be.
    return f"{start if space and len(start) > length // 2 else line[: length - 1]}…"


def escape(text: str) -> str:
    """Text as HTML content, as the standard writes it: parsing and writing changes nothing."""
    return html_escapes.escape(text, quote=False).replace("\xa0", "&nbsp;")


def escape_attribute(text: str) -> str:
    """Text as the value of an attribute in double quotes."""
    return escape(text).replace('"', "&quot;")


def plain_paragraphs(text: str) -> str:
    """Plain text as HTML: paragraphs at empty lines, ``<br>`` at line breaks."""
    paragraphs = _MANY_LINES.split(text.strip())
    escaped = (escape(paragraph) for paragraph in paragraphs if paragraph)
    return "".join(f"<p>{paragraph}</p>".replace("\n", "<br>") for paragraph in escaped)


def _bounded(html: str) -> str:
    if len(html) > MAX_HTML_LENGTH:
        raise TooLarge("html_too_long", f"A text has at most {MAX_HTML_LENGTH} characters of HTML.")
    return clean_text(html.replace("\r\n", "\n").replace("\r", "\n"))


def _blocks_to_lines(html: str) -> str:
    if _PLAIN.fullmatch(html):
        text = _WHITE_SPACE.sub(" ", html).replace("<br>", "\n").replace("</p><p>", "\n\n")[3:-4]
    else:
        clean = _WHITE_SPACE.sub(" ", _text_cleaner().clean(html))
        lines = re.sub(r"<br>", "\n", clean)
        lines = re.sub(r"</(?:li|tr|dt|dd)>", "\n", lines)
        lines = re.sub(r"</?(?:p|div|blockquote|pre|ul|ol|h[1-6]|figcaption)>", "\n\n", lines)
        text = html_escapes.unescape(_ANY_TAG.sub("", lines))
    if "\n" not in text:
        return text
    return _LINE_EDGES.sub("\n", _MANY_LINES.sub("\n\n", text))
