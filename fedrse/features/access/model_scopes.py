"""OAuth scopes of the client API: which exist, which include which, and what they mean in words.

The names are those of the Mastodon API; a token with a broad scope may do all that its children
allow. The sentences are message ids of the gettext catalogues (fr, en).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fedrse.core.errors import Invalid
from fedrse.http.principal import scope_allows
from fedrse.web.languages import translatable

DEFAULT_SCOPES: Final = ("read",)
MOST_SCOPES: Final = 64


WORDS: Final[Mapping[str, str]] = {
    "profile": translatable("Know who you are: your name, handle and picture"),
    "read": translatable("Read everything that you can see here, your private posts included"),
    "read:accounts": translatable("See your account and the profiles of others"),
    "read:blocks": translatable("See whom you block"),
    "read:bookmarks": translatable("See your bookmarks"),
    "read:collections": translatable("See your collections of profiles"),
    "read:favourites": translatable("See which posts you like"),
    "read:filters": translatable("See your filters"),
    "read:follows": translatable("See whom you follow and who follows you"),
    "read:lists": translatable("See your lists"),
    "read:mutes": translatable("See whom you mute"),
    "read:notifications": translatable("See your notifications"),
    "read:search": translatable("Search on your behalf"),
    "read:statuses": translatable("Read all posts that you can see, private ones included"),
    "write": translatable("Post, reply, like and change your account in your name"),
    "write:accounts": translatable("Change your profile and account settings"),
    "write:blocks": translatable("Block and unblock people"),
    "write:bookmarks": translatable("Add and remove bookmarks"),
    "write:collections": translatable("Change your collections of profiles"),
    "write:conversations": translatable("Mark and delete your conversations"),
    "write:favourites": translatable("Like posts in your name"),
    "write:filters": translatable("Change your filters"),
    "write:follows": translatable("Follow and unfollow people"),
    "write:lists": translatable("Change your lists"),
    "write:media": translatable("Upload files"),
    "write:mutes": translatable("Mute people and conversations"),
    "write:notifications": translatable("Clear your notifications"),
    "write:reports": translatable("Report people and posts to the moderators"),
    "write:statuses": translatable("Publish, edit and delete posts in your name"),
    "follow": translatable("Change whom you follow, block and mute"),
    "push": translatable("Send you push notifications"),
    "admin:read": translatable("Read everything about this site that its admins can read"),
    "admin:read:accounts": translatable("Read what admins see about accounts"),
    "admin:read:canonical_email_blocks": translatable("Read the blocked e-mail addresses"),
    "admin:read:domain_allows": translatable("Read the list of allowed sites"),
    "admin:read:domain_blocks": translatable("Read the list of blocked sites"),
    "admin:read:email_domain_blocks": translatable("Read the list of blocked e-mail domains"),
    "admin:read:ip_blocks": translatable("Read the list of blocked addresses"),
    "admin:read:reports": translatable("Read reports and what is reported"),
    "admin:write": translatable("Change everything about this site that its admins can change"),
    "admin:write:accounts": translatable("Moderate accounts"),
    "admin:write:canonical_email_blocks": translatable("Change the blocked e-mail addresses"),
    "admin:write:domain_allows": translatable("Change the list of allowed sites"),
    "admin:write:domain_blocks": translatable("Change the list of blocked sites"),
    "admin:write:email_domain_blocks": translatable("Change the list of blocked e-mail domains"),
    "admin:write:ip_blocks": translatable("Change the list of blocked addresses"),
    "admin:write:reports": translatable("Work on reports"),
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
