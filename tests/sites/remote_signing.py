"""Signatures of the scriptable server, made and checked with ``cryptography`` alone.

Nothing here comes from fedrse: what fedrse verifies was signed by other code, and the other way
round. Written after draft-cavage-http-signatures-12, RFC 9421, FEP-521a and FEP-8b32.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Private = rsa.RSAPrivateKey | Ed25519PrivateKey
Public = rsa.RSAPublicKey | Ed25519PublicKey
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw
PEM = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def from_base58(text: str) -> bytes:
    number = 0
    for character in text:
        number = number * 58 + _ALPHABET.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


@dataclass(frozen=True)
class Key:
    """A private key with its id and owner."""

    id: str
    owner: str
    private: Private

    @classmethod
    def rsa(cls, owner: str, fragment: str = "main-key", bits: int = 2048) -> Key:
        return cls(f"{owner}#{fragment}", owner, rsa.generate_private_key(65537, bits))

    @classmethod
    def ed25519(cls, owner: str, fragment: str = "ed25519-key") -> Key:
        return cls(f"{owner}#{fragment}", owner, Ed25519PrivateKey.generate())

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(data)
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())

    @cached_property
    def pem(self) -> str:
        return self.private.public_key().public_bytes(*PEM).decode()

    @property
    def document(self) -> dict[str, str]:
        """As it stands in the actor: ``publicKey`` for RSA, a Multikey for Ed25519."""
        if isinstance(self.private, Ed25519PrivateKey):
            raw = b"\xed\x01" + self.private.public_key().public_bytes(*RAW)
            return {
                "id": self.id,
                "type": "Multikey",
                "controller": self.owner,
                "publicKeyMultibase": "z" + base58(raw),
            }
        return {"id": self.id, "owner": self.owner, "publicKeyPem": self.pem}


def digest(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def http_date(offset: float = 0) -> str:
    """Now, moved by so many seconds."""
    return formatdate(time.time() + offset, usegmt=True)


def cavage(
    key: Key,
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    names: Iterable[str] | None = None,
    algorithm: str | None = "rsa-sha256",
    created: int | None = None,
    expires: int | None = None,
    with_query: bool = True,
    key_id: str | None = None,
) -> dict[str, str]:
    """All headers of a signed request.

    ``headers`` replaces the values that are sent and signed; ``names`` is what is covered.
    """
    parts = urlsplit(url)
    sent = {"Host": parts.netloc, "Date": http_date()}
    if body is not None:
        sent["Digest"] = f"SHA-256={digest(body)}"
        sent["Content-Type"] = "application/activity+json"
    sent.update(headers or {})
    lower = {name.lower(): value for name, value in sent.items()}
    default = ("(request-target)", "host", "date") + (() if body is None else ("digest",))
    covered = tuple(names if names is not None else default)
    target = parts.path + (f"?{parts.query}" if parts.query and with_query else "")
    special = {
        "(request-target)": f"{method.lower()} {target}",
        "(created)": str(created),
        "(expires)": str(expires),
    }
    lines = [f"{name}: {special.get(name, lower.get(name))}" for name in covered]
    parameters = [f'keyId="{key_id or key.id}"']
    if algorithm is not None:
        parameters.append(f'algorithm="{algorithm}"')
    if created is not None:
        parameters.append(f"created={created}")
    if expires is not None:
        parameters.append(f"expires={expires}")
    signature = base64.b64encode(key.sign("\n".join(lines).encode())).decode()
    parameters += [f'headers="{" ".join(covered)}"', f'signature="{signature}"']
    return {**sent, "Signature": ",".join(parameters)}


def rfc9421(
    key: Key,
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    components: Iterable[str] | None = None,
    created: int | None = None,
    parameters: str = "",
    key_id: str | None = None,
) -> dict[str, str]:
    """All headers of a signed request; ``parameters`` are added to the signature's own."""
    parts = urlsplit(url)
    sent = {"Host": parts.netloc}
    if body is not None:
        sent["Content-Digest"] = f"sha-256=:{digest(body)}:"
        sent["Content-Type"] = "application/activity+json"
    sent.update(headers or {})
    lower = {name.lower(): value for name, value in sent.items()}
    default = ("@method", "@target-uri") + (() if body is None else ("content-digest",))
    covered = tuple(components if components is not None else default)
    at = int(time.time()) if created is None else created
    names = " ".join(f'"{name}"' for name in covered)
    listed = f'({names});created={at};keyid="{key_id or key.id}"{parameters}'
    base = signature_base(covered, listed, method, url, lower)
    signature = base64.b64encode(key.sign(base)).decode()
    return {**sent, "Signature-Input": f"sig1={listed}", "Signature": f"sig1=:{signature}:"}


