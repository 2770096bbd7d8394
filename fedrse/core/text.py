"""What people write: mentions, hashtags and links in a text, its length, its clean form.

Rules follow Mastodon where apps rely on them: what counts as a mention or hashtag, a link counts 23
characters, the host of a mention counts nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from msgspec import Struct

from fedrse.core.urls import MAX_URL_LENGTH, BadUrl, normalise_peer, split_url

LINK_LENGTH = 23
"""Characters that any link counts."""

MAX_HASHTAG_LENGTH = 100
MAX_USERNAME_LENGTH = 64

# What a database (NUL), a peer (half a surrogate pair) or a terminal (controls) chokes on.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Characters that change the direction of what follows: they make names look like other names.
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")

_LINK_CHARACTER = r'[^\s<>"«»“”\x00-\x1f]'
_LINK = re.compile(
    rf"(?<![\w@/])https?://(?![/?#]){_LINK_CHARACTER}{{1,{MAX_URL_LENGTH - 8}}}", re.IGNORECASE
)
_LINK_TRAIL = frozenset(".,;:!?'*_~…’|")
_CLOSING = {")": "(", "]": "[", "}": "{"}
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_HOST = r"[^\W_](?:[\w.-]*[^\W_])?(?::[0-9]{1,5}(?![0-9]))?"
_MENTION = re.compile(rf"(?<![=/\w])@(?P<name>{_NAME})(?:@(?P<host>{_HOST}))?(?![\w@])")
_HASH_SEPARATORS = "_\u00b7\u30fb\u200c"
# Letters of the Latin script that Unicode does not take apart into a base and marks.
_LATIN = str.maketrans("øđðħłŧıŋ", "oddhltin")


class Mention(Struct, frozen=True):
    """``@name`` or ``@name@host`` at ``text[start:end]``; ``host`` is normalised."""

    start: int
    end: int
    name: str
    host: str | None


class Hashtag(Struct, frozen=True):
    """``#name`` at ``text[start:end]``, as written."""

    start: int
    end: int
    name: str


class Link(Struct, frozen=True):
    """An http or https address at ``text[start:end]``."""

    start: int
    end: int
    url: str


Entity = Mention | Hashtag | Link


def extract_entities(text: str) -> list[Entity]:
    """Mentions, hashtags and links in order; they never overlap, links win."""
    links = list(_links(text))
    rest: list[Entity] = [*_mentions(text), *_hashtags(text)]
    covered = {at for link in links for at in range(link.start, link.end)}
    free = (one for one in rest if one.start not in covered and one.end - 1 not in covered)
    kept: list[Entity] = [*links, *free]
    kept.sort(key=_start)
    return _without_overlaps(kept)


def count_characters(text: str) -> int:
    """Length of a post as people see it: grapheme clusters, links 23, no hosts of mentions."""
    total = position = 0
    for entity in extract_entities(text):
        if isinstance(entity, Hashtag):
            continue
        total += count_graphemes(text[position : entity.start])
        total += LINK_LENGTH if isinstance(entity, Link) else 1 + len(entity.name)
        position = entity.end
    return total + count_graphemes(text[position:])


def count_graphemes(text: str) -> int:
    """User-perceived characters (UAX 29, without the rules for single Indic scripts)."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    total = flags = 0
    previous = ""
    for character in text:
        if _is_flag_letter(character):
            flags += 1
            total += flags % 2
        else:
            flags = 0
            total += not _joins(previous, character)
        previous = character
    return total


def hashtag_name(text: str) -> str | None:
    """The name in a ``Hashtag`` of another server (``#Été`` or ``Été``), None if it is not one."""
    name = text.strip().removeprefix("#")
    return name if name and _hashtag_end(name, 0) == len(name) else None


def fold_hashtag(name: str) -> str:
    """What makes two hashtags the same: compatibility forms, case and Latin accents are ignored.

    As Mastodon does it: ``#Réunion``, ``#reunion`` and ``#ＲＥＵＮＩＯＮ`` are one tag.
    """
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_LATIN)
    result: list[str] = []
    for character in unicodedata.normalize("NFD", folded):
        is_mark = unicodedata.category(character) == "Mn"
        if not (is_mark and result and result[-1].isascii()):
            result.append(character)
    return unicodedata.normalize("NFC", "".join(result))


