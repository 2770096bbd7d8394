"""Keeps subscriptions, and writes down what has to be pushed in the transaction of its cause."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.settings import PushSettings
from fedrse.core.urls import BadUrl, UrlRules, parse_url
from fedrse.features.notifications.model_events import Notified
from fedrse.features.push import queries
from fedrse.features.push.model import (
    LONGEST_ENDPOINT,
    Keys,
    Policy,
    Subscription,
)
from fedrse.features.push.model_encryption import read_point
from fedrse.features.push.model_vapid import VapidKey
from fedrse.http.principal import Principal
from fedrse.jobs.queue import Queue
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

SEND: Final = "push.send"
KEY_NAME: Final = "push:vapid"


class Push:
    """The only writer of push subscriptions."""

    def __init__(
        self,
        *,
        settings: PushSettings,
        clock: Clock,
        cipher: KeyCipher,
        rules: UrlRules,
        queue: Queue,
        events: Events,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._cipher = cipher
        self._rules = rules
        self._queue = queue
        self._key: VapidKey | None = None
        events.subscribe(Notified, self._notified)

    # The key of the site

    @property
    def key(self) -> VapidKey:
        """Known once ``load_key`` has run."""
        assert self._key is not None  # noqa: S101  (the application loads it before it serves)
        return self._key

    async def load_key(self, tx: Transaction) -> None:
        """Reads the key pair of this site, making it at the first start; a write unit."""
        sealed = await tx.value(queries.VAPID)
        if sealed is None:
            fresh = self._cipher.encrypt(VapidKey.generate().private_bytes(), KEY_NAME)
            # Another process that starts at the same time may be the first: its key counts.
            await tx.run(queries.ADD_VAPID, id=1, sealed=fresh, created_at=self._clock.now())
            sealed = await tx.value(queries.VAPID)
        self._key = VapidKey.read(self._cipher.decrypt(bytes(sealed), KEY_NAME))

    # Subscriptions

    def permits(self, endpoint: str) -> bool:
        """Whether the admins let this site push there; raises BadUrl for what is no address."""
        return self.may_contact(parse_url(endpoint, self._rules).origin.peer)

    def may_contact(self, peer: str) -> bool:
        """See ``net.dialler.PeerGate``: push services have a list of their own."""
        if not self._settings.enabled:
            return False
        return not self._settings.allowed_hosts or self.is_named(peer)

    def is_named(self, peer: str) -> bool:
        """See ``net.dialler.PeerGate``."""
        host = peer.rpartition(":")[0] or peer
        return any(
            one in (peer, host) or (one.startswith("*.") and host.endswith(one[1:]))
            for one in self._settings.allowed_hosts
        )

    async def subscribe(
        self,
        tx: Transaction,
        who: Principal,
        *,
        token: str,
        endpoint: str,
        keys: Keys,
        standard: bool,
        alerts: frozenset[str],
        policy: Policy,
    ) -> Subscription:
        """Replaces the subscription of this access token. Raises Invalid."""
        user_key = keys.user_key()
        try:
            read_point(user_key)
            permitted = len(endpoint) <= LONGEST_ENDPOINT and self.permits(endpoint)
        except BadUrl as error:
            raise Invalid("push_endpoint", "Validation failed: Endpoint is invalid") from error
        except ValueError as error:
            raise Invalid("push_key", "Validation failed: Key p256dh is invalid") from error
        if not permitted:
            raise Invalid("push_host", "Validation failed: Endpoint is not permitted by the site")
        await tx.run(queries.REMOVE, which=who.credential)
        identifier = int(await tx.value(queries.NEXT_ID))
        made = Subscription(
            id=identifier,
            credential=who.credential,
            account_id=who.account_id or 0,
            endpoint=endpoint,
            user_key=user_key,
            secret=keys.secret(),
            standard=standard,
            alerts=alerts,
            policy=policy,
            sealed_token=self._cipher.encrypt(token.encode(), who.credential),
            created_at=self._clock.now(),
        )
        row = {name: getattr(made, name) for name in made.__struct_fields__}
        row |= {"alerts": " ".join(sorted(alerts)), "policy": policy.value}
        await tx.run(queries.ADD, **row)
        return made

    async def subscription(self, tx: Transaction, credential: str) -> Subscription:
        """That of an access token. Raises NotFound."""
        row = await tx.one(queries.BY_CREDENTIAL, which=credential)
        if row is None:
            raise NotFound
        return _subscription(row)

    async def change(
        self,
        tx: Transaction,
        credential: str,
        *,
        alerts: frozenset[str] | None,
        policy: Policy | None,
    ) -> Subscription:
        """Changes what is pushed; None keeps. Raises NotFound."""
        known = await self.subscription(tx, credential)
        made = replace(
            known,
            alerts=known.alerts if alerts is None else alerts,
            policy=known.policy if policy is None else policy,
        )
        await tx.run(
            queries.SET_DATA,
            which=credential,
            new_alerts=" ".join(sorted(made.alerts)),
            new_policy=made.policy.value,
        )
        return made

    async def unsubscribe(self, tx: Transaction, credential: str) -> None:
        """Removes that of an access token, if there is one."""
        await tx.run(queries.REMOVE, which=credential)

    # For jobs

    async def by_id(self, tx: Transaction, subscription_id: int) -> Subscription | None:
        """A subscription, whoever asks."""
        row = await tx.one(queries.BY_ID, key=subscription_id)
        return None if row is None else _subscription(row)

    async def drop(self, tx: Transaction, subscription_id: int) -> None:
        """Removes one that leads nowhere any more."""
        await tx.run(queries.REMOVE_ID, key=subscription_id)

    def token_of(self, subscription: Subscription) -> str:
        """The access token that the app expects. Raises FedrseError if the secret changed."""
        return self._cipher.decrypt(subscription.sealed_token, subscription.credential).decode()

    async def wants_from(self, tx: Transaction, subscription: Subscription, other: int) -> bool:
        """Whether the policy lets notifications of this account through."""
        me = subscription.account_id
        if other == me or subscription.policy is Policy.ALL:
            return True
        if subscription.policy is Policy.NONE:
            return False
        pair = (me, other) if subscription.policy is Policy.FOLLOWED else (other, me)
        return await tx.value(queries.FOLLOWS, who=pair[0], whom=pair[1]) is not None

    async def _notified(self, tx: Transaction, event: Notified) -> None:
        if not self._settings.enabled:
            return
        for row in await tx.all(queries.OF_ACCOUNT, key=event.account_id):
            if event.kind in row.alerts.split():
                await self._queue.enqueue(
                    tx, SEND, {"subscription": row.id, "notification": event.notification_id}
                )


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row.id,
        credential=row.credential,
        account_id=row.account_id,
        endpoint=row.endpoint,
        user_key=bytes(row.user_key),
        secret=bytes(row.secret),
        standard=row.standard,
        alerts=frozenset(row.alerts.split()),
        policy=Policy(row.policy),
        sealed_token=bytes(row.sealed_token),
        created_at=row.created_at,
    )
