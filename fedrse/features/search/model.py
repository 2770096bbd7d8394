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


def fold(text: str) -> str:
    """Lower case without accents: "Électricité" -> "electricite"."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(one for one in decomposed if not unicodedata.combining(one))
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
