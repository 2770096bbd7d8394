"""Decides who of the people that a text names gets the post: a mention never widens."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.core.errors import Invalid
from fedrse.features.accounts.model import GROUP, Account
from fedrse.features.posts import queries
from fedrse.features.posts.model import Audience, MentionedPerson, Post
from fedrse.features.posts.model_rules import Named, Reach, reaches
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_rows import Rows
from fedrse.store.database import Transaction


class Naming:
    """Turns mentioned accounts into people of a post."""

    def __init__(self, *, people: People, rows: Rows, border: Border) -> None:
        self._people = people
        self._rows = rows
        self._border = border

    async def people_named(
        self,
        tx: Transaction,
        author: Account,
        mentioned: Sequence[Account],
        *,
        reach: Reach,
        parent: Post | None,
    ) -> list[MentionedPerson]:
        """The people of a post, whom it reaches and whom not.

        The author of the post that is answered is addressed, named or not; so is the group of an
        answer for a group. Raises Invalid for a post for a group without a group.
        """
        named = {one.id: one for one in mentioned if one.id != author.id}
        silent = {} if parent is None else await self._answered(tx, reach, parent)
        silent = {key: one for key, one in silent.items() if key not in named and key != author.id}
        everybody = [*named.values(), *silent.values()]
        following: set[int] = set()
        inside: set[int] = set()
        ids = [one.id for one in everybody]
        if reach.audience is Audience.FOLLOWERS and ids:
            rows = await tx.all(queries.FOLLOWING_AUTHOR, ids=ids, author=author.id)
            following = {row[0] for row in rows}
        if reach.audience is Audience.GROUP:
            inside = await self._members(tx, author, everybody)
        answered = None if parent is None else parent.account_id
        people = []
        for one in everybody:
            facts = Named(
                local=one.local,
                member=self._border.is_member(one.host),
                admitted=self._border.admits(one.host),
                follows_author=one.id in following,
                in_group=one.id in inside,
                answered=one.id == answered,
                outside=self._border.is_outside(one.host),
            )
            people.append(
                mentioned_person(one, silent=one.id in silent, reached=reaches(reach, facts))
            )
        return people

    async def _answered(self, tx: Transaction, reach: Reach, parent: Post) -> dict[int, Account]:
        wanted = [parent.account_id]
        if reach.audience is Audience.GROUP:
            of_parent = (await self._rows.people_of(tx, [parent.id])).get(parent.id, [])
            wanted += [one.account_id for one in of_parent if one.kind == GROUP]
        found = await self._people.by_ids(tx, wanted)
        return {key: one for key, one in found.items() if not one.is_gone}

    async def _members(
        self, tx: Transaction, author: Account, everybody: Sequence[Account]
    ) -> set[int]:
        """The group itself and those of the people who are its members."""
        group = next((one for one in everybody if one.kind == GROUP), None)
        if group is None:
            raise _group_missing()
        ids = [author.id, *(one.id for one in everybody)]
        rows = await tx.all(queries.MEMBERS_AMONG, ids=ids, group_id=group.id)
        members = {row[0] for row in rows}
        if author.id not in members:
            raise _group_missing()
        return members | {group.id}


def mentioned_person(account: Account, *, silent: bool, reached: bool) -> MentionedPerson:
    """An account as somebody whom a post names."""
    return MentionedPerson(
        account_id=account.id,
        uri=account.uri,
        url=account.url,
        username=account.username,
        domain=account.domain,
        local=account.local,
        host=account.host,
        kind=account.kind,
        silent=silent,
        reached=reached,
    )


def _group_missing() -> Invalid:
    return Invalid(
        "group_missing",
        "Validation failed: A post for a group must mention a group that you are a member of",
    )