def clean_text(text: str) -> str:
    """Text that any database and peer can keep: no NUL, control characters, lone surrogates."""
    if text.isprintable():  # none of those, told in one fast pass
        return text
    if _SURROGATE.search(text):
        text = _SURROGATE.sub("\ufffd", text)
    return _NOT_TEXT.sub("", text)


def clean_line(text: str, length: int) -> str:
    """A name or title: one line, no characters that turn the direction, at most ``length`` long."""
    line = _DIRECTION.sub("", clean_text(text[: length * 4]))
    return " ".join(line.split())[:length].rstrip()


def _links(text: str) -> Iterator[Link]:
    for match in _LINK.finditer(text):
        url = _without_trail(match[0])
        try:
            split_url(url)
        except BadUrl:
            continue
        yield Link(match.start(), match.start() + len(url), url)


def _without_trail(url: str) -> str:
    """Without the punctuation of the sentence; closing brackets go if they have no partner."""
    open_brackets = {
        close: url.count(opening) - url.count(close) for close, opening in _CLOSING.items()
    }
    end = len(url)
    while end:
        last = url[end - 1]
        if open_brackets.get(last, 0) < 0:
            open_brackets[last] += 1
        elif last not in _LINK_TRAIL:
            break
        end -= 1
    return url[:end]


def _mentions(text: str) -> Iterator[Mention]:
    for match in _MENTION.finditer(text):
        if len(match["name"]) > MAX_USERNAME_LENGTH:
            continue
        host = match["host"]
        try:
            host = normalise_peer(host) if host else None
        except BadUrl:
            continue
        yield Mention(match.start(), match.end(), match["name"], host)


def _hashtags(text: str) -> Iterator[Hashtag]:
    start = text.find("#")
    while start >= 0:
        before = text[start - 1] if start else " "
        end = _hashtag_end(text, start + 1)
        if end and not (before in "=/)" or before.isalnum()):
            yield Hashtag(start, end, text[start + 1 : end])
        start = text.find("#", max(end, start + 1))


def _hashtag_end(text: str, start: int) -> int:
    """Where the hashtag name that starts here ends; 0 if there is none."""
    end = start
    while end < len(text) and (_is_word(text[end]) or text[end] in _HASH_SEPARATORS):
        end += 1
    while end > start and not _is_word(text[end - 1]):
        end -= 1
    name = text[start:end]
    if not name or len(name) > MAX_HASHTAG_LENGTH:
        return 0
    if not (name[0].isalnum() or name[0] == "_") or not any(map(str.isalnum, name)):
        return 0
    # Numbers alone are no hashtag, but a separator between them makes one.
    has_letter = any(unicodedata.category(character)[0] == "L" for character in name)
    return end if has_letter or any(mark in name[1:-1] for mark in _HASH_SEPARATORS) else 0


def _is_word(character: str) -> bool:
    """Like ``\\w`` with the marks that scripts such as Devanagari need inside words."""
    if character.isalnum() or character == "_":
        return True
    return not character.isascii() and unicodedata.category(character) in {"Mn", "Mc", "Pc"}


def _start(entity: Entity) -> int:
    return entity.start


def _without_overlaps(entities: list[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in entities:
        if not kept or entity.start >= kept[-1].end:
            kept.append(entity)
    return kept


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _joins(previous: str, character: str) -> bool:
    """Whether this character belongs to the cluster of the one before (rules GB3 to GB11)."""
    if not previous or previous in "\r\n":
        return previous == "\r" and character == "\n"
    if previous == "\u200d":
        return unicodedata.category(character) == "So"
    if _is_extender(character):
        return True
    return _joins_hangul(previous, character)


def _is_extender(character: str) -> bool:
    # Skin tones and the letters of regional flags extend an emoji though they are not marks.
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character in "\u200c\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _joins_hangul(previous: str, character: str) -> bool:
    """Hangul letters that build one syllable (rules GB6 to GB8)."""
    if not ("\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7a3"):
        return False
    leading, vowel, trailing = (
        "\u1100" <= previous <= "\u115f",
        "\u1160" <= previous <= "\u11a7",
        "\u11a8" <= previous <= "\u11ff",
    )
    syllable = "\uac00" <= previous <= "\ud7a3"
    if "\u11a8" <= character <= "\u11ff":
        return vowel or trailing or syllable
    if "\u1160" <= character <= "\u11a7":
        return leading or vowel or (syllable and (ord(previous) - 0xAC00) % 28 == 0)
    return leading
