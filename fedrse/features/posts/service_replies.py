"""Answers that the author of a remote post does not want are not written (GoToSocial policies)."""

from __future__ import annotations

import json

from fedrse.core.errors import Forbidden
from fedrse.features.accounts.model import Account
from fedrse.features.posts import queries
from fedrse.features.posts.model import Post
from fedrse.features.posts.model_rules import ReplyPolicy, may_reply
from fedrse.features.posts.service_ports import People
from fedrse.store.database import Transaction

REPLY_POLICY = "reply_policy"  # in Post.extra: canReply as published


async def check_reply(tx: Transaction, people: People, author: Account, parent: Post) -> None:
    """Raises Forbidden if the policy of the answered post excludes this person."""
    if parent.local or REPLY_POLICY not in parent.extra:
        return
    published = json.loads(parent.extra).get(REPLY_POLICY, {})
    policy = ReplyPolicy(
        tuple(published.get("automaticApproval", ())), tuple(published.get("manualApproval", ()))
    )
    answered = await people.by_id(tx, parent.account_id)
    follows = await tx.all(queries.FOLLOWING_AUTHOR, ids=[author.id], author=parent.account_id)
    named = await tx.value(queries.NAMES, key=parent.id, person=author.id)
    if not may_reply(
        policy,
        actor=author.uri,
        follows=bool(follows),
        followers=None if answered is None else answered.followers_uri,
        named=named is not None,
    ):
        raise Forbidden("reply_denied", "This action is not allowed")
