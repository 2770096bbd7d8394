"""Roles: which rights each has, and whose role somebody may change."""

from __future__ import annotations

import asyncio
from itertools import pairwise, product

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.errors import Conflict, FedrseError, Forbidden
from fedrse.features.access.model import Role
from fedrse.features.access.model_roles import (
    RIGHTS,
    holders,
    may_give,
    outranks,
    permissions_of,
    require_outranks,
    require_right,
    rights_of,
    uses_admin_api,
)
from fedrse.features.access.service import Logins
from fedrse.features.access.service_credentials import Credentials
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.access.service_sessions import Sessions
from fedrse.http.rights import Right
from fedrse.store.database import Database
from tests.features.access.conftest import AddPerson

RUNNING = [Role.OWNER, Role.ADMIN]  # who may act on others who are in charge


def test_every_role_has_its_rights() -> None:
    assert set(RIGHTS) == set(Role)
    assert rights_of(Role.OWNER) == frozenset(Right)
    assert rights_of(Role.ADMIN) == frozenset(Right) - {Right.ADMINISTRATOR}
    assert rights_of(Role.AUDITOR) == {Right.VIEW_AUDIT_LOG}
    assert rights_of(Role.MEMBER) == frozenset()
    assert Right.MANAGE_FEDERATION not in rights_of(Role.MODERATOR)
    assert Right.MANAGE_REPORTS not in rights_of(Role.COMMUNITY_MANAGER)


def test_only_three_roles_read_the_log() -> None:
    assert holders(Right.VIEW_AUDIT_LOG) == [Role.OWNER, Role.ADMIN, Role.AUDITOR]


def test_bits_are_those_of_mastodon() -> None:
    """https://docs.joinmastodon.org/entities/Role/#permission-flags"""
    bits = {right.value: right.bit for right in Right}
    assert bits["administrator"] == 0x1
    assert bits["view_audit_log"] == 0x4
    assert bits["manage_reports"] == 0x10
    assert bits["manage_federation"] == 0x20
    assert bits["manage_users"] == 0x400
    assert bits["manage_announcements"] == 0x2000
    assert bits["invite_users"] == 0x10000
    assert bits["delete_user_data"] == 0x80000
    assert bits["manage_email_subscriptions"] == 0x400000
    assert permissions_of(Role.OWNER) == 0x4FFFFF
    assert permissions_of(Role.AUDITOR) == 0x4
    assert permissions_of(Role.MEMBER) == 0


def test_auditors_have_nothing_in_the_admin_api() -> None:
    assert [role for role in Role if uses_admin_api(role)] == [
        Role.OWNER,
        Role.ADMIN,
        Role.MODERATOR,
        Role.COMMUNITY_MANAGER,
    ]


def test_ranks_are_those_of_the_list() -> None:
    for higher, lower in pairwise(Role):
        assert outranks(higher, lower) == (higher in RUNNING or lower is Role.MEMBER)
        assert not outranks(lower, higher)
    assert outranks(Role.OWNER, Role.OWNER)
    assert not outranks(Role.ADMIN, Role.ADMIN)
    assert outranks(Role.ADMIN, Role.MODERATOR)
    assert outranks(Role.MODERATOR, Role.MEMBER)
    with pytest.raises(Forbidden):
        require_outranks(Role.MODERATOR, Role.ADMIN)


def test_those_who_are_watched_cannot_act_on_those_who_watch() -> None:
    assert [role for role in Role if outranks(role, Role.AUDITOR)] == RUNNING
    with pytest.raises(Forbidden):
        require_outranks(Role.MODERATOR, Role.AUDITOR)


def test_nobody_gives_what_they_have_not() -> None:
    for actor, known, wanted in product(Role, Role, Role):
        if may_give(actor, known=known, wanted=wanted):
            assert Right.MANAGE_ROLES in rights_of(actor)
            assert actor is Role.OWNER or rights_of(wanted) < rights_of(actor)
    assert may_give(Role.ADMIN, known=Role.MEMBER, wanted=Role.AUDITOR)
    assert not may_give(Role.ADMIN, known=Role.MEMBER, wanted=Role.OWNER)
    assert not may_give(Role.ADMIN, known=Role.OWNER, wanted=Role.MEMBER)
    assert may_give(Role.OWNER, known=Role.ADMIN, wanted=Role.OWNER)


def test_a_right_is_there_or_refused() -> None:
    require_right(rights_of(Role.AUDITOR), Right.VIEW_AUDIT_LOG)
    with pytest.raises(Forbidden):
        require_right(rights_of(Role.AUDITOR), Right.MANAGE_USERS)


async def test_sessions_know_rights_and_forget_them_with_the_role(
    database: Database,
    logins: Logins,
    sessions: Sessions,
    revocations: Revocations,
    clock: ManualClock,
    add_person: AddPerson,
) -> None:
    credentials = Credentials(database=database, clock=clock, revocations=revocations)
    amina = await add_person(role=Role.AUDITOR)
    cookie = await database.write(
        lambda tx: sessions.start(tx, amina, user_agent="test", address="127.0.0.1")
    )
    principal = await credentials.session(cookie.cookie)
    assert principal is not None
    assert principal.rights == {"view_audit_log"}
    assert not any(scope.startswith("admin:") for scope in principal.scopes)
    await database.write(logins.set_role, amina, Role.MEMBER)
    principal = await credentials.session(cookie.cookie)
    assert principal is not None
    assert principal.rights == frozenset()
    await credentials.close()


async def test_two_owners_cannot_shut_each_other_out(
    database: Database, logins: Logins, add_person: AddPerson
) -> None:
    one = await add_person("one", role=Role.OWNER)
    two = await add_person("two", role=Role.OWNER)
    await add_person("member")

    async def quietly(account_id: int, *, removes: bool) -> bool:
        try:
            if removes:
                await database.write(logins.set_role, account_id, Role.MEMBER)
            else:
                await database.write(logins.disable, account_id)
        except Conflict:
            return False
        return True

    done = await asyncio.gather(quietly(one, removes=True), quietly(two, removes=False))
    assert sorted(done) == [False, True]
    left = two if done[0] else one
    with pytest.raises(FedrseError):
        await database.write(logins.keep_an_owner, left)
    assert await database.read(logins.holders, Right.ADMINISTRATOR) == [left]
