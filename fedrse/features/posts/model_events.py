"""What happens to posts, told to higher features in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fedrse.features.posts.model import MentionedPerson, Post


class PostPublished(Struct, frozen=True):
    """A post is new here: written here, or arrived from another site.

    ``mentioned`` are accounts named in the text (not silent ones); ``fresh`` is False for posts
    that were only fetched (threads, links), which belong in no timeline and notify nobody;
    ``tagged``: there may be hashtags in it, ``linked``: there may be links to web pages.
    """

    post_id: int
    account_id: int
    local: bool
    audience: str
    reply_to_id: int | None
    reply_to_account_id: int | None
    reply_to_uri: str | None
    mentioned: tuple[int, ...]
    fresh: bool
    tagged: bool = False
    linked: bool = False

    @classmethod
    def of(
        cls,
        post: Post,
        people: Iterable[MentionedPerson] = (),
        *,
        fresh: bool,
        tagged: bool = False,
        linked: bool = False,
    ) -> PostPublished:
        """What is told of a post that names ``people``."""
        return cls(
            post_id=post.id,
            account_id=post.account_id,
            local=post.local,
            audience=post.audience,
            reply_to_id=post.reply_to_id,
            reply_to_account_id=post.reply_to_account_id,
            reply_to_uri=post.reply_to_uri,
            mentioned=tuple(one.account_id for one in people if one.reached and not one.silent),
            fresh=fresh,
            tagged=tagged,
            linked=linked,
        )


class PostEdited(Struct, frozen=True):
    """Text, warning, media or poll of a post changed."""

    post_id: int
    account_id: int
    local: bool


class PostDeleted(Struct, frozen=True):
    """A post goes; published while its row and dependents still exist."""

    post_id: int
    account_id: int
    boost_of_id: int | None


class PostBoosted(Struct, frozen=True):
    """A boost is new; ``post_id`` is the boost, ``original_id`` what it shares."""

    post_id: int
    account_id: int
    local: bool
    original_id: int
    original_author_id: int
    fresh: bool


class PostQuoted(Struct, frozen=True):
    """A quote that the quoted author's rules allow is new; ``post_id`` quotes ``quoted_id``."""

    post_id: int
    account_id: int
    quoted_id: int
    quoted_author_id: int
