"""Hands over for sending what happened to posts of this site: to those it is for, nobody else."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.features.accounts.model import GROUP, Account
from fedrse.features.posts import queries_totals
from fedrse.features.posts.model import REPLY_WAITS, Audience, MentionedPerson, Post
from fedrse.features.posts.model_context import with_context
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_documents import Documents, NoteParts, undo
from fedrse.features.posts.service_ports import InterestedHosts
from fedrse.store.database import Transaction

REPLY_REQUEST = "#reply-request"


class Delivery:
    """Builds activities about posts and enqueues them."""

    def __init__(self, *, outbox: Outbox, documents: Documents, border: Border) -> None:
        self._outbox = outbox
        self._documents = documents
        self._border = border
        self._interested: list[InterestedHosts] = []

    def add_interested(self, source: InterestedHosts) -> None:
        """Registers a feature that knows which other sites have copies of a post."""
        self._interested.append(source)

    def recipients(
        self, audience: str, author: Account, people: Sequence[MentionedPerson]
    ) -> Recipients | None:
        """Who gets activities about a post (design, section 5, "Delivered to"); None: nobody."""
        named = tuple(one.account_id for one in people if one.reached and not one.local)
        inside = self._border.keeps_inside
        match Audience(audience):
            case Audience.PUBLIC:
                return Recipients(named, followers_of=author.id, members=True)
            case Audience.NETWORK:
                return Recipients(named, followers_of=author.id, members=True, only_members=True)
            case Audience.FOLLOWERS:
                return Recipients(named, followers_of=author.id, only_members=inside)
            case Audience.GROUP:
                own = next((one.account_id for one in people if one.kind == GROUP and one.local), 0)
                return Recipients(named, followers_of=own or None, only_members=inside)
            case Audience.DIRECT if named:
                return Recipients(named, personal=True)
        return None

    async def later_recipients(
        self, tx: Transaction, post: Post, author: Account, people: Sequence[MentionedPerson]
    ) -> Recipients | None:
        """Like ``recipients``, and those who got a public post by way of others."""
        found = self.recipients(post.audience, author, people)
        if found is None or post.audience != Audience.PUBLIC:
            return found
        hosts = [row.host for row in await tx.all(queries_totals.BOOSTER_HOSTS, key=post.id)]
        for source in self._interested:
            hosts += await source(tx, post.id)
        hosts = [host for host in dict.fromkeys(hosts) if self._border.admits(host)]
        return Recipients(
            found.accounts, followers_of=found.followers_of, members=True, hosts=tuple(hosts)
        )

    async def ask_to_reply(
        self, tx: Transaction, post: Post, parts: NoteParts, asked: Account
    ) -> None:
        """``ReplyRequest`` to the author of a post that ``post`` answers, instead of ``Create``."""
        request = with_context(
            {
                "id": f"{post.uri}{REPLY_REQUEST}",
                "type": "ReplyRequest",
                "actor": parts.author.uri,
                "to": [asked.uri],
                "object": parts.parent_uri,
                "instrument": self._documents.note(post, parts),
            }
        )
        await self._outbox.enqueue(
            tx,
            request,
            sender=parts.author.id,
            recipients=Recipients((asked.id,), personal=True),
            object_uri=post.uri,
        )

    async def send_create(self, tx: Transaction, post: Post, parts: NoteParts) -> None:
        """``Create`` of a new post."""
        recipients = self.recipients(post.audience, parts.author, parts.people)
        if recipients is None:
            return
        await self._outbox.enqueue(
            tx,
            lambda: self._documents.create(post, self._documents.note(post, parts)),
            sender=parts.author.id,
            recipients=recipients,
            object_uri=post.uri,
        )

    async def send_update(self, tx: Transaction, post: Post, parts: NoteParts, at: int) -> None:
        """``Update`` after an edit, or with new totals."""
        if REPLY_WAITS in post.extra:
            return
        recipients = await self.later_recipients(tx, post, parts.author, parts.people)
        if recipients is None:
            return
        note = self._documents.note(post, parts)
        await self._outbox.enqueue(
            tx,
            self._documents.update(note, at),
            sender=parts.author.id,
            recipients=recipients,
            object_uri=post.uri,
        )

    async def send_delete(
        self,
        tx: Transaction,
        post: Post,
        author: Account,
        people: Sequence[MentionedPerson],
        at: int,
    ) -> None:
        """``Delete``; call it while the rows of the post still exist."""
        recipients = await self.later_recipients(tx, post, author, people)
        if recipients is None:
            return
        addressing = self._documents.addressing(post, author, people)
        await self._outbox.enqueue(
            tx,
            self._documents.delete(post, author, addressing, at),
            sender=author.id,
            recipients=recipients,
            object_uri=post.uri,
        )

    async def send_boost(
        self,
        tx: Transaction,
        boost: Post,
        author: Account,
        original: Post,
        original_author: Account,
        *,
        undone: bool = False,
    ) -> None:
        """``Announce`` or its ``Undo``, also to the author of the original."""
        found = self.recipients(boost.audience, author, ())
        if found is None:
            return
        activity = self._documents.announce(boost, author, original, original_author.uri)
        await self._outbox.enqueue(
            tx,
            undo(activity) if undone else activity,
            sender=author.id,
            recipients=Recipients(
                () if original.local else (original.account_id,),
                followers_of=found.followers_of,
                members=found.members,
                only_members=found.only_members,
            ),
            object_uri=boost.uri,
        )
