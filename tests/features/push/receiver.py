"""The other end of Web Push: an app's keys, and a push service on a loopback socket."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from fedrse.features.push.model_encryption import base64url, point, read_base64url, read_point


def _hmac(key: bytes, *parts: bytes) -> bytes:
    """HKDF step by step (RFC 5869), so that nothing here is shared with what it checks."""
    mac = HMAC(key, SHA256())
    for part in parts:
        mac.update(part)
    return mac.finalize()


class PushKeys:
    """What an app makes when it subscribes."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.point = point(self.private.public_key())
        self.secret = os.urandom(16)

    def subscription(self, endpoint: str, **more: Any) -> dict[str, Any]:
        """The parameter ``subscription``."""
        keys = {"p256dh": base64url(self.point), "auth": base64url(self.secret)}
        return {"endpoint": endpoint, "keys": keys, **more}

    def decrypt(self, body: bytes, headers: Any) -> bytes:
        """Reads a message in either encoding."""
        if headers["Content-Encoding"] == "aes128gcm":
            return self._standard(body)
        return self._draft(body, headers)

    def _standard(self, body: bytes) -> bytes:
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        assert size == 4096 >= len(body) - 21 - length
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        shared = self.private.exchange(ec.ECDH(), read_point(sender))
        material = _hmac(
            _hmac(self.secret, shared), b"WebPush: info\0", self.point, sender, b"\x01"
        )
        extracted = _hmac(salt, material)
        key = _hmac(extracted, b"Content-Encoding: aes128gcm\0\x01")[:16]
        nonce = _hmac(extracted, b"Content-Encoding: nonce\0\x01")[:12]
        clear = AESGCM(key).decrypt(nonce, sealed, None)
        assert clear.endswith(b"\x02")
        return clear[:-1]

    def _draft(self, body: bytes, headers: Any) -> bytes:
        salt = read_base64url(re.findall(r"salt=([^;,]+)", headers["Encryption"])[0])
        sender = read_base64url(re.findall(r"dh=([^;,]+)", headers["Crypto-Key"])[0])
        assert salt is not None
        assert sender is not None
        shared = self.private.exchange(ec.ECDH(), read_point(sender))
        material = _hmac(_hmac(self.secret, shared), b"Content-Encoding: auth\0\x01")
        extracted = _hmac(salt, material)
        context = b"P-256\0\0\x41" + self.point + b"\0\x41" + sender
        key = _hmac(extracted, b"Content-Encoding: aesgcm\0" + context + b"\x01")[:16]
        nonce = _hmac(extracted, b"Content-Encoding: nonce\0" + context + b"\x01")[:12]
        clear = AESGCM(key).decrypt(nonce, body, None)
        assert clear[:2] == b"\0\0"
        return clear[2:]


@dataclass
class Pushed:
    """A message as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    def message(self, keys: PushKeys) -> Any:
        return json.loads(keys.decrypt(self.body, self.headers))

    def claims(self, server_key: str) -> Any:
        """What the sender says of itself, once its signature has been checked."""
        text = self.headers["Authorization"]
        if text.startswith("vapid "):
            assert re.findall(r"k=([^,]+)", text) == [server_key]
            token = re.findall(r"t=([^,]+)", text)[0]
        else:
            assert f"p256ecdsa={server_key}" in self.headers["Crypto-Key"]
            token = text.removeprefix("WebPush ")
        signed, _, signature = token.rpartition(".")
        raw, public = read_base64url(signature), read_base64url(server_key)
        assert raw is not None
        assert public is not None
        first, second = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        der = encode_dss_signature(first, second)
        read_point(public).verify(der, signed.encode(), ec.ECDSA(SHA256()))
        claims = read_base64url(signed.partition(".")[2])
        assert claims is not None
        return json.loads(claims)


@dataclass
class PushService:
    """Collects messages; ``answers`` are given first, then 201."""

    address: str = ""
    pushed: list[Pushed] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.pushed.append(Pushed(request.path, dict(request.headers), body))
        status, headers = self.answers.pop(0) if self.answers else (201, {})
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """A push service on a loopback socket."""
    service = PushService()
    application = web.Application()
    application.router.add_post("/{tail:.*}", service.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    service.address = f"http://{host}:{port}"
    try:
        yield service
    finally:
        await runner.cleanup()
