"""Object integrity proofs: FEP-8b32 with the suite ``eddsa-jcs-2022`` (Ed25519 over JCS).

A proof travels with the document, so that a forwarded activity proves itself. It is made and
checked over the JSON as it is on the wire, never over a model of it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from msgspec import Struct

from fedrse.activitypub.jcs import canonicalize
from fedrse.activitypub.keys import KeyAlgorithm, SigningKey, VerifyKey
from fedrse.activitypub.multibase import decode_base58btc, encode_base58btc
from fedrse.activitypub.refusals import Refusal, refused
from fedrse.activitypub.signed_request import MAX_KEY_ID_CHARACTERS
from fedrse.activitypub.vocabulary import Json, id_of, ids_of
from fedrse.core.clock import HOUR, from_iso, to_iso_seconds
from fedrse.core.urls import same_origin

PROOF_TYPE: Final = "DataIntegrityProof"
CRYPTOSUITE: Final = "eddsa-jcs-2022"
PURPOSE: Final = "assertionMethod"
_SIGNATURE_BYTES: Final = 64
_MAX_PROOF_VALUE_CHARACTERS: Final = 128
# Left out of what is signed: the proof itself, and a Linked Data signature put on after it.
_UNSIGNED: Final = frozenset({"proof", "signature"})


class ParsedProof(Struct, frozen=True, kw_only=True):
    """A proof as read, not yet verified; times in milliseconds.

    ``config`` is the proof without its value, ``document`` the part of the document that the proof
    secures.
    """

    key_id: str
    signature: bytes
    created: int | None
    expires: int | None
    config: Json
    document: Json


def create_proof(document: Json, key: SigningKey, created_ms: int) -> Json:
    """The proof object for a document. ValueError unless the key is Ed25519.

    A proof makes a leaked post provable: do not make one for what only some may read.
    """
    if key.algorithm is not KeyAlgorithm.ED25519:
        raise ValueError("eddsa-jcs-2022 needs an Ed25519 key")
    proof: Json = {
        "type": PROOF_TYPE,
        "cryptosuite": CRYPTOSUITE,
        "verificationMethod": key.key_id,
        "proofPurpose": PURPOSE,
        "created": to_iso_seconds(created_ms),
    }
    if "@context" in document:
        proof["@context"] = document["@context"]
    signature = key.sign(_hash(proof, _unsecured(document)))
    return {**proof, "proofValue": encode_base58btc(signature)}


def with_proof(document: Json, key: SigningKey, created_ms: int) -> Json:
    """A copy of the document that carries a proof, in place of any other proof or signature."""
    return {**_unsecured(document), "proof": create_proof(document, key, created_ms)}


def parse_proof(document: Json) -> ParsedProof:
    """Reads the proof of a received document; which key it names, nothing verified yet.

    Raises Unauthenticated ``proof_missing``, ``proof_unsupported`` or ``proof_malformed``.
    """
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not proof:
        raise refused(Refusal.PROOF_MISSING)
    if not isinstance(proof, dict):
        raise refused(Refusal.PROOF_MALFORMED, why="not one object")
    stated = (proof.get("type"), proof.get("cryptosuite"), proof.get("proofPurpose"))
    if stated != (PROOF_TYPE, CRYPTOSUITE, PURPOSE):
        raise refused(Refusal.PROOF_UNSUPPORTED, stated=str(stated)[:200])
    key_id = proof.get("verificationMethod")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID_CHARACTERS:
        raise refused(Refusal.PROOF_MALFORMED, why="verificationMethod")
    return ParsedProof(
        key_id=key_id,
        signature=_signature(proof.get("proofValue")),
        created=_time(proof, "created"),
        expires=_time(proof, "expires"),
        config={name: value for name, value in proof.items() if name != "proofValue"},
        document=_with_context_of(proof, _unsecured(document)),
    )


def verify_proof(parsed: ParsedProof, key: VerifyKey, now_ms: int) -> Json:
    """Verifies that the author of the document made the proof.

    The key must be owned by the document's ``actor`` or, without one, be among ``attributedTo``
    or, without both, be the document's own (an actor); owner and document are of one origin.

    Returns the document as it was signed, without proof and with the signed ``@context``: use
    that one, since contexts added behind the signed ones are nobody's word. Raises Unauthenticated
    ``proof_foreign`` and the errors of ``verify_integrity``.
    """
    document = parsed.document
    name = next((name for name in ("actor", "attributedTo") if name in document), "id")
    authors = ids_of(document.get(name))
    if key.owner not in authors or not same_origin(key.owner, id_of(document) or ""):
        raise refused(Refusal.PROOF_FOREIGN, owner=key.owner, authors=authors[:5])
    return verify_integrity(parsed, key, now_ms)


def verify_integrity(parsed: ParsedProof, key: VerifyKey, now_ms: int) -> Json:
    """Verifies that the key made the proof; *whose word it is* must be decided by the caller.

    Returns the document as it was signed. Raises Unauthenticated ``key_mismatch``,
    ``key_unsupported``, ``proof_expired`` or ``proof_wrong``, and BadRequest for a document that
    has no canonical form.
    """
    if key.key_id != parsed.key_id:
        raise refused(Refusal.KEY_MISMATCH, key=key.key_id, named=parsed.key_id)
    if key.algorithm is not KeyAlgorithm.ED25519:
        raise refused(Refusal.KEY_UNSUPPORTED, key=key.key_id)
    too_early = parsed.created is not None and parsed.created > now_ms + HOUR
    if too_early or (parsed.expires is not None and parsed.expires < now_ms):
        raise refused(Refusal.PROOF_EXPIRED, created=parsed.created, expires=parsed.expires)
    if not key.verifies(parsed.signature, _hash(parsed.config, parsed.document)):
        raise refused(Refusal.PROOF_WRONG, key=key.key_id)
    return parsed.document


def _hash(config: Json, document: Json) -> bytes:
    """64 bytes: the hash of the proof's configuration first, then the document's."""
    config_hash = hashlib.sha256(canonicalize(config)).digest()
    return config_hash + hashlib.sha256(canonicalize(document)).digest()


def _unsecured(document: Json) -> Json:
    return {name: value for name, value in document.items() if name not in _UNSIGNED}


def _with_context_of(proof: Json, document: Json) -> Json:
    """Puts the signed ``@context`` back where contexts were added behind it (vc-di-eddsa 3.3.2)."""
    if "@context" not in proof:
        return document
    signed = proof["@context"]
    present = document.get("@context")
    if signed == present:
        return document
    first = signed if isinstance(signed, list) else [signed]
    if not isinstance(present, list) or present[: len(first)] != first:
        raise refused(Refusal.PROOF_MALFORMED, why="@context")
    return {**document, "@context": signed}


def _signature(value: object) -> bytes:
    if not isinstance(value, str) or len(value) > _MAX_PROOF_VALUE_CHARACTERS:
        raise refused(Refusal.PROOF_MALFORMED, why="proofValue")
    try:
        signature = decode_base58btc(value)
    except ValueError as error:
        raise refused(Refusal.PROOF_MALFORMED, why="proofValue") from error
    if len(signature) != _SIGNATURE_BYTES:
        raise refused(Refusal.PROOF_MALFORMED, why="length")
    return signature


def _time(proof: Json, name: str) -> int | None:
    value = proof.get(name)
    if value is None:
        return None
    try:
        return from_iso(value if isinstance(value, str) else "")
    except ValueError as error:
        raise refused(Refusal.PROOF_MALFORMED, why=name) from error
