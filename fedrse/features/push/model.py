"""Subscriptions as values, and the rules about what is pushed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.features.push.model_encryption import read_base64url

ALERTS: Final = (
    "mention",
    "quote",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quoted_update",
    "admin.sign_up",
    "admin.report",
)
URGENT: Final = frozenset({"mention", "quote", "follow_request"})
LONGEST_ENDPOINT: Final = 2048
SECRET_BYTES: Final = 16
PUBLIC_KEY_BYTES: Final = 65


class Policy(StrEnum):
    """From whom notifications are pushed."""

    ALL = "all"
    FOLLOWED = "followed"
    FOLLOWER = "follower"
    NONE = "none"


class Subscription(Struct, frozen=True):
    """Where an app wants its notifications; ``credential`` names the token it belongs to.

    ``user_key`` and ``secret`` are those of the app (``p256dh``, ``auth``). ``standard`` chooses
    RFC 8291 instead of the draft that old apps know. ``sealed_token`` is the access token under
    the secret of the site: the app expects it in each message.
    """

    id: int
    credential: str
    account_id: int
    endpoint: str
    user_key: bytes
    secret: bytes
    standard: bool
    alerts: frozenset[str]
    policy: Policy
    sealed_token: bytes
    created_at: int


class Keys(Struct, frozen=True):
    """``subscription[keys]`` as apps send them."""

    p256dh: str
    auth: str

    def user_key(self) -> bytes:
        """The uncompressed point. Raises Invalid."""
        key = read_base64url(self.p256dh)
        if key is None or len(key) != PUBLIC_KEY_BYTES or key[0] != 4:
            raise Invalid("push_key", "Validation failed: Key p256dh is invalid")
        return key

    def secret(self) -> bytes:
        """16 bytes. Raises Invalid."""
        secret = read_base64url(self.auth)
        if secret is None or len(secret) != SECRET_BYTES:
            raise Invalid("push_secret", "Validation failed: Key auth is invalid")
        return secret


def read_alerts(value: object) -> frozenset[str]:
    """The alerts that are on, of ``data[alerts]``; unknown ones are ignored."""
    if not isinstance(value, dict):
        return frozenset()
    flat = dict(value)
    admin = flat.pop("admin", None)
    if isinstance(admin, dict):  # data[alerts][admin][sign_up]
        flat |= {f"admin.{name}": one for name, one in admin.items()}
    return frozenset(name for name in ALERTS if _is_on(flat.get(name)))


def _is_on(value: object) -> bool:
    return value is True or value == 1 or str(value).lower() in ("true", "1", "on", "t")


def read_policy(value: object) -> Policy:
    """The policy; without one all. Raises Invalid."""
    if value is None or value == "":
        return Policy.ALL
    try:
        return Policy(str(value))
    except ValueError:
        raise Invalid("push_policy", "Validation failed: Policy is not included in the list") from (
            None
        )


def entity(subscription: Subscription, server_key: str) -> dict[str, Any]:
    """The Mastodon ``WebPushSubscription``."""
    return {
        # A number, and a small one: apps read it as an integer of 32 bits.
        "id": subscription.id,
        "endpoint": subscription.endpoint,
        "standard": subscription.standard,
        "alerts": {name: name in subscription.alerts for name in ALERTS},
        "policy": subscription.policy.value,
        "server_key": server_key,
    }
