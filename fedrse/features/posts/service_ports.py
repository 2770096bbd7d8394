"""What posts need from others: small protocols, so that each part can be tested alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Raw, Struct

from fedrse.activitypub.vocabulary import Json
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import Handle
from fedrse.features.posts.model import Draft, Post, QuotePolicy, Visibility
from fedrse.store.database import Transaction


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def by_ids(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Account]: ...

    async def by_uri(self, tx: Transaction, uri: str) -> Account | None: ...

    async def by_uris(self, tx: Transaction, uris: Iterable[str]) -> dict[str, Account]: ...

    async def by_handles(
        self, tx: Transaction, handles: Iterable[Handle]
    ) -> dict[Handle, Account]: ...

    async def require(
        self, tx: Transaction, uri: str, unavailable: Collection[str] = ()
    ) -> Account: ...

    async def rendered(
        self, tx: Transaction, ids: Iterable[int]
    ) -> dict[int, tuple[dict[str, Any], Raw]]: ...

    @property
    def rendered_version(self) -> int: ...

    def rendered_at_hand(self, account: Account) -> tuple[dict[str, Any], Raw] | None: ...

    async def count_posts(
        self, tx: Transaction, account_id: int, posts: int, *, at: int | None = None
    ) -> None: ...

    async def count_new_posts(self, tx: Transaction, posts: Sequence[tuple[int, int]]) -> None: ...


class PollParts(Protocol):
    """What the feature that owns polls contributes to posts of kind ``question``.

    ``entities`` is the Mastodon ``Poll`` as JSON for a viewer. ``document`` are the properties
    that make a Note a Question (``oneOf``, ``endTime``, ...). ``accepts_vote`` looks at a received
    Note that may be a vote and takes it, or answers None.
    """

    def check(self, poll: Mapping[str, Any]) -> None:
        """Raises Invalid for a poll that is not possible."""

    async def create(self, tx: Transaction, post: Post, poll: Mapping[str, Any]) -> None: ...

    async def edit(self, tx: Transaction, post: Post, poll: Mapping[str, Any] | None) -> bool:
        """Changes, adds or (None) removes the poll; True if anything changed."""

    async def import_remote(self, tx: Transaction, post: Post, document: Json) -> bool:
        """Stores or refreshes the poll of a remote Question; True if anything changed."""

    async def entities(
        self, tx: Transaction, post_ids: Sequence[int], viewer: int | None
    ) -> dict[int, bytes]: ...

    async def entities_for_many(
        self, tx: Transaction, post_ids: Sequence[int], viewers: Sequence[int]
    ) -> tuple[dict[int, bytes], dict[tuple[int, int], bytes]]:
        """What those who have not voted see, by post; what the others see, by (post, viewer)."""

    async def document(self, tx: Transaction, post_id: int) -> Json: ...

    async def snapshot(self, tx: Transaction, post_id: int) -> list[str]:
        """The titles of the options, for the history of edits."""

    async def accepts_vote(
        self, tx: Transaction, voter: Account, question: Post, document: Json
    ) -> str | None: ...


class EmojiSource(Protocol):
    """Custom emoji of this site."""

    async def named(self, tx: Transaction, shortcodes: Sequence[str]) -> list[dict[str, Any]]:
        """Mastodon ``CustomEmoji`` of those that exist."""


class InterestedHosts(Protocol):
    """Tells which sites have a copy of a post because of what their people did with it."""

    async def __call__(self, tx: Transaction, post_id: int) -> list[str]: ...


class LikeTotals(Protocol):
    """Reactions by host, and those of the agreed kinds by content and host."""

    @property
    def by_host(self) -> Mapping[str, int]: ...

    @property
    def by_content(self) -> Mapping[str, Mapping[str, int]]: ...


class OriginTotals(Protocol):
    """Counts reactions to a local post."""

    async def __call__(self, tx: Transaction, post_id: int) -> LikeTotals: ...


class ToldKinds(Protocol):
    """Takes ``likes`` of a post of another site, as its author's site tells it."""

    async def __call__(self, tx: Transaction, post_id: int, collection: Any, own_host: str) -> bool:
        """True if anything changed."""


class PostDefaults(Struct, frozen=True, kw_only=True):
    """What a person prefers where the client says nothing."""

    visibility: Visibility | None = None
    sensitive: bool = False
    language: str | None = None
    quote_policy: QuotePolicy = QuotePolicy.PUBLIC


class Preferences(Protocol):
    """The preferences of people for their posts."""

    async def __call__(self, tx: Transaction, account_id: int) -> PostDefaults: ...


READ_BACK = "posts of which more is known than their text"
"""In ``Transaction.known``: new posts (ids) that are read after the commit, not told at once."""


class ReadyPart(Struct, frozen=True):
    """A part of a Status that looks the same for all viewers: the attribute and how to get it.

    ``from_start``: a post may have it in the moment in which it is written.
    """

    name: str
    render: RenderPart
    from_start: bool = True


class RenderPart(Protocol):
    """JSON by post id; posts that are left out get ``null``."""

    async def __call__(self, tx: Transaction, post_ids: Sequence[int]) -> dict[int, bytes]: ...


class Later(Protocol):
    """Posts that wait; implemented by ``scheduling.service.Scheduling``."""

    async def schedule(
        self, tx: Transaction, author: Account, draft: Draft, at: int, *, undo: bool = False
    ) -> Any: ...

    async def take_back(self, tx: Transaction, owner: int, scheduled_id: int) -> Draft: ...

    async def waiting(
        self, tx: Transaction, owner: int, scheduled_id: int
    ) -> tuple[Draft, int]: ...

    async def of_request(
        self, tx: Transaction, owner: int, request_key: str
    ) -> tuple[int, int] | None: ...

    async def count(self, tx: Transaction, owner: int) -> int: ...
