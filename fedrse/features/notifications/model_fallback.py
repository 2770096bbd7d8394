"""What apps show of kinds that they do not know: Mastodon ``NotificationFallback``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from fedrse.core.html import escape, escape_attribute
from fedrse.features.notifications.model import Kind
from fedrse.web.languages import translatable

Say = Callable[[str], str]
"""A sentence of the interface in the language of the person."""

_TITLES: Final[Mapping[str, str]] = {
    Kind.PUT_IN: translatable("%(name)s put you into the collection “%(title)s”"),
    Kind.COLLECTION_CHANGED: translatable(
        "%(name)s changed the collection “%(title)s”, in which you are"
    ),
    Kind.SEVERED: translatable("A site is blocked: nobody there and you follow each other"),
    Kind.WARNING: translatable("Those in charge of this site have a message for you"),
    # Kinds of this site, so no app knows them.
    Kind.LOOKED_AT: translatable("Those in charge of this site looked at your report"),
    Kind.CONFIRMED: translatable("%(name)s confirms your expertise: %(skill)s"),
}
_SUMMARY: Final = translatable("This app does not know notifications of this kind.")


class Fallbacks:
    """For an app that understands certain kinds; without a list it gets none."""

    def __init__(self, supported: Collection[str] | None, say: Say) -> None:
        self._supported = supported
        self._say = say

    def of(self, kind: str, account: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
        """The attribute ``fallback``, as part of a notification; nothing where none is needed.

        ``account`` is the Mastodon ``Account`` that caused it, ``more`` its further attributes.
        """
        if self._supported is None or kind in self._supported or kind not in _TITLES:
            return {}
        collection = more.get("collection") or {}
        names = {
            "name": escape(account["display_name"] or account["username"]),
            "title": escape(str(collection.get("name", ""))),
            "skill": escape(str(more.get("skill", ""))),
        }
        address = collection.get("url")
        return {
            "fallback": {
                "title": escape(self._say(_TITLES[kind])) % names,
                "summary": escape(self._say(_SUMMARY)),
                "details": _link(address, names["title"]) if address else None,
            }
        }


def _link(address: str, text: str) -> str:
    return f'<p><a href="{escape_attribute(address)}">{text}</a></p>'
