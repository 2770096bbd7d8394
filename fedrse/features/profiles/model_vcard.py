"""Contact cards as vCard 4.0 (RFC 6350, expertise RFC 6715), for address books and QR codes."""

from __future__ import annotations

from typing import Final

from fedrse.features.profiles.model import Card

MEDIA_TYPE: Final = "text/vcard; charset=utf-8"
_LINE = 75  # bytes of a line, RFC 6350 section 3.2


def write_vcard(card: Card, *, name: str, uri: str, page: str, brief: bool = False) -> str:
    """The card of somebody with this name; ``brief`` for a picture that telephones can read."""
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"FN:{_text(name)}", f"URL:{page}"]
    if card.function:
        lines.append(f"TITLE:{_text(card.function)}")
    if card.site or card.unit:
        unit = f";{_text(card.unit)}" if card.unit else ""
        lines.append(f"ORG:{_text(card.site)}{unit}")
    if card.mail:
        lines.append(f"EMAIL;TYPE=work:{_text(card.mail)}")
    lines += [f"TEL;VALUE=uri;TYPE=work:{address}" for _, address in card.numbers]
    if not brief:
        lines.append(f"UID:{uri}")
        notes = [text for text in (card.room, card.hours) if text]
        lines += [f"NOTE:{_text(', '.join(notes))}"] if notes else []
        lines += [f"EXPERTISE:{_text(skill.name)}" for skill in card.expertise]
    lines.append("END:VCARD")
    return "".join(f"{_fold(line)}\r\n" for line in lines)


def _text(text: str) -> str:
    for mark in ("\\", ",", ";"):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", "\\n").replace("\r", "")


def _fold(line: str) -> str:
    """Long lines go on in the next after a blank; characters stay whole."""
    parts, room = [""], _LINE
    for character in line:
        size = len(character.encode())
        if size > room:
            parts.append("")
            room = _LINE - 1
        parts[-1] += character
        room -= size
    return "\r\n ".join(parts)
