"""How much an HTML parser may have to build from a text, estimated before parsing.

The standard's algorithm (WHATWG HTML, 13.2.6.4.7 and 13.2.4.3) copies formatting elements that are
still open into each new block, and looks through all open elements at many tags. Both grow with
(what is open) x (number of tags), so that is what is counted.

The estimate must never be too low. A closing tag is believed only where this scanner and a real
parser surely agree: the tag is well-formed and closes the element opened last. From the first
construct that is not plainly well-formed, everything counts as open.
"""

from __future__ import annotations

import re

MAX_REBUILD_COST = 5_000_000
"""Characters of markup that a parser may have to write again; some tenths of a second."""

MAX_TAGS = 20_000
FEW_TAGS = 40
"""So many tags need no look: even 500,000 characters copied for each are bearable."""

MAX_REFERENCE_COST = 5_000_000_000
"""Ampersands times characters, since a text is copied at each reference; a tenth of a second."""


def word_set(words: str) -> frozenset[str]:
    """Names of elements or schemes, written with blanks between them."""
    return frozenset(words.split())


# Elements that do not contain others or end by themselves: they do not pile up.
_NO_NESTING = word_set("p li br hr img wbr col area base embed input link meta param source track")
_SPACE = r"[\t\n\f\r ]"
_VALUE = r"""(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=`]++)"""
_ATTRIBUTE = rf"""{_SPACE}++[^\s"'<>/=]++(?:{_SPACE}*+={_SPACE}*+{_VALUE})?+"""
_TAG_END = rf"(?:{_ATTRIBUTE})*+{_SPACE}*+/?>"
_RAW_TEXT = "script|style|textarea|title|xmp|iframe|noembed|noframes|noscript|plaintext"
_LEXEME = re.compile(
    rf"""(?P<comment><!--(?!-?>)(?:[^-]|-(?!-!?>))*+--!?>)
    |(?P<raw><(?P<raw_name>{_RAW_TEXT}){_TAG_END}[^<]*+</(?P=raw_name){_SPACE}*+>)
    |<(?P<close>/?)(?!(?:{_RAW_TEXT})\b)(?P<name>[a-z][a-z0-9:-]*+){_TAG_END}
    |(?P<unclear><(?=[a-z/!?]))""",
    re.IGNORECASE | re.VERBOSE,
)


def is_affordable(html: str) -> bool:
    """Whether a parser may be let loose on this."""
    if html.count("&") * len(html) > MAX_REFERENCE_COST:
        return False
    tags = html.count("<")
    if tags <= FEW_TAGS:
        return True
    return tags <= MAX_TAGS and rebuild_cost(html) <= MAX_REBUILD_COST


def rebuild_cost(html: str) -> int:
    """Characters of markup that a parser may have to build, at most."""
    opened: list[tuple[str, int]] = []
    open_length = cost = 0
    for match in _LEXEME.finditer(html):
        if match["comment"] or match["raw"]:
            continue
        if match["unclear"]:
            return html.count("<") * len(html)
        cost += open_length
        name = match["name"].lower()
        if name in _NO_NESTING:
            continue
        if not match["close"]:
            length = match.end() - match.start()
            opened.append((name, length))
            open_length += length
        elif opened and opened[-1][0] == name:
            open_length -= opened.pop()[1]
    return cost
