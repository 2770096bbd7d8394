"""Posts of this site as ActivityPub documents, and the activities about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import PUBLIC, Json
from fedrse.core.clock import to_iso, to_iso_seconds
from fedrse.core.html import escape
from fedrse.features.accounts.model import GROUP, Account
from fedrse.features.media.model import Media, MediaUrls
from fedrse.features.media.model import document as media_document
from fedrse.features.posts.model import (
    APPROVED_BY,
    QUESTION,
    Audience,
    Hashtag,
    MentionedPerson,
    Post,
    QuotePolicy,
    tag_address,
)
from fedrse.features.posts.model_context import with_context
from fedrse.features.posts.model_wire import Addressing, wire_from_audience

MOST_HOSTS = 1000  # of a collection's numbers by host
_QUOTE_LINK = {
    "type": "Link",
    "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    "rel": "https://misskey-hub.net/ns#_misskey_quote",
}


class Totals(Struct, frozen=True):
    """Interactions with a post by the host of whoever did it.

    ``kinds`` are reactions with an agreed meaning, by content; they are among ``likes``, too.
    """

    replies: Mapping[str, int] = {}
    boosts: Mapping[str, int] = {}
    likes: Mapping[str, int] = {}
    kinds: Mapping[str, Mapping[str, int]] = {}


class NoteParts(Struct, frozen=True, kw_only=True):
    """Everything around a post that its document shows; ``poll`` are the properties of a Question.

    ``totals`` None: nothing happened yet.
    """

    author: Account
    people: Sequence[MentionedPerson] = ()
    tags: Sequence[Hashtag] = ()
    media: Sequence[Media] = ()
    parent_uri: str | None = None
    poll: Json | None = None
    totals: Totals | None = None


class Documents:
    """Builds documents; knows the addresses of this site and its media."""

    def __init__(self, *, local_ids: LocalIds, media_urls: MediaUrls) -> None:
        self._local_ids = local_ids
        self._urls = media_urls

    def addressing(
        self, post: Post, author: Account, people: Sequence[MentionedPerson]
    ) -> Addressing:
        """``to`` and ``cc`` of a local post: only people whom it reaches are named."""
        named = [person.uri for person in people if person.reached]
        group = next((one.uri for one in people if one.reached and one.kind == GROUP), None)
        return wire_from_audience(
            Audience(post.audience),
            listed=post.listed,
            followers=author.followers_uri or self._local_ids.uri("actor", author.id, "followers"),
            members=self._local_ids.members,
            named=named,
            group=group,
        )

    def note(self, post: Post, parts: NoteParts) -> Json:
        """The object, without ``@context``."""
        addressing = self.addressing(post, parts.author, parts.people)
        content = _wire_content(post)
        document: Json = {
            "id": post.uri,
            "type": "Question" if post.kind == QUESTION else "Note",
            "attributedTo": parts.author.uri,
            "to": list(addressing.to),
            "cc": list(addressing.cc),
            # Milliseconds here and below: posts of one second keep their order at other sites, and
            # two edits within a second do not look like one.
            "published": to_iso(post.created_at),
            "url": post.url,
            "summary": post.summary or None,
            "sensitive": post.sensitive or parts.author.sensitized_at is not None,
            "inReplyTo": parts.parent_uri,
            "content": content,
            "tag": self._tags(post, parts),
            "attachment": [media_document(item, self._urls) for item in parts.media],
        }
        if post.edited_at is not None:
            document["updated"] = to_iso(post.edited_at)
        if post.language:
            document["contentMap"] = {post.language: content}
        if post.conversation:
            document |= {"context": post.conversation, "conversation": post.conversation}
        document |= self._collections(post, parts.totals)
        document |= _quote(post)
        stamp = json.loads(post.extra).get(APPROVED_BY) if APPROVED_BY in post.extra else None
        if stamp is not None:
            # The second name is the newer one.
            document |= {"approvedBy": stamp, "replyAuthorization": stamp}
        document["interactionPolicy"] = {"canQuote": self._quote_policy(post, parts.author)}
        if parts.poll:
            document |= parts.poll
        return document

    def _tags(self, post: Post, parts: NoteParts) -> list[Json]:
        tags: list[Json] = [
            {"type": "Mention", "href": person.uri, "name": f"@{person.username}@{person.domain}"}
            for person in parts.people
            if person.reached and not person.silent
        ]
        tags += [
            {
                "type": "Hashtag",
                "href": tag_address(self._local_ids.origin, tag.name),
                "name": f"#{tag.display}",
            }
            for tag in parts.tags
        ]
        tags += [
            {
                "type": "Emoji",
                "name": f":{emoji['shortcode']}:",
                "icon": {"type": "Image", "url": emoji["url"]},
            }
            for emoji in json.loads(post.emojis)
        ]
        if post.quote_of_uri:
            tags.append(_QUOTE_LINK | {"href": post.quote_of_uri, "name": post.quote_of_uri})
        return tags

    def _collections(self, post: Post, totals: Totals | None) -> Json:
        known = totals or Totals()
        return {
            "replies": self.collection(post, "replies", post.replies_count, known.replies),
            "likes": self.collection(
                post, "likes", post.likes_count, known.likes, by_content=known.kinds
            ),
            "shares": self.collection(post, "shares", post.boosts_count, known.boosts),
        }

    def collection(
        self,
        post: Post,
        part: str,
        total: int,
        by_host: Mapping[str, int],
        *,
        by_content: Mapping[str, Mapping[str, int]] | None = None,
    ) -> Json:
        """What a document shows of one of its collections: the number, and whose they are."""
        address = self._local_ids.uri("post", post.id, part)
        shown: Json = {"id": address, "type": "Collection", "totalItems": total}
        if part == "replies":
            shown["first"] = f"{address}?page=1"
        if by_host:
            shown["byHost"] = _largest(by_host)
            if by_content is not None:
                shown["byContent"] = {name: _largest(many) for name, many in by_content.items()}
        return shown

    def _quote_policy(self, post: Post, author: Account) -> Json:
        allowed = {
            QuotePolicy.PUBLIC: PUBLIC,
            QuotePolicy.FOLLOWERS: author.followers_uri,
        }.get(QuotePolicy(post.quote_policy))
        open_ = post.audience in (Audience.PUBLIC, Audience.NETWORK)
        # Empty lists mean "not said": whoever denies all names only the author.
        return {"automaticApproval": [allowed if allowed and open_ else author.uri]}

    # Activities

    def create(self, post: Post, note: Json) -> Json:
        """``Create`` of a local post, with an id that can be looked up."""
        return with_context(
            {
                "id": self._local_ids.uri("post", post.id, "activity"),
                "type": "Create",
                "actor": note["attributedTo"],
                "published": note["published"],
                "to": note["to"],
                "cc": note["cc"],
                "object": note,
            }
        )

    def update(self, note: Json, at: int) -> Json:
        """``Update`` with the whole object; ``at`` makes the id of each one different."""
        return with_context(
            {
                "id": f"{note['id']}#updates/{at}",
                "type": "Update",
                "actor": note["attributedTo"],
                "published": to_iso_seconds(at),
                "to": note["to"],
                "cc": note["cc"],
                "object": note,
            }
        )

    def delete(self, post: Post, author: Account, addressing: Addressing, at: int) -> Json:
        """``Delete`` with a Tombstone."""
        return with_context(
            {
                "id": f"{post.uri}#delete",
                "type": "Delete",
                "actor": author.uri,
                "to": list(addressing.to),
                "cc": list(addressing.cc),
                "object": tombstone(post.uri, at),
            }
        )

    def announce(self, boost: Post, author: Account, original: Post, original_author: str) -> Json:
        """``Announce``; the author of the original is told in ``cc``."""
        followers = author.followers_uri or ""
        addressing = wire_from_audience(
            Audience(boost.audience),
            listed=boost.listed,
            followers=followers,
            members=self._local_ids.members,
            named=[] if original.account_id == author.id else [original_author],
        )
        return with_context(
            {
                "id": boost.uri,
                "type": "Announce",
                "actor": author.uri,
                "published": to_iso(boost.created_at),
                "to": list(addressing.to),
                "cc": list(addressing.cc),
                "object": original.uri,
            }
        )


def undo(activity: Json) -> Json:
    """``Undo`` with the whole activity inside."""
    inner = {name: value for name, value in activity.items() if name != "@context"}
    return with_context(
        {
            "id": f"{inner['id']}#undo",
            "type": "Undo",
            "actor": inner["actor"],
            "to": inner.get("to", []),
            "cc": inner.get("cc", []),
            "object": inner,
        }
    )


def tombstone(uri: str, deleted_at: int) -> Json:
    """What is left of a deleted post."""
    return {"id": uri, "type": "Tombstone", "deleted": to_iso_seconds(deleted_at)}


def _wire_content(post: Post) -> str:
    """The HTML; a quote starts with a link for readers whose software knows no quotes."""
    if not post.quote_of_uri:
        return post.content
    address = escape(post.quote_of_uri)
    return f'<p class="quote-inline">RE: <a href="{address}">{address}</a></p>{post.content}'


def _quote(post: Post) -> Json:
    if not post.quote_of_uri:
        return {}
    uri = post.quote_of_uri
    known: Json = {"quote": uri, "quoteUrl": uri, "quoteUri": uri, "_misskey_quote": uri}
    if post.quote_authorization:
        known["quoteAuthorization"] = post.quote_authorization
    return known


def page_of(collection: str, items: list[Any], *, next_page: str | None = None) -> Json:
    """A page of a collection."""
    page: Json = {
        "id": f"{collection}?page=1",
        "type": "CollectionPage",
        "partOf": collection,
        "items": items,
    }
    if next_page is not None:
        page["next"] = next_page
    return page


def _largest(by_host: Mapping[str, int]) -> dict[str, int]:
    """The hosts that are told."""
    return dict(sorted(by_host.items(), key=lambda item: -item[1])[:MOST_HOSTS])
