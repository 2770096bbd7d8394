"""Whose notifications wait: the rules, as a table."""

from __future__ import annotations

import pytest

from fedrse.core.clock import DAY
from fedrse.features.notifications.model import Kind
from fedrse.features.notifications.model_policy import Policy, Ruling, Sender, ruling

NOW = 1_768_467_600_000
ACCEPT, FILTER, DROP = Ruling.ACCEPT, Ruling.FILTER, Ruling.DROP
STRANGER = Sender(
    followed=False, follows_since=None, created_at=NOW - 90 * DAY, permitted=False, private=False
)
FOLLOWED = Sender(
    followed=True, follows_since=None, created_at=NOW - 90 * DAY, permitted=False, private=True
)
OLD_FOLLOWER = Sender(
    followed=False,
    follows_since=NOW - 4 * DAY,
    created_at=NOW - 90 * DAY,
    permitted=False,
    private=True,
)
NEW_FOLLOWER = Sender(
    followed=False,
    follows_since=NOW - DAY,
    created_at=NOW - DAY,
    permitted=False,
    private=False,
)
PERMITTED = Sender(followed=False, follows_since=None, created_at=NOW, permitted=True, private=True)


@pytest.mark.parametrize(
    ("policy", "sender", "expected"),
    [
        (Policy(), STRANGER, ACCEPT),
        (Policy(for_not_following=FILTER), STRANGER, FILTER),
        (Policy(for_not_following=DROP), STRANGER, DROP),
        (Policy(for_not_following=DROP), FOLLOWED, ACCEPT),
        (Policy(for_not_followers=FILTER), STRANGER, FILTER),
        (Policy(for_not_followers=FILTER), OLD_FOLLOWER, ACCEPT),
        (Policy(for_not_followers=FILTER), NEW_FOLLOWER, FILTER),
        (Policy(for_new_accounts=FILTER), NEW_FOLLOWER, FILTER),
        (Policy(for_new_accounts=FILTER), OLD_FOLLOWER, ACCEPT),
        (Policy(for_private_mentions=FILTER), OLD_FOLLOWER, FILTER),
        (Policy(for_private_mentions=FILTER), FOLLOWED, ACCEPT),
        (Policy(for_private_mentions=FILTER), STRANGER, ACCEPT),
        (Policy(for_not_following=FILTER, for_not_followers=DROP), STRANGER, DROP),
        (Policy(for_not_following=DROP, for_private_mentions=DROP), PERMITTED, ACCEPT),
    ],
)
def test_rulings(policy: Policy, sender: Sender, expected: Ruling) -> None:
    assert ruling(policy, sender, Kind.MENTION, NOW) is expected
    # What is about own posts and duties always arrives.
    assert ruling(policy, sender, Kind.POLL, NOW) is ACCEPT
    assert ruling(policy, sender, Kind.REPORT, NOW) is ACCEPT
