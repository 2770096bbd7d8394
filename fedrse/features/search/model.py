"""Words: how text becomes what is searched, the same on both databases."""

from __future__ import annotations

import re
import unicodedata

LONGEST_QUERY = 500
MOST_TERMS = 10
MOST_WORDS = 5000  # of one post
MOST_CHARACTERS = 100_000  # of all words of one post
PREFIX_FROM = 2  # characters: what is shorter is the beginning of too much
LONGEST_WORD = 60  # what follows is not looked at, neither in posts nor in queries
_WORD = re.compile(r"[^\W_]+")


# Those of Latin, Greek and Cyrillic letters; with them away most texts are plain.
_COMMON_MARKS = re.compile("[\u0300-\u036f]+")


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
    plain = _COMMON_MARKS.sub("", unicodedata.normalize("NFKD", text))
    if plain.isascii():
        return plain.lower()
    plain = plain.translate(_marks)
    return unicodedata.normalize("NFKD", plain.casefold())


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order, within the bounds above."""
    # Folding may lengthen a text: it is cut twice.
    found: list[str] = _WORD.findall(fold(text[:MOST_CHARACTERS])[:MOST_CHARACTERS])[:MOST_WORDS]
    if found and len(max(found, key=len)) > LONGEST_WORD:
        found = [word[:LONGEST_WORD] for word in found]
    return found


def sqlite_document(words: list[str], marks: list[str]) -> str:
    """What FTS5 indexes; marks come last, so that no run of words goes across them."""
    return " ".join([*words, *marks])


def postgres_document(words: list[str], marks: list[str]) -> str:
    """The text of a ``tsvector``, with positions."""
    placed = [f"{word}:{place}" for place, word in enumerate(words, 1)]
    return " ".join([*placed, *marks])
