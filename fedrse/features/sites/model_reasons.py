"""Why a message was refused, in plain words: codes of the protocol become sentences. Pure.

Codes are kept because they are short, stable and the same on all sites; people read sentences.
"""

from __future__ import annotations

from typing import Final

from fedrse.features.sites.model_health import plain_error
from fedrse.web.languages import translatable

_SIGNATURE: Final = translatable(
    "Its signature is wrong: the message was changed on the way, or is not from whom it says."
)
_UNSIGNED: Final = translatable("Its signature is not one that this site can check.")
_CLOCK: Final = translatable(
    "Its signature is too old or from the future: look at the clocks of both sites."
)
_OTHER_KEY: Final = translatable(
    "It is signed with another key than the one that its sender has: forged, or the key is new."
)
_UNREADABLE: Final = translatable("It could not be read: what it holds is not well formed.")
_FOREIGN: Final = translatable(
    "It speaks for somebody of another site, which only that site may do."
)
_NOT_THERE: Final = translatable(
    "It is about something that is not known here, or that its sender may not see."
)
_TOO_LARGE: Final = translatable("It is larger than this site takes.")
_KEY: Final = translatable("The key of its sender could not be fetched, so nothing proves it.")
_FETCH: Final = translatable(
    "What it needs could not be fetched from the other site, or is not what was asked for."
)
_CERTIFICATE: Final = translatable(
    "Its certificate is not trusted: it has ended, or is of another name."
)
_STANDING: Final = translatable(
    "Its site is neither a member nor allowed, and this site talks to nobody else."
)

REASONS: Final[dict[str, str]] = {
    **dict.fromkeys(("signature_wrong", "digest_mismatch", "proof_wrong"), _SIGNATURE),
    "signature_missing": translatable("It has no signature, so nothing proves who sent it."),
    **dict.fromkeys(("signature_malformed", "signature_ambiguous", "digest_malformed"), _UNSIGNED),
    **dict.fromkeys(("digest_missing", "digest_unsupported", "host_mismatch"), _UNSIGNED),
    **dict.fromkeys(("not_covered", "component_missing", "component_unsupported"), _UNSIGNED),
    "algorithm_unsupported": _UNSIGNED,
    **dict.fromkeys(("proof_malformed", "proof_unsupported", "key_unsupported"), _UNSIGNED),
    **dict.fromkeys(("signature_expired", "signature_early", "proof_expired"), _CLOCK),
    "proof_missing": translatable("It was passed on by another site without a proof."),
    "actor_not_signer": translatable("Who signed it is not who is said to have written it."),
    **dict.fromkeys(("key_unreachable", "key_not_found", "key_malformed", "key_sealed"), _KEY),
    **dict.fromkeys(("key_changed", "key_revoked", "key_mismatch"), _OTHER_KEY),
    **dict.fromkeys(("key_foreign", "proof_foreign"), _FOREIGN),
    **dict.fromkeys(("id_foreign", "object_foreign", "foreign_id", "not_author"), _FOREIGN),
    **dict.fromkeys(("not_own_actor", "not_own_activity", "not_own_follower"), _FOREIGN),
    **dict.fromkeys(
        ("too_large", "body_too_large", "json_too_large", "head_too_large"), _TOO_LARGE
    ),
    **dict.fromkeys(
        ("json_syntax", "json_encoding", "json_string", "json_number", "json_not_object"),
        _UNREADABLE,
    ),
    **dict.fromkeys(
        ("json_duplicate_key", "json_too_deep", "unreadable", "id_malformed", "actor_malformed"),
        _UNREADABLE,
    ),
    **dict.fromkeys(
        ("object_malformed", "actor_missing", "type_missing", "no_object", "content_type"),
        _UNREADABLE,
    ),
    **dict.fromkeys(
        ("unknown_object", "object_unavailable", "not_visible", "not_addressed", "post_unknown"),
        _NOT_THERE,
    ),
    **dict.fromkeys(("nobody_here", "unknown_actor", "author_gone", "actor_gone"), _NOT_THERE),
    **dict.fromkeys(
        ("fetch_bad_json", "fetch_missing", "fetch_gone", "fetch_media_type", "fetch_wrong_id"),
        _FETCH,
    ),
    "policy_denied": translatable("A rule of this site refuses it."),
    "peer_blocked": translatable("Its site is denied here."),
    **dict.fromkeys(("peer_not_allowed", "peer_outside"), _STANDING),
    "quota_exceeded": translatable("Its site used up what it may send for now; it comes again."),
    "too_many_requests": translatable("Its site sent too much at once; it comes again."),
    "processing_failed": translatable("It could not be processed: look at the log of this site."),
    "address_barred": translatable(
        "Its address is a private one, which this site contacts only where the settings say so."
    ),
    "fetch_not_allowed": translatable("A rule or the settings forbid to contact that site."),
    **dict.fromkeys(("tls_failed", "certificate_not_trusted"), _CERTIFICATE),
    "key_not_pinned": translatable("Its certificate has another key than the settings name."),
}


def plain_reason(text: str) -> str:
    """A sentence, marked ``translatable``, about a code or an error as noted; "" if none fits.

    ``text`` may be a code alone, or a code and details behind a colon.
    """
    code = text.partition(":")[0].strip()
    return REASONS.get(code) or plain_error(text)
