"""Keys in documents: how actors publish them, and how one is found by its id.

``publicKey`` (security/v1, with PEM) is what every server reads; ``assertionMethod`` with
``Multikey`` objects is FEP-521a.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fedrse.activitypub.keys import (
    PublicKey,
    VerifyKey,
    public_key_from_multibase,
    public_key_from_pem,
    public_key_to_multibase,
    public_key_to_pem,
)
from fedrse.activitypub.refusals import Refusal, refused
from fedrse.activitypub.vocabulary import Json, as_list, id_of
from fedrse.core.clock import from_iso
from fedrse.core.errors import Unauthenticated
from fedrse.core.urls import same_origin

_MAX_KEYS: Final = 32


def public_key_document(key_id: str, owner: str, public: PublicKey) -> dict[str, str]:
    """The object under ``publicKey`` of an actor."""
    return {"id": key_id, "owner": owner, "publicKeyPem": public_key_to_pem(public)}


def multikey_document(key_id: str, controller: str, public: Ed25519PublicKey) -> dict[str, str]:
    """An object under ``assertionMethod`` of an actor (FEP-521a)."""
    return {
        "id": key_id,
        "type": "Multikey",
        "controller": controller,
        "publicKeyMultibase": public_key_to_multibase(public),
    }


def find_key(document: Json, key_id: str, now_ms: int) -> VerifyKey:
    """The key with exactly this id in a fetched actor or key document.

    Key, owner and document must be of one origin, and in an actor document that is not the
    owner's own nothing is found. Where ``document["id"]`` is not the ``owner`` of the result (a
    bare key document), the claim has one side only: fetch the owner and call this again on it.

    Raises Unauthenticated ``key_not_found``, ``key_foreign``, ``key_revoked``, ``key_malformed``
    or ``key_unsupported``.
    """
    for candidate in _candidates(document):
        if candidate.get("id") == key_id:
            return _read(document, candidate, key_id, now_ms)
    raise refused(Refusal.KEY_NOT_FOUND, key=key_id)


def usable_keys(actor: Json, now_ms: int) -> list[VerifyKey]:
    """All keys of an actor document that can be used, in its order; others are left out."""
    keys = []
    for candidate in _candidates(actor):
        key_id = candidate.get("id")
        if isinstance(key_id, str) and candidate is not actor:
            try:
                keys.append(_read(actor, candidate, key_id, now_ms))
            except Unauthenticated:
                continue
    return keys


def _candidates(document: Json) -> Iterator[Json]:
    if "publicKeyPem" in document or "publicKeyMultibase" in document:
        yield document
    for name in ("publicKey", "assertionMethod"):
        for member in as_list(document.get(name))[:_MAX_KEYS]:
            if isinstance(member, dict):
                yield member


def _read(document: Json, candidate: Json, key_id: str, now_ms: int) -> VerifyKey:
    owner = _owner(document, candidate)
    holder = id_of(document) or ""
    # The document is the owner or the key itself, so it has the same origin as these two.
    if holder not in {owner, key_id} or not same_origin(key_id, owner):
        raise refused(Refusal.KEY_FOREIGN, key=key_id, owner=owner, document=holder)
    if _is_over(candidate, now_ms):
        raise refused(Refusal.KEY_REVOKED, key=key_id)
    return VerifyKey(key_id=key_id, owner=owner, public=_public(candidate, key_id))


def _owner(document: Json, candidate: Json) -> str:
    owner = id_of(candidate.get("owner") or candidate.get("controller"))
    if owner is None and candidate is not document:
        owner = id_of(document)
    if owner is None:
        raise refused(Refusal.KEY_MALFORMED, why="owner")
    return owner


def _public(candidate: Json, key_id: str) -> PublicKey:
    pem = candidate.get("publicKeyPem")
    if isinstance(pem, str):
        return public_key_from_pem(pem)
    multibase = candidate.get("publicKeyMultibase")
    if isinstance(multibase, str):
        return public_key_from_multibase(multibase)
    raise refused(Refusal.KEY_MALFORMED, key=key_id)


def _is_over(candidate: Json, now_ms: int) -> bool:
    """Whether ``revoked`` or ``expires`` (Controlled Identifiers) lies in the past."""
    for name in ("revoked", "expires"):
        value = candidate.get(name)
        if value is not None:
            try:
                if from_iso(value if isinstance(value, str) else "") <= now_ms:
                    return True
            except ValueError:
                return True
    return False
