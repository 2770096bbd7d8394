"""Polls: a part of a post of kind ``question``; the only writer of ``poll`` and ``poll_vote``.

The author's site counts. Votes of people here on polls elsewhere are sent to the author's site and
shown as counted until its next numbers arrive.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json, first_str, id_of
from fedrse.core.clock import SECOND, Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.text import clean_line
from fedrse.features.accounts.model import Account
from fedrse.features.polls import queries
from fedrse.features.polls.model import (
    MOST_CODE_POINTS,
    Option,
    Poll,
    PollDraft,
    entity,
    options_to_json,
    poll_of,
)
from fedrse.features.polls.model_events import PollEnded
from fedrse.features.polls.model_wire import Question, question_of, read_question, vote
from fedrse.features.posts.model import Post
from fedrse.features.posts.service import Posts
from fedrse.http.binding import bind
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

END: Final = "polls.end"


class Polls:
    """Implements ``posts.service_ports.PollParts``, and votes."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        outbox: Outbox,
        queue: Queue,
        events: Events,
        posts: Posts,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._queue = queue
        self._events = events
        self._posts = posts

    # Polls of this site

    def check(self, poll: Mapping[str, Any]) -> None:
        """Raises Invalid for a poll that is not possible."""
        _draft(poll).check()

    async def create(self, tx: Transaction, post: Post, poll: Mapping[str, Any]) -> None:
        """Adds the poll of a new post."""
        fresh = self._new(post.id, _draft(poll))
        await self._add(tx, fresh)
        await self._plan_end(tx, fresh)

    async def edit(self, tx: Transaction, post: Post, poll: Mapping[str, Any] | None) -> bool:
        """Changes, adds or (None) removes the poll; True if anything changed.

        Other options, or another number of choices, make the votes void.
        """
        known = await self._locked(tx, post.id)
        if poll is None:
            if known is not None:
                await tx.run(queries.REMOVE_VOTES, key=post.id)
                await tx.run(queries.REMOVE, key=post.id)
            return known is not None
        wanted = self._new(post.id, _draft(poll))
        await self._plan_end(tx, wanted)
        if known is None:
            await self._add(tx, wanted)
            return True
        if _is_same_question(known, wanted):
            wanted = replace(wanted, options=known.options, voters_count=known.voters_count)
        else:
            await tx.run(queries.REMOVE_VOTES, key=post.id)
        await self._set(tx, wanted)
        return wanted != known

    def _new(self, post_id: int, draft: PollDraft) -> Poll:
        return Poll(
            post_id=post_id,
            multiple=draft.multiple,
            hide_totals=draft.hide_totals,
            options=tuple(Option(title) for title in draft.titles()),
            voters_count=0,
            closes_at=self._clock.now() + (draft.expires_in or 0) * SECOND,
            closed_at=None,
        )

    async def _add(self, tx: Transaction, poll: Poll) -> None:
        row = {name: getattr(poll, name) for name in Poll.__struct_fields__}
        await tx.run(queries.ADD, **(row | {"options": options_to_json(poll.options)}))

    async def _set(self, tx: Transaction, poll: Poll) -> None:
        await tx.run(
            queries.SET,
            key=poll.post_id,
            new_multiple=poll.multiple,
            new_hide_totals=poll.hide_totals,
            new_options=options_to_json(poll.options),
            new_voters_count=poll.voters_count,
            new_closes_at=poll.closes_at,
            new_closed_at=poll.closed_at,
        )

    # Polls of other sites

    async def import_remote(self, tx: Transaction, post: Post, document: Json) -> bool:
        """Stores or refreshes the poll of a remote Question; True if anything changed.

        Other options make the votes void, as on the author's site.
        """
        question = read_question(document)
        if question is None:
            return False
        now = self._clock.now()
        known = await self._locked(tx, post.id)
        told = _told(post.id, question, now)
        if known is None:
            await self._add(tx, told)
            return True
        if known.closed_at is not None and told.closed_at is not None:
            told = replace(told, closed_at=known.closed_at)
        if told == known:
            return False
        if not _is_same_question(known, told):
            await tx.run(queries.REMOVE_VOTES, key=post.id)
        await self._set(tx, told)
        if told.closed_at is not None and known.closed_at is None:
            await self._tell_end(tx, post)
        return True

    # What posts show

    async def entities(
        self, tx: Transaction, post_ids: Sequence[int], viewer: int | None
    ) -> dict[int, bytes]:
        """The Mastodon ``Poll`` by post, as a viewer sees it; two queries for all."""
        rows = await tx.all(queries.OF_POSTS, ids=list(post_ids))
        own: defaultdict[int, list[int]] = defaultdict(list)
        if viewer is not None and rows:
            for row in await tx.all(queries.OWN_VOTES, ids=list(post_ids), me=viewer):
                own[row.post_id].append(row.option)
        now = self._clock.now()
        found = {}
        for row in rows:
            poll = poll_of(row)
            votes = None if viewer is None else own[poll.post_id]
            shown = entity(poll, now, json.loads(row.emojis), votes)
            if viewer is not None and viewer == row.author_id:
                shown["voted"] = True  # authors see the numbers and have no vote
            found[poll.post_id] = msgspec.json.encode(shown)
        return found

    async def entities_for_many(
        self, tx: Transaction, post_ids: Sequence[int], viewers: Sequence[int]
    ) -> tuple[dict[int, bytes], dict[tuple[int, int], bytes]]:
        """By post what those see who have not voted, and by (post, viewer) what the others see."""
        rows = await tx.all(queries.OF_POSTS, ids=list(post_ids))
        votes: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for row in await tx.all(queries.VOTES_OF_MANY, ids=list(post_ids), viewers=viewers):
            votes[row.post_id, row.account_id].append(row.option)
        now = self._clock.now()
        plain, own = {}, {}
        for row in rows:
            poll, emojis = poll_of(row), json.loads(row.emojis)
            plain[poll.post_id] = msgspec.json.encode(entity(poll, now, emojis, []))
            voters = {viewer for post_id, viewer in votes if post_id == poll.post_id}
            for viewer in voters | ({row.author_id} & set(viewers)):
                shown = entity(poll, now, emojis, votes.get((poll.post_id, viewer), []))
                shown["voted"] = True
                own[poll.post_id, viewer] = msgspec.json.encode(shown)
        return plain, own

    async def document(self, tx: Transaction, post_id: int) -> Json:
        """The properties of a Question of this site; none if there is no poll."""
        poll = await self._poll(tx, post_id)
        return {} if poll is None else question_of(poll, self._clock.now())

    async def snapshot(self, tx: Transaction, post_id: int) -> list[str]:
        """The titles of the options, for the history of edits."""
        poll = await self._poll(tx, post_id)
        return [] if poll is None else poll.titles

    async def access_poll(self, tx: Transaction, viewer: int | None, post_id: int) -> bytes:
        """The entity of a poll. Raises NotFound if it is not there for this viewer."""
        await self._posts.access_post(tx, viewer, post_id)
        found = await self.entities(tx, [post_id], viewer)
        if post_id not in found:
            raise NotFound
        return found[post_id]

    # Votes

    async def vote(
        self, tx: Transaction, voter: Account, post_id: int, choices: Sequence[int]
    ) -> None:
        """Somebody of this site votes. Raises NotFound, Invalid."""
        post = await self._posts.access_post(tx, voter.id, post_id)
        poll = await self._locked(tx, post_id)
        if poll is None:
            raise NotFound
        before = await self._votes_by(tx, post_id, voter.id)
        chosen = list(dict.fromkeys(choices))
        self._check_vote(poll, post, voter, chosen, before)
        uris = {}
        for choice in chosen:
            uris[choice] = f"{voter.uri}#votes/{self._ids.new()}"
            await self._add_vote(tx, poll, voter.id, choice, uris[choice])
        await self._count(tx, poll, chosen, new_voter=not before)
        if post.local:
            await self._posts.counters.plan_to_tell(tx, post)
        else:
            await self._send(tx, voter, post, {poll.titles[one]: uris[one] for one in chosen})
            await self._plan_end(tx, poll)

    def _check_vote(
        self, poll: Poll, post: Post, voter: Account, chosen: list[int], before: list[int]
    ) -> None:
        if post.account_id == voter.id:
            raise _invalid("self_vote", "You cannot vote in your own polls")
        if poll.is_closed(self._clock.now()):
            raise _invalid("expired", "The poll has already ended")
        if not chosen:
            raise _invalid("no_choice", "Choices can't be blank")
        if not all(0 <= choice < len(poll.options) for choice in chosen):
            raise _invalid("invalid_choice", "The chosen vote option does not exist")
        if set(chosen) & set(before) or (before and not poll.multiple):
            raise _invalid("already_voted", "You have already voted on this poll")
        if len(chosen) > 1 and not poll.multiple:
            raise _invalid("one_choice", "This poll allows one choice only")

    async def accepts_vote(
        self, tx: Transaction, voter: Account, question: Post, document: Json
    ) -> str | None:
        """Takes the vote of somebody elsewhere on a poll of this site; None without a poll.

        A vote that cannot count is not an error, so that others in the same message can.
        """
        poll = await self._locked(tx, question.id)
        if poll is None:
            return None
        if voter.is_gone:
            return "voter_gone"
        if poll.is_closed(self._clock.now()):
            return "poll_closed"
        title = clean_line(first_str(document.get("name")), MOST_CODE_POINTS)
        if title not in poll.titles:
            return "unknown_option"
        choice = poll.titles.index(title)
        before = await self._votes_by(tx, question.id, voter.id)
        if choice in before:
            return "known"
        if before and not poll.multiple:
            return "voted_already"
        await self._add_vote(tx, poll, voter.id, choice, id_of(document) or "")
        await self._count(tx, poll, [choice], new_voter=not before)
        await self._posts.counters.plan_to_tell(tx, question)
        return "voted"

    async def _add_vote(
        self, tx: Transaction, poll: Poll, voter: int, choice: int, uri: str
    ) -> None:
        await tx.run(
            queries.ADD_VOTE,
            post_id=poll.post_id,
            account_id=voter,
            option=choice,
            uri=uri,
            created_at=self._clock.now(),
        )

    async def _count(
        self, tx: Transaction, poll: Poll, chosen: list[int], *, new_voter: bool
    ) -> None:
        counted = [
            replace(option, votes=option.votes + (place in chosen))
            for place, option in enumerate(poll.options)
        ]
        await tx.run(
            queries.COUNT,
            key=poll.post_id,
            counted=options_to_json(counted),
            voters=int(new_voter),
        )

    async def _send(
        self, tx: Transaction, voter: Account, post: Post, choices: Mapping[str, str]
    ) -> None:
        """One activity for each choice, as Mastodon does; everybody reads that."""
        author_uri = await tx.value(queries.AUTHOR_URI, key=post.account_id)
        for title, uri in choices.items():
            activity = vote(
                uri=uri, voter=voter.uri, author=author_uri, question=post.uri, title=title
            )
            await self._outbox.enqueue(
                tx,
                activity,
                sender=voter.id,
                recipients=Recipients(accounts=(post.account_id,), personal=True),
            )

    # The end

    async def _plan_end(self, tx: Transaction, poll: Poll) -> None:
        if poll.closes_at is not None:
            await self._queue.enqueue(
                tx,
                END,
                {"post": poll.post_id},
                due_at=poll.closes_at,
                key=f"{END}:{poll.post_id}",
            )

    async def end(self, tx: Transaction, job: Job) -> None:
        """Closes a poll whose time is over and tells everybody; comes back if it was extended."""
        post_id = int(job.arguments["post"])
        post, poll = await self._posts.by_id(tx, post_id), await self._locked(tx, post_id)
        if post is None or poll is None or poll.closes_at is None or poll.closed_at is not None:
            return
        if not poll.is_closed(self._clock.now()):
            await self._plan_end(tx, poll)
            return
        await self._set(tx, replace(poll, closed_at=poll.closes_at))
        await self._tell_end(tx, post)
        if post.local:
            await self._posts.counters.plan_to_tell(tx, post)
        else:
            await self._posts.plan_refresh(tx, post)

    async def _tell_end(self, tx: Transaction, post: Post) -> None:
        voters = tuple(row[0] for row in await tx.all(queries.LOCAL_VOTERS, key=post.id))
        await self._events.publish(tx, PollEnded(post.id, post.account_id, voters))

    # Rows

    async def _poll(self, tx: Transaction, post_id: int) -> Poll | None:
        row = await tx.one(queries.BY_ID, key=post_id)
        return None if row is None else poll_of(row)

    async def _locked(self, tx: Transaction, post_id: int) -> Poll | None:
        row = await tx.one(queries.LOCK, key=post_id)
        return None if row is None else poll_of(row)

    async def _votes_by(self, tx: Transaction, post_id: int, voter: int) -> list[int]:
        return [row[0] for row in await tx.all(queries.VOTES_BY, key=post_id, me=voter)]


def _draft(poll: Mapping[str, Any]) -> PollDraft:
    """Forms know only text, and lists as mappings by number."""
    return bind(dict(poll), PollDraft)


def _invalid(code: str, sentence: str) -> Invalid:
    return Invalid(f"vote_{code}", f"Validation failed: {sentence}")


def _is_same_question(one: Poll, other: Poll) -> bool:
    return one.titles == other.titles and one.multiple == other.multiple


def _told(post_id: int, question: Question, now: int) -> Poll:
    closed_at = question.closed_at
    if closed_at is not None:
        closed_at = min(closed_at or question.closes_at or now, now)
    return Poll(
        post_id=post_id,
        multiple=question.multiple,
        hide_totals=question.hide_totals,
        options=question.options,
        voters_count=question.voters_count,
        closes_at=question.closes_at,
        closed_at=closed_at,
    )
