"""Why a signature, key or proof was refused: one stable code and sentence per reason."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from fedrse.core.errors import Unauthenticated


class Refusal(StrEnum):
    """Codes of the ``Unauthenticated`` errors of this package."""

    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_MALFORMED = "signature_malformed"
    SIGNATURE_AMBIGUOUS = "signature_ambiguous"
    SIGNATURE_EXPIRED = "signature_expired"
    SIGNATURE_EARLY = "signature_early"
    SIGNATURE_WRONG = "signature_wrong"
    NOT_COVERED = "not_covered"
    COMPONENT_MISSING = "component_missing"
    COMPONENT_UNSUPPORTED = "component_unsupported"
    ALGORITHM_UNSUPPORTED = "algorithm_unsupported"
    HOST_MISMATCH = "host_mismatch"
    DIGEST_MISSING = "digest_missing"
    DIGEST_MALFORMED = "digest_malformed"
    DIGEST_UNSUPPORTED = "digest_unsupported"
    DIGEST_MISMATCH = "digest_mismatch"
    KEY_MALFORMED = "key_malformed"
    KEY_UNSUPPORTED = "key_unsupported"
    KEY_NOT_FOUND = "key_not_found"
    KEY_FOREIGN = "key_foreign"
    KEY_REVOKED = "key_revoked"
    KEY_MISMATCH = "key_mismatch"
    PROOF_MISSING = "proof_missing"
    PROOF_MALFORMED = "proof_malformed"
    PROOF_UNSUPPORTED = "proof_unsupported"
    PROOF_EXPIRED = "proof_expired"
    PROOF_FOREIGN = "proof_foreign"
    PROOF_WRONG = "proof_wrong"


_SENTENCES: Final = {
    Refusal.SIGNATURE_MISSING: "The request is not signed.",
    Refusal.SIGNATURE_MALFORMED: "The signature of the request cannot be read.",
    Refusal.SIGNATURE_AMBIGUOUS: "The request has several signatures; exactly one is needed.",
    Refusal.SIGNATURE_EXPIRED: "The signature is too old; check the clock of the sender.",
    Refusal.SIGNATURE_EARLY: "The signature is from the future; check the clock of the sender.",
    Refusal.SIGNATURE_WRONG: "The signature does not match the request and the key.",
    Refusal.NOT_COVERED: "The signature does not cover a part of the request that it must cover.",
    Refusal.COMPONENT_MISSING: "The signature covers a header that the request does not have.",
    Refusal.COMPONENT_UNSUPPORTED: "The signature covers a part that is not understood here.",
    Refusal.ALGORITHM_UNSUPPORTED: "The signature algorithm is not supported or not the key's.",
    Refusal.HOST_MISMATCH: "The request was signed for another host.",
    Refusal.DIGEST_MISSING: "The request has no digest of its body.",
    Refusal.DIGEST_MALFORMED: "The digest of the body cannot be read.",
    Refusal.DIGEST_UNSUPPORTED: "The digest uses no supported algorithm; send SHA-256.",
    Refusal.DIGEST_MISMATCH: "The digest does not match the body.",
    Refusal.KEY_MALFORMED: "The public key cannot be read.",
    Refusal.KEY_UNSUPPORTED: "The public key is neither RSA of 2048 to 4096 bits nor Ed25519.",
    Refusal.KEY_NOT_FOUND: "The document does not have the key that was named.",
    Refusal.KEY_FOREIGN: "The key, its owner and the document do not belong together.",
    Refusal.KEY_REVOKED: "The key has been revoked or has expired.",
    Refusal.KEY_MISMATCH: "The signature names another key.",
    Refusal.PROOF_MISSING: "The document has no proof.",
    Refusal.PROOF_MALFORMED: "The proof of the document cannot be read.",
    Refusal.PROOF_UNSUPPORTED: "The proof is not a DataIntegrityProof of suite eddsa-jcs-2022.",
    Refusal.PROOF_EXPIRED: "The proof is not valid at this time.",
    Refusal.PROOF_FOREIGN: "The proof is not by the author of the document.",
    Refusal.PROOF_WRONG: "The proof does not match the document and the key.",
}


def refused(reason: Refusal, **details: object) -> Unauthenticated:
    """The error to raise for a reason; ``details`` go to the log only."""
    return Unauthenticated(reason.value, _SENTENCES[reason], **details)
