"""Sends what is to be pushed: one request per message, tried again where that makes sense."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec
import structlog

from fedrse.core.clock import DAY, HOUR, MINUTE, SECOND, Clock
from fedrse.core.errors import FedrseError
from fedrse.core.ports import Protocol
from fedrse.core.urls import BadUrl, UrlRules, parse_url
from fedrse.features.push.model import URGENT, Subscription
from fedrse.features.push.model_encryption import MOST_CLEAR, encrypt, encrypt_as_draft
from fedrse.features.push.service import SEND, Push
from fedrse.jobs.model import GiveUp, Job, TryLater
from fedrse.jobs.runner import Runner
from fedrse.net.client import FetchLimits, GuardedClient, Response
from fedrse.net.errors import HostNotAllowed
from fedrse.store.database import Database, Transaction

TTL: Final = 2 * DAY  # a push service keeps it so long for an app that is away
LONGEST_WAIT: Final = 6 * HOUR
LIMITS: Final = FetchLimits(body=64 * 1024, redirects=0, seconds=15.0)
log = structlog.get_logger(__name__)

StillValid = Callable[[Transaction, Sequence[str]], Awaitable[set[str]]]


class Contents(Protocol):
    """Words of a notification: ``preferred_locale``, ``icon``, ``title``, ``body`` and so on."""

    async def __call__(
        self, tx: Transaction, notification_id: int
    ) -> tuple[int, dict[str, Any]] | None:
        """Who caused it, and what the app shows; None if it is not there any more."""


class PushJobs:
    """Handles ``push.send``."""

    def __init__(
        self,
        *,
        database: Database,
        push: Push,
        contents: Contents,
        still_valid: StillValid,
        client: GuardedClient,
        rules: UrlRules,
        clock: Clock,
        subject: str,
    ) -> None:
        """``subject`` tells push services whom to ask: ``mailto:`` or an https address."""
        self._database = database
        self._push = push
        self._contents = contents
        self._still_valid = still_valid
        self._client = client
        self._rules = rules
        self._clock = clock
        self._subject = subject

    def register(self, runner: Runner) -> None:
        """Makes the runner do this."""
        runner.handle(SEND, self.send)

    async def send(self, job: Job) -> None:
        """Pushes one notification to one subscription."""
        found = await self._database.read(
            self._read, int(job.arguments["subscription"]), int(job.arguments["notification"])
        )
        if found is None:
            return
        subscription, message = found
        if message is None:
            await self._database.write(self._push.drop, subscription.id)
            return
        if self._clock.now() - (int(job.arguments["notification"]) >> 16) > TTL:
            raise GiveUp("nobody waits for it any more")
        response = await self._post(subscription, message)
        await self._judge(subscription, response)

    async def _read(
        self, tx: Transaction, subscription_id: int, notification_id: int
    ) -> tuple[Subscription, dict[str, Any] | None] | None:
        """None: there is nothing to push. Without a message the subscription has ended."""
        subscription = await self._push.by_id(tx, subscription_id)
        if subscription is None:
            return None
        if not await self._still_valid(tx, [subscription.credential]):
            return subscription, None
        contents = await self._contents(tx, notification_id)
        if contents is None or not await self._push.wants_from(tx, subscription, contents[0]):
            return None
        return subscription, contents[1]

    async def _post(self, subscription: Subscription, message: dict[str, Any]) -> Response:
        body = _fitting({"access_token": self._push.token_of(subscription), **message})
        make = encrypt if subscription.standard else encrypt_as_draft
        encrypted = make(body, user_key=subscription.user_key, secret=subscription.secret)
        try:
            if not self._push.permits(subscription.endpoint):
                raise GiveUp("the site does not push there")
            audience = str(parse_url(subscription.endpoint, self._rules).origin)
            key = self._push.key
            token = key.token(audience=audience, subject=self._subject, now=self._clock.now())
            identity = key.headers(token, standard=subscription.standard)
            headers = {
                **encrypted.headers,
                **identity,
                "Content-Type": "application/octet-stream",
                "TTL": str(TTL // SECOND),
                "Urgency": "high" if message["notification_type"] in URGENT else "normal",
            }
            if not subscription.standard:
                keys = (part["Crypto-Key"] for part in (encrypted.headers, identity))
                headers["Crypto-Key"] = ";".join(keys)
            return await self._client.post(
                subscription.endpoint, encrypted.body, headers=headers, limits=LIMITS
            )
        except (BadUrl, HostNotAllowed) as error:
            raise GiveUp(error.message) from error

    async def _judge(self, subscription: Subscription, response: Response) -> None:
        status = response.status
        if 200 <= status < 300:
            return
        if status in (404, 410):
            log.info("push_subscription_gone", host=_host(subscription), status=status)
            await self._database.write(self._push.drop, subscription.id)
            return
        if status == 429 or status >= 500:
            wait = _retry_after(response)
            if wait is not None:
                raise TryLater(f"status {status}", delay=wait)
            raise PushFailed(status)
        raise GiveUp(f"{_host(subscription)} answered {status}")


class PushFailed(FedrseError):
    """A push service that does not take messages now."""

    status = 502

    def __init__(self, status: int) -> None:
        super().__init__("push_failed", f"The push service answered {status}")


def _host(subscription: Subscription) -> str:
    return subscription.endpoint.split("/", 3)[2]


def _retry_after(response: Response) -> int | None:
    """Milliseconds (RFC 9110, section 10.2.3); a date counts as absent."""
    text = response.headers.get("retry-after", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        return None
    return min(max(int(text) * SECOND, MINUTE // 60), LONGEST_WAIT)


def _fitting(message: dict[str, Any]) -> bytes:
    """JSON of at most one record; the body is shortened if need be."""
    encoded = msgspec.json.encode(message)
    while len(encoded) > MOST_CLEAR and message["body"]:
        message = {**message, "body": message["body"][: len(message["body"]) // 2]}
        encoded = msgspec.json.encode(message)
    return encoded