def signature_base(
    covered: Iterable[str], listed: str, method: str, url: str, lower: Mapping[str, str]
) -> bytes:
    parts = urlsplit(url)
    special = {
        "@method": method.upper(),
        "@target-uri": url,
        "@authority": parts.netloc,
        "@path": parts.path,
        "@query": f"?{parts.query}",
        "@scheme": parts.scheme,
    }
    lines = [f'"{name}": {special.get(name, lower.get(name))}' for name in covered]
    return "\n".join([*lines, f'"@signature-params": {listed}']).encode()


# Checking what fedrse has signed

Find = Callable[[str], Public]
"""The public key with this id, as its owner publishes it."""


class NotVerified(AssertionError):
    """A signature that is missing, does not cover what it must, or is wrong."""


@dataclass(frozen=True)
class Verified:
    """``scheme`` is ``cavage`` or ``rfc9421``."""

    key_id: str
    scheme: str
    covered: tuple[str, ...]


def verify(
    find: Find, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
) -> Verified:
    """Checks a request; header names in lower case. Raises NotVerified."""
    if "signature-input" in headers:
        verified, base = _read_rfc9421(method, url, headers)
        text = headers["signature"].partition("=")[2].strip(":")
        needed = {"@method", "@target-uri"} | ({"content-digest"} if body else set())
    elif "signature" in headers:
        verified, base, text = _read_cavage(method, url, headers)
        needed = {"(request-target)", "host"} | ({"digest"} if body else set())
    else:
        raise NotVerified("not signed")
    if missing := needed - set(verified.covered):
        raise NotVerified(f"not covered: {missing}")
    if body:
        name = "digest" if verified.scheme == "cavage" else "content-digest"
        wanted = digest(body)
        if wanted not in headers.get(name, ""):
            raise NotVerified(f"{name} is {headers.get(name)}, not {wanted}")
    public, signature = find(verified.key_id), base64.b64decode(text)
    try:
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, base)
        else:
            public.verify(signature, base, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise NotVerified(f"wrong signature over {base!r}") from None
    return verified


def _read_cavage(method: str, url: str, headers: Mapping[str, str]) -> tuple[Verified, bytes, str]:
    found = dict(re.findall(r'(\w+)="?([^",]*)"?', headers["signature"]))
    covered = tuple(found["headers"].split())
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    special = {"(request-target)": f"{method.lower()} {target}"}
    lines = [f"{name}: {special.get(name, headers.get(name))}" for name in covered]
    return (
        Verified(found["keyId"], "cavage", covered),
        "\n".join(lines).encode(),
        re.findall(r'signature="([^"]+)"', headers["signature"])[0],
    )


def _read_rfc9421(method: str, url: str, headers: Mapping[str, str]) -> tuple[Verified, bytes]:
    listed = headers["signature-input"].partition("=")[2]
    covered = tuple(re.findall(r'"([^"]+)"', listed.partition(")")[0]))
    found = re.search(r';keyid="([^"]+)"', listed)
    if found is None:
        raise NotVerified("no keyid")
    base = signature_base(covered, listed, method, url, headers)
    return Verified(found[1], "rfc9421", covered), base


def public_key(document: Mapping[str, Any]) -> Public:
    """Reads a ``publicKey`` or Multikey object."""
    if "publicKeyPem" in document:
        loaded = serialization.load_pem_public_key(document["publicKeyPem"].encode())
        assert isinstance(loaded, rsa.RSAPublicKey)
        return loaded
    raw = from_base58(document["publicKeyMultibase"][1:])
    assert raw[:2] == b"\xed\x01"
    return Ed25519PublicKey.from_public_bytes(raw[2:])


# Object proofs (FEP-8b32, eddsa-jcs-2022); enough for documents of ASCII keys and whole numbers.


def canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def add_proof(document: dict[str, Any], key: Key, created: str | None = None) -> dict[str, Any]:
    """The document with a proof by this Ed25519 key."""
    assert isinstance(key.private, Ed25519PrivateKey)
    options = {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": key.id,
        "proofPurpose": "assertionMethod",
        "created": created or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    hashed = b"".join(hashlib.sha256(canonical(part)).digest() for part in (options, document))
    return {**document, "proof": {**options, "proofValue": "z" + base58(key.sign(hashed))}}


def check_proof(document: Mapping[str, Any], find: Find) -> str:
    """Checks the proof of a document; returns the key's id. Raises NotVerified."""
    proof = dict(document["proof"])
    value = proof.pop("proofValue")
    rest = {name: item for name, item in document.items() if name != "proof"}
    hashed = b"".join(hashlib.sha256(canonical(part)).digest() for part in (proof, rest))
    public = find(proof["verificationMethod"])
    assert isinstance(public, Ed25519PublicKey)
    try:
        public.verify(from_base58(value[1:]), hashed)
    except InvalidSignature:
        raise NotVerified("wrong proof") from None
    return str(proof["verificationMethod"])
