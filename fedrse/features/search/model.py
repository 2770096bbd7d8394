"""Words: how text becomes what is searched, the same on both databases."""

from __future__ import annotations

import re
import unicodedata

LONGEST_QUERY = 500
MOST_TERMS = 10
MOST_WORDS = 5000  # of one post
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Lower case without accents: "Électricité" -> "electricite"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order, at most MOST_WORDS."""
    return _WORD.findall(fold(text))[:MOST_WORDS]


def terms_of(query: str) -> list[str]:
    """The folded words that are asked for, at most MOST_TERMS."""
    return words_of(query[:LONGEST_QUERY])[:MOST_TERMS]


def sqlite_match(terms: list[str]) -> str:
    """An FTS5 query: all words, the last one may be the beginning of one."""
    quoted = [f'"{term}"' for term in terms]
    return " ".join(quoted) + "*"


def postgres_match(terms: list[str]) -> str:
    """The same for ``to_tsquery('simple', ...)``."""
    quoted = [f"'{term}'" for term in terms]
    return " & ".join(quoted) + ":*"
