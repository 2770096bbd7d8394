"""What each role may do, and whose role somebody may change. Least rights; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fedrse.core.errors import Forbidden
from fedrse.features.access.model import Role
from fedrse.http.rights import Right

_EVERYTHING: Final = frozenset(Right)

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.OWNER: _EVERYTHING,
    Role.ADMIN: _EVERYTHING - {Right.ADMINISTRATOR},
    Role.MODERATOR: frozenset(
        {
            Right.VIEW_DASHBOARD,
            Right.MANAGE_REPORTS,
            Right.MANAGE_APPEALS,
            Right.MANAGE_USERS,
            Right.MANAGE_TAXONOMIES,
        }
    ),
    Role.COMMUNITY_MANAGER: frozenset(
        {
            Right.VIEW_DASHBOARD,
            Right.MANAGE_ANNOUNCEMENTS,
            Right.MANAGE_TAXONOMIES,
            Right.MANAGE_CUSTOM_EMOJIS,
            Right.MANAGE_INVITES,
            Right.INVITE_USERS,
            Right.MANAGE_EMAIL_SUBSCRIPTIONS,
        }
    ),
    # Watches those above and so has nothing that would need watching.
    Role.AUDITOR: frozenset({Right.VIEW_AUDIT_LOG}),
    Role.MEMBER: frozenset(),
}

_RANKS: Final = {role: rank for rank, role in enumerate(reversed(Role))}

# The admin part of the client API shows people and reports, never the log.
_NOT_IN_THE_API: Final = frozenset(
    {Right.VIEW_AUDIT_LOG, Right.INVITE_USERS, Right.MANAGE_EMAIL_SUBSCRIPTIONS}
)


def rights_of(role: Role) -> frozenset[Right]:
    """Everything that a role may do."""
    return RIGHTS[role]


def permissions_of(role: Role, everybody: Iterable[Right] = ()) -> int:
    """The rights of a role as ``permissions`` of the Mastodon API: one bit for each.

    ``everybody``: rights that everybody on this site has.
    """
    return sum(right.bit for right in RIGHTS[role].union(everybody))


def holders(right: Right) -> list[Role]:
    """The roles that have a right, the most powerful first."""
    return [role for role in Role if right in RIGHTS[role]]


def uses_admin_api(role: Role) -> bool:
    """Whether admin scopes mean anything for this role; each method asks for its right besides."""
    return bool(RIGHTS[role] - _NOT_IN_THE_API)


def outranks(actor: Role, other: Role) -> bool:
    """Whether somebody may act on the account of somebody else.

    Owners on all, admins on those below them, everybody else on members only: auditors watch what
    moderators do, so moderators must not be able to switch them off.
    """
    if other.is_staff and actor not in {Role.OWNER, Role.ADMIN}:
        return False
    return actor is Role.OWNER or _RANKS[actor] > _RANKS[other]


def require_outranks(actor: Role, other: Role) -> None:
    """Raises Forbidden (``rank_too_low``) where ``outranks`` says no."""
    if not outranks(actor, other):
        raise Forbidden(
            "rank_too_low",
            "Only owners and admins decide about others in charge,"
            " and only about those below them.",
        )


def may_give(actor: Role, *, known: Role, wanted: Role) -> bool:
    """Whether somebody may change a role into another one: nobody gives what they have not."""
    return (
        Right.MANAGE_ROLES in RIGHTS[actor] and outranks(actor, known) and outranks(actor, wanted)
    )


def require_right(rights: Iterable[str], right: Right) -> None:
    """Raises Forbidden (``right_missing``) where a right is not among those of somebody."""
    if right not in rights:
        raise Forbidden("right_missing", "This action is not allowed", right=right.value)
