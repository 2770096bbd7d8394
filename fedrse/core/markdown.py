"""An author's text as HTML: plain text, or Markdown where the content type says so.

Both link addresses, mentions and hashtags in the shapes that Mastodon gives them, so that every
server and app recognises them. Which mention is a person, and where a tag leads, the caller says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from fedrse.core.html import LINK_RELATION, ContentKind, escape, escape_attribute, sanitise
from fedrse.core.text import Entity, Hashtag, Link, Mention, clean_text, extract_entities

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

PLAIN = "text/plain"
MARKDOWN = "text/markdown"

SHOWN_LINK_LENGTH = 30
_LINK_PREFIX = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_MAX_NESTING = 20


class MentionTarget(Struct, frozen=True):
    """Where a mention leads: the profile's address, and the name shown after the ``@``."""

    href: str
    label: str


MentionResolver = Callable[[Mention], MentionTarget | None]
"""The person behind a mention; None leaves it as text."""

HashtagResolver = Callable[[Hashtag], str]
"""The address of a hashtag's page."""


def find_entities(text: str, content_type: str = PLAIN) -> list[Entity]:
    """Mentions, hashtags and links that ``render`` will link, in order.

    In Markdown those inside code and inside links are none; there ``start`` and ``end`` count
    within the piece of text that holds them.
    """
    text = _author_text(text)
    if content_type != MARKDOWN:
        return extract_entities(text)
    return [
        entity
        for block in _parser(keeps_lines=True).parse(text)
        for piece in _text_pieces(block.children or [])
        for entity in extract_entities(piece.content)
    ]


def render(
    text: str,
    content_type: str,
    mention: MentionResolver,
    hashtag: HashtagResolver,
    *,
    keeps_lines: bool = True,
) -> str:
    """HTML of a text, clean in the sense of ``core.html.sanitise``.

    ``keeps_lines``: the end of a line is one to be seen, as people expect of posts; in a Markdown
    file it is a blank.
    """
    text = _author_text(text)
    linker = _Linker(mention, hashtag)
    if content_type != MARKDOWN:
        return linker.paragraphs(text)
    parser = _parser(keeps_lines=keeps_lines)
    blocks = parser.parse(text)
    for block in blocks:
        for piece in list(_text_pieces(block.children or [])):
            piece.type, piece.content = "html_inline", linker.line(piece.content)
        for piece in block.children or []:
            if piece.type == "text_special":
                piece.type = "text"
    html = parser.renderer.render(blocks, parser.options, {})
    return sanitise(html.strip(), ContentKind.ARTICLE)


class _Linker:
    def __init__(self, mention: MentionResolver, hashtag: HashtagResolver) -> None:
        self._mention = mention
        self._hashtag = hashtag

    def paragraphs(self, text: str) -> str:
        """Paragraphs at empty lines, ``<br>`` at line breaks."""
        parts = _EMPTY_LINES.split(text.strip("\n"))
        return "".join(
            f"<p>{self.line(part).replace(chr(10), '<br>')}</p>" for part in parts if part.strip()
        )

    def line(self, text: str) -> str:
        """Text with its entities linked."""
        pieces: list[str] = []
        position = 0
        for entity in extract_entities(text):
            pieces += [escape(text[position : entity.start]), self._entity(entity, text)]
            position = entity.end
        return "".join(pieces) + escape(text[position:])

    def _entity(self, entity: Entity, text: str) -> str:
        match entity:
            case Link():
                return _link(entity.url)
            case Hashtag():
                href = escape_attribute(self._hashtag(entity))
                name = escape(entity.name)
                return (
                    f'<a href="{href}" class="mention hashtag" target="_blank"'
                    f' rel="{LINK_RELATION}">#<span>{name}</span></a>'
                )
            case Mention():
                target = self._mention(entity)
                if target is None:
                    return escape(text[entity.start : entity.end])
                return (
                    f'<span class="h-card" translate="no"><a href="{escape_attribute(target.href)}"'
                    f' class="u-url mention" target="_blank" rel="{LINK_RELATION}">'
                    f"@<span>{escape(target.label)}</span></a></span>"
                )


def _link(url: str) -> str:
    """A link that shows host and beginning of the path; the rest is there for copying."""
    match = _LINK_PREFIX.match(url)
    prefix = match[0] if match else ""
    shown = url[len(prefix) : len(prefix) + SHOWN_LINK_LENGTH]
    rest = url[len(prefix) + SHOWN_LINK_LENGTH :]
    shown_class = ' class="ellipsis"' if rest else ""
    return (
        f'<a href="{escape_attribute(url)}" target="_blank" rel="{LINK_RELATION}">'
        f'<span class="invisible">{escape(prefix)}</span>'
        f"<span{shown_class}>{escape(shown)}</span>"
        f'<span class="invisible">{escape(rest)}</span></a>'
    )


def _author_text(text: str) -> str:
    return clean_text(text.replace("\r\n", "\n").replace("\r", "\n"))


def _text_pieces(tokens: list[Token]) -> Iterator[Token]:
    """The texts of a block that stand outside links; code is not of type text."""
    depth = 0
    for token in tokens:
        if token.type == "link_open":
            depth += 1
        elif token.type == "link_close":
            depth -= 1
        elif token.type == "text" and not depth:
            yield token


def _keep_escapes_apart(_state: StateCore) -> None:
    """Instead of joining ``\\#`` with its neighbours: an escaped sign starts no entity."""


@cache
def _parser(*, keeps_lines: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415  (60 modules that few posts need)

    parser = MarkdownIt(
        "commonmark", {"html": False, "breaks": keeps_lines, "maxNesting": _MAX_NESTING}
    ).enable(["strikethrough", "table"])
    # Pictures are attachments with a description, not links to anywhere.
    parser.disable(["image", "html_block", "html_inline"])
    parser.core.ruler.at("text_join", _keep_escapes_apart)
    return parser
