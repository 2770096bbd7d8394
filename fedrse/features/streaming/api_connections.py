"""Open connections: WebSockets and server-sent events, written to without waiting.

What is sent goes straight into the buffer of the socket: a connection has no queue and no task of
its own besides the one that reads, so thousands of idle ones cost little. A reader whose buffer is
full is cut off; apps come back and ask for what they missed.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from aiohttp import WSCloseCode

from fedrse.features.streaming.model import PING, Message, Topic, close_frame, text_frame
from fedrse.http.principal import Principal, scope_allows

MOST_BUFFERED: Final = 1024 * 1024  # bytes that a slow reader may leave waiting
SILENT_BEATS: Final = 5  # without any sign of life, then nobody is there
MESSAGES_PER_BEAT: Final = 300


class Connection:
    """What both kinds have in common; see ``model.Listener``."""

    __slots__ = (
        "account_id",
        "credential",
        "gone",
        "hears_notifications",
        "topics",
        "transport",
    )

    def __init__(
        self, principal: Principal, account_id: int, transport: asyncio.WriteTransport
    ) -> None:
        self.account_id = account_id
        self.credential = principal.credential
        self.hears_notifications = scope_allows(principal.scopes, "read:notifications")
        self.topics: dict[Topic, bytes] = {}
        self.transport = transport
        self.gone = False

    def write(self, data: bytes) -> None:
        """Writes without waiting; cuts off who does not read."""
        if self.gone or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > MOST_BUFFERED:
            self.cut_off()
            return
        self.transport.write(data)

    def cut_off(self) -> None:
        """Closes the connection at once, with whatever waits to be sent."""
        self.gone = True
        self.transport.abort()


class WebSocketConnection(Connection):
    """A WebSocket (RFC 6455)."""

    __slots__ = ("beats", "messages", "silent")

    def __init__(
        self, principal: Principal, account_id: int, transport: asyncio.WriteTransport
    ) -> None:
        super().__init__(principal, account_id, transport)
        self.beats = 0
        self.silent = 0
        self.messages = 0

    def send(self, message: Message, topic: Topic) -> None:
        """See ``model.Listener``."""
        label = self.topics.get(topic)
        if label is not None:
            self.write(message.frame(label))

    def tell(self, value: object) -> None:
        """Sends a JSON document that belongs to no stream."""
        self.write(text_frame(msgspec.json.encode(value)))

    def heard(self) -> bool:
        """Something arrived; False if it was too much since the last beat."""
        self.silent = 0
        self.messages += 1
        return self.messages <= MESSAGES_PER_BEAT

    def beat(self) -> None:
        """See ``model.Listener``."""
        self.messages = 0
        self.silent += 1
        self.beats += 1
        if self.silent > SILENT_BEATS:
            self.cut_off()
        elif self.beats % 2 == 0:
            self.write(PING)

    def end(self, reason: str) -> None:
        """See ``model.Listener``."""
        self.close(WSCloseCode.POLICY_VIOLATION, reason)

    def close(self, code: int, reason: str) -> None:
        """Says goodbye and closes."""
        if not self.gone:
            self.write(close_frame(code, reason))
            self.gone = True
            self.transport.close()


class EventStreamConnection(Connection):
    """Server-sent events, in chunks where the client speaks HTTP/1.1."""

    __slots__ = ("chunked", "ended")

    def __init__(
        self,
        principal: Principal,
        account_id: int,
        transport: asyncio.WriteTransport,
        *,
        chunked: bool,
    ) -> None:
        super().__init__(principal, account_id, transport)
        self.chunked = chunked
        self.ended = asyncio.Event()

    def send(self, message: Message, topic: Topic) -> None:
        """See ``model.Listener``."""
        del topic
        self._write_event(message.event_stream())

    def _write_event(self, text: bytes) -> None:
        self.write(b"%x\r\n%s\r\n" % (len(text), text) if self.chunked else text)

    def beat(self) -> None:
        """See ``model.Listener``."""
        if self.gone or self.transport.is_closing():
            self.ended.set()
        else:
            self._write_event(b":thump\n")

    def end(self, reason: str) -> None:
        """See ``model.Listener``."""
        del reason
        self.gone = True
        self.ended.set()

    def cut_off(self) -> None:
        """Ends the handler, too, which only waits."""
        super().cut_off()
        self.ended.set()
