"""Who may put somebody into a collection: ``interactionPolicy.canFeature`` (FEP-7aa9). Pure.

Stored as two lists of groups, those that are agreed with at once and those that ask, such as
``public|`` or ``members|followers``; ``|`` is nobody. No text at all: the actor says nothing, which
means that nobody may.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, as_list, id_of, is_public
from fedrse.core.urls import same_origin

PUBLIC: Final = "public"
FOLLOWERS: Final = "followers"
FOLLOWING: Final = "following"
MEMBERS: Final = "members"
OTHERS: Final = "unsupported_policy"
_GROUPS: Final = (PUBLIC, FOLLOWERS, FOLLOWING, MEMBERS, OTHERS)
_MOST: Final = 20
_MEMBERS_PATH: Final = "/actor/members"


class Approval(Struct, frozen=True):
    """Groups that may do it, and those that may ask; ``said``: the actor says it at all."""

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()
    said: bool = False

    @property
    def right(self) -> str:
        """What somebody of this site may do, as Mastodon calls it.

        Whether one of many groups has the reader in it (``unknown``) is known when it is tried.
        """
        if not self.said:
            return "missing"
        if PUBLIC in self.automatic or MEMBERS in self.automatic:
            return "automatic"
        if PUBLIC in self.manual or MEMBERS in self.manual:
            return "manual"
        return "unknown" if self.automatic or self.manual else "denied"


def read_approval(stored: str | None) -> Approval:
    """What ``written_approval`` wrote."""
    if stored is None:
        return Approval()
    automatic, _, manual = stored.partition("|")
    return Approval(tuple(automatic.split()), tuple(manual.split()), said=True)


def written_approval(document: Json) -> str | None:
    """What an actor says, to be stored; None where it says nothing."""
    policy = document.get("interactionPolicy")
    rule = policy.get("canFeature") if isinstance(policy, dict) else None
    if not isinstance(rule, dict):
        return None
    parts = (_groups(rule.get(name), document) for name in ("automaticApproval", "manualApproval"))
    return "|".join(parts)


def shown_group(group: str) -> str:
    """The group as apps know it."""
    return OTHERS if group == MEMBERS else group


def _groups(value: object, document: Json) -> str:
    found = {_group(item, document) for item in as_list(value)[:_MOST]}
    return " ".join(one for one in _GROUPS if one in found)


def _group(value: object, document: Json) -> str:
    address = id_of(value) or ""
    if is_public([address]):
        return PUBLIC
    if address == id_of(document):  # the person alone: nobody else
        return ""
    if address and address == id_of(document.get("followers")):
        return FOLLOWERS
    if address and address == id_of(document.get("following")):
        return FOLLOWING
    # The members of the network, where the actor is of a site like this one.
    of_members = address.endswith(_MEMBERS_PATH) and same_origin(address, id_of(document) or "")
    return MEMBERS if of_members else OTHERS
