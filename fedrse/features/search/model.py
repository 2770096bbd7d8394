"""Words: how text becomes what is searched, the same on both databases."""

from __future__ import annotations

import re
import unicodedata

LONGEST_QUERY = 500
MOST_TERMS = 10
MOST_WORDS = 5000  # of one post
MOST_CHARACTERS = 100_000  # of all words of one post
LONGEST_WORD = 60  # what follows is not looked at, neither in posts nor in queries
_WORD = re.compile(r"[^\W_]+")


class _Marks(dict[int, int | None]):
    """A table for ``str.translate`` that drops combining marks; filled as characters come."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.combining(chr(code)) else code
        self[code] = kept
        return kept


_marks = _Marks()


def fold(text: str) -> str:
    """Lower case without accents: "Électricité" -> "electricite"."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).translate(_marks)
    return unicodedata.normalize("NFKD", plain.casefold())


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order, within the bounds above."""
    found: list[str] = []
    total = 0
    for match in _WORD.finditer(fold(text[:MOST_CHARACTERS])):
        word = match[0][:LONGEST_WORD]
        total += len(word)
        if len(found) == MOST_WORDS or total > MOST_CHARACTERS:
            break
        found.append(word)
    return found


def terms_of(query: str) -> list[str]:
    """The folded words that are asked for, at most MOST_TERMS."""
    return words_of(query[:LONGEST_QUERY])[:MOST_TERMS]


def sqlite_match(terms: list[str]) -> str:
    """An FTS5 query: all words, the last one may be the beginning of one."""
    quoted = [f'"{term}"' for term in terms]
    return " ".join(quoted) + "*"


def postgres_match(terms: list[str]) -> str:
    """The same as text of a ``tsquery``."""
    quoted = [f"'{term}'" for term in terms]
    return " & ".join(quoted) + ":*"
