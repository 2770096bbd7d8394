"""OAuth scopes of the client API: which exist, which include which, and what they mean in words.

The names are those of the Mastodon API; a token with a broad scope may do all that its children
allow. The sentences are message ids of the gettext catalogues (fr, en).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fedrse.core.errors import Invalid
from fedrse.http.principal import scope_allows

DEFAULT_SCOPES: Final = ("read",)
MOST_SCOPES: Final = 64


def N_(message: str) -> str:  # noqa: N802  (the conventional mark for message extraction)
    """Marks a message for the catalogues; it is translated when it is shown."""
    return message


WORDS: Final[Mapping[str, str]] = {
    "profile": N_("Know who you are: your name, handle and picture"),
    "read": N_("Read everything that you can see here, your private posts included"),
    "read:accounts": N_("See your account and the profiles of others"),
    "read:blocks": N_("See whom you block"),
    "read:bookmarks": N_("See your bookmarks"),
    "read:collections": N_("See your collections of profiles"),
    "read:favourites": N_("See which posts you like"),
    "read:filters": N_("See your filters"),
    "read:follows": N_("See whom you follow and who follows you"),
    "read:lists": N_("See your lists"),
    "read:mutes": N_("See whom you mute"),
    "read:notifications": N_("See your notifications"),
    "read:search": N_("Search on your behalf"),
    "read:statuses": N_("Read all posts that you can see, private ones included"),
    "write": N_("Post, reply, like and change your account in your name"),
    "write:accounts": N_("Change your profile and account settings"),
    "write:blocks": N_("Block and unblock people"),
    "write:bookmarks": N_("Add and remove bookmarks"),
    "write:collections": N_("Change your collections of profiles"),
    "write:conversations": N_("Mark and delete your conversations"),
    "write:favourites": N_("Like posts in your name"),
    "write:filters": N_("Change your filters"),
    "write:follows": N_("Follow and unfollow people"),
    "write:lists": N_("Change your lists"),
    "write:media": N_("Upload files"),
    "write:mutes": N_("Mute people and conversations"),
    "write:notifications": N_("Clear your notifications"),
    "write:reports": N_("Report people and posts to the moderators"),
    "write:statuses": N_("Publish, edit and delete posts in your name"),
    "follow": N_("Change whom you follow, block and mute"),
    "push": N_("Send you push notifications"),
    "admin:read": N_("Read everything about this site that its admins can read"),
    "admin:read:accounts": N_("Read what admins see about accounts"),
    "admin:read:canonical_email_blocks": N_("Read the blocked e-mail addresses"),
    "admin:read:domain_allows": N_("Read the list of allowed sites"),
    "admin:read:domain_blocks": N_("Read the list of blocked sites"),
    "admin:read:email_domain_blocks": N_("Read the list of blocked e-mail domains"),
    "admin:read:ip_blocks": N_("Read the list of blocked addresses"),
    "admin:read:reports": N_("Read reports and what is reported"),
    "admin:write": N_("Change everything about this site that its admins can change"),
    "admin:write:accounts": N_("Moderate accounts"),
    "admin:write:canonical_email_blocks": N_("Change the blocked e-mail addresses"),
    "admin:write:domain_allows": N_("Change the list of allowed sites"),
    "admin:write:domain_blocks": N_("Change the list of blocked sites"),
    "admin:write:email_domain_blocks": N_("Change the list of blocked e-mail domains"),
    "admin:write:ip_blocks": N_("Change the list of blocked addresses"),
    "admin:write:reports": N_("Work on reports"),
}

SCOPES: Final = tuple(WORDS)
"""All scopes, in the order in which they are told."""

SESSION_SCOPES: Final = frozenset({"profile", "read", "write", "follow", "push"})
"""What somebody may do in the own browser, admin scopes apart."""

ADMIN_SCOPES: Final = frozenset({"admin:read", "admin:write"})


class UnknownScope(Invalid):
    """A scope that does not exist or that is not the application's to ask for."""

    def __init__(self, scope: str) -> None:
        super().__init__(
            "invalid_scope",
            "The requested scope is invalid, unknown, or malformed.",
            scope=scope[:100],
        )


def parse_scopes(text: str | None) -> tuple[str, ...]:
    """Scopes separated by blanks (RFC 6749, section 3.3), each once, in the order given.

    No text means ``read``, as the Mastodon API has it. Raises UnknownScope.
    """
    names = list(dict.fromkeys((text or "").split()))
    if len(names) > MOST_SCOPES:
        raise UnknownScope(names[MOST_SCOPES])
    for name in names:
        if name not in WORDS:
            raise UnknownScope(name)
    return tuple(names) or DEFAULT_SCOPES


def require_subset(wanted: Iterable[str], registered: Iterable[str]) -> None:
    """Raises UnknownScope where a wanted scope is not included in the registered ones."""
    registered = frozenset(registered)
    for scope in wanted:
        if not scope_allows(registered, scope):
            raise UnknownScope(scope)


def usable_scopes(granted: Iterable[str], *, is_staff: bool) -> frozenset[str]:
    """What a token may do now: admin scopes count only while their holder is staff."""
    if is_staff:
        return frozenset(granted)
    return frozenset(scope for scope in granted if not scope.startswith("admin:"))


def words_of(scopes: Iterable[str]) -> list[str]:
    """Message ids that say what the scopes allow; what a broader one includes is left out."""
    granted = frozenset(scopes)
    return [
        words
        for scope, words in WORDS.items()
        if scope in granted and not scope_allows(granted - {scope}, scope)
    ]
