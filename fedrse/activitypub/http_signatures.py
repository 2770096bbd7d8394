"""Signatures of HTTP requests, whichever scheme: read, check, verify.

Three steps, so that the network is asked for a key only for requests that can still be right:
``parse_signature`` (which key?), ``check`` (time, coverage, digest; no key needed), ``verify``
(all of it, with the key). Every refusal is ``core.errors.Unauthenticated`` with a code of
``refusals.Refusal``.
"""

from __future__ import annotations

from typing import Final

from fedrse.activitypub import cavage, rfc9421
from fedrse.activitypub.keys import VerifyKey
from fedrse.activitypub.refusals import Refusal, refused
from fedrse.activitypub.signed_request import ParsedSignature, SignatureScheme, SignedRequest
from fedrse.core.clock import HOUR, MINUTE, SECOND

# How far the clocks of two sites may differ. Mastodon gives the hour to stated expiry times too;
# here they get less, since who states one wants a short life, but enough for a bad clock.
CLOCK_SKEW: Final = HOUR
EXPIRY_SKEW: Final = 30 * MINUTE


def parse_signature(request: SignedRequest) -> ParsedSignature:
    """The signature of a request: RFC 9421 where ``Signature-Input`` is present, else cavage.

    Raises Unauthenticated ``signature_missing`` and the errors of the two schemes' parsers.
    """
    lines = request.headers.getall("Signature", ())
    if not lines:
        raise refused(Refusal.SIGNATURE_MISSING)
    if "Signature-Input" in request.headers:
        return rfc9421.parse_rfc9421(request)
    if len(lines) != 1:
        raise refused(Refusal.SIGNATURE_AMBIGUOUS)
    return cavage.parse_cavage(lines[0])


def check(parsed: ParsedSignature, request: SignedRequest, now_ms: int) -> int:
    """Everything that can be decided without the key: time, coverage, digest of the body.

    Returns the drift of the sender's clock in milliseconds (positive: ahead of ours), one hour at
    most. Raises Unauthenticated.
    """
    if parsed.scheme is SignatureScheme.RFC9421:
        signed_at = rfc9421.signed_at(parsed)
        _check_time(signed_at, parsed.expires, now_ms)
        rfc9421.check_coverage(parsed, request)
    else:
        signed_at = cavage.signed_at(parsed, request)
        _check_time(signed_at, parsed.expires, now_ms)
        cavage.check_coverage(parsed, request)
    return signed_at - now_ms


def verify(parsed: ParsedSignature, request: SignedRequest, key: VerifyKey, now_ms: int) -> int:
    """``check``, and that the key made the signature. Returns the drift as ``check`` does.

    Says nothing about who may do what: that ``key.owner`` is the actor is the caller's to compare.
    Raises Unauthenticated.
    """
    drift = check(parsed, request, now_ms)
    verify_signature(parsed, request, key)
    return drift


def verify_signature(parsed: ParsedSignature, request: SignedRequest, key: VerifyKey) -> None:
    """Only the signature itself, for a request that passed ``check`` already.

    Raises Unauthenticated ``key_mismatch``, ``algorithm_unsupported``, ``host_mismatch``,
    ``signature_wrong`` and what reading covered headers raises.
    """
    if key.key_id != parsed.key_id:
        raise refused(Refusal.KEY_MISMATCH, key=key.key_id, named=parsed.key_id)
    if parsed.scheme is SignatureScheme.RFC9421:
        allowed = rfc9421.allows_key(parsed, key.algorithm)
    else:
        allowed = cavage.allows_key(parsed, key.algorithm)
    if not allowed:
        raise refused(Refusal.ALGORITHM_UNSUPPORTED, algorithm=parsed.algorithm)
    if parsed.scheme is SignatureScheme.RFC9421:
        right = key.verifies(parsed.signature, rfc9421.signature_base(parsed, request))
    else:
        messages = cavage.signing_strings(parsed, request)
        right = any(key.verifies(parsed.signature, message) for message in messages)
    if not right:
        # The address of this site stands in for a Host that is not ours; say which it was.
        reason = Refusal.SIGNATURE_WRONG if request.host_is_ours else Refusal.HOST_MISMATCH
        raise refused(reason, key=key.key_id, host=request.headers.get("Host"))


def _check_time(signed_at_ms: int, expires: int | None, now_ms: int) -> None:
    if signed_at_ms > now_ms + CLOCK_SKEW:
        raise refused(Refusal.SIGNATURE_EARLY, drift_ms=signed_at_ms - now_ms)
    if signed_at_ms < now_ms - CLOCK_SKEW:
        raise refused(Refusal.SIGNATURE_EXPIRED, drift_ms=signed_at_ms - now_ms)
    if expires is not None:
        expires_ms = expires * SECOND
        if expires_ms < now_ms - EXPIRY_SKEW or expires_ms < signed_at_ms:
            raise refused(Refusal.SIGNATURE_EXPIRED, expires=expires)
