"""HTTP Message Signatures (RFC 9421) as servers of the fediverse use them between each other.

Exactly one signature counts; it must have a creation time and cover the method, the whole target
and, with a body, ``content-digest``. Keys are RSA (``rsa-v1_5-sha256``) and Ed25519.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final, NamedTuple

from fedrse.activitypub.digests import PreparedBody, check_content_digest
from fedrse.activitypub.keys import KeyAlgorithm, SigningKey
from fedrse.activitypub.refusals import Refusal, refused
from fedrse.activitypub.signed_request import (
    MAX_KEY_ID_CHARACTERS,
    MAX_SIGNATURE_BYTES,
    ParsedSignature,
    SignatureScheme,
    SignedRequest,
)
from fedrse.activitypub.structured_fields import InnerList, Item, Token, parse_dictionary, quote
from fedrse.core.urls import Url

S2S_TAG: Final = "fedrse-s2s"
S2S_LIFETIME_SECONDS: Final = 300
_KNOWN_TAGS: Final = frozenset({None, S2S_TAG})
_MAX_COMPONENTS: Final = 32
_MAX_NONCE_CHARACTERS: Final = 256
_MAX_SECONDS: Final = 10**12
_ALGORITHMS: Final = {
    KeyAlgorithm.RSA_SHA256: "rsa-v1_5-sha256",
    KeyAlgorithm.ED25519: "ed25519",
}


class SignatureOptions(NamedTuple):
    """Optional parameters of a signature that we make.

    ``lifetime`` is seconds until it expires; ``algorithm`` writes the ``alg`` parameter.
    """

    lifetime: int | None = None
    nonce: str | None = None
    tag: str | None = None
    algorithm: bool = False


PLAIN: Final = SignatureOptions()


def s2s_options(nonce: str) -> SignatureOptions:
    """What fedrse sites put into their signatures for each other."""
    return SignatureOptions(lifetime=S2S_LIFETIME_SECONDS, nonce=nonce, tag=S2S_TAG)


def sign_rfc9421(
    key: SigningKey,
    method: str,
    url: Url,
    *,
    now_ms: int,
    body: PreparedBody | None = None,
    options: SignatureOptions = PLAIN,
) -> dict[str, str]:
    """The headers ``Signature-Input``, ``Signature`` and, with a body, ``Content-Digest``.

    They must be sent as they are. ValueError if key id, nonce or tag is not printable ASCII.
    """
    created = now_ms // 1000
    lines = f'"@method": {method.upper()}\n"@target-uri": {url.request_url}\n'
    components = '"@method" "@target-uri"'
    headers = {}
    if body is not None:
        lines += f'"content-digest": {body.content_digest}\n'
        components += ' "content-digest"'
        headers["Content-Digest"] = body.content_digest
    parameters = f"({components});created={created};keyid={quote(key.key_id)}"
    if options.algorithm:
        parameters += f';alg="{_ALGORITHMS[key.algorithm]}"'
    if options.lifetime is not None:
        parameters += f";expires={created + options.lifetime}"
    if options.nonce is not None:
        parameters += f";nonce={quote(options.nonce)}"
    if options.tag is not None:
        parameters += f";tag={quote(options.tag)}"
    base = f'{lines}"@signature-params": {parameters}'
    signature = b64encode(key.sign(base.encode("ascii"))).decode("ascii")
    headers["Signature-Input"] = f"sig1={parameters}"
    headers["Signature"] = f"sig1=:{signature}:"
    return headers


def parse_rfc9421(request: SignedRequest) -> ParsedSignature:
    """Reads ``Signature-Input`` and ``Signature`` and chooses the one signature that counts.

    Where there are several (a proxy may sign too), those with a tag of another application are
    passed over. Raises Unauthenticated ``signature_malformed``, ``signature_ambiguous``,
    ``component_unsupported`` or ``algorithm_unsupported``.
    """
    try:
        inputs = parse_dictionary(", ".join(request.headers.getall("Signature-Input", ())))
        signatures = parse_dictionary(", ".join(request.headers.getall("Signature", ())))
    except ValueError as error:
        raise refused(Refusal.SIGNATURE_MALFORMED, why=str(error)) from error
    candidates = [(label, value) for label, value in inputs.items() if label in signatures]
    if len(candidates) > 1:
        candidates = [
            (label, value)
            for label, value in candidates
            if value.parameters.get("tag") in _KNOWN_TAGS
        ]
        if len(candidates) != 1:
            raise refused(Refusal.SIGNATURE_AMBIGUOUS, labels=list(inputs))
    if not candidates:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="no label in both headers")
    label, covered = candidates[0]
    value = signatures[label]
    if not isinstance(covered, InnerList) or not isinstance(value, Item):
        raise refused(Refusal.SIGNATURE_MALFORMED, why="types of members")
    return _signature(covered, value)


def _signature(covered: InnerList, value: Item) -> ParsedSignature:
    signature = value.value
    if not isinstance(signature, bytes) or not 0 < len(signature) <= MAX_SIGNATURE_BYTES:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="signature")
    key_id = _text(covered, "keyid", MAX_KEY_ID_CHARACTERS)
    if not key_id:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="keyid")
    algorithm = _text(covered, "alg", _MAX_NONCE_CHARACTERS)
    if algorithm is not None and algorithm not in _ALGORITHMS.values():
        raise refused(Refusal.ALGORITHM_UNSUPPORTED, algorithm=algorithm)
    created = _seconds(covered, "created")
    if created is None:
        raise refused(Refusal.SIGNATURE_MALFORMED, why="created missing")
    return ParsedSignature(
        scheme=SignatureScheme.RFC9421,
        key_id=key_id,
        algorithm=algorithm,
        components=_components(covered),
        signature=signature,
        created=created,
        expires=_seconds(covered, "expires"),
        nonce=_text(covered, "nonce", _MAX_NONCE_CHARACTERS),
        tag=_text(covered, "tag", _MAX_NONCE_CHARACTERS),
        parameters=covered.text,
    )


def allows_key(parsed: ParsedSignature, algorithm: KeyAlgorithm) -> bool:
    """Whether the signature can be one of a key of this algorithm."""
    return parsed.algorithm is None or parsed.algorithm == _ALGORITHMS[algorithm]


def signed_at(parsed: ParsedSignature) -> int:
    """When the sender signed, in milliseconds."""
    return (parsed.created or 0) * 1000


def check_coverage(parsed: ParsedSignature, request: SignedRequest) -> None:
    """Refuses a signature that leaves out what it must cover, or a body with a wrong digest.

    ``@target-uri`` may be replaced by ``@authority`` with ``@request-target``, or with ``@path``
    and, if the request has a query, ``@query``. Raises Unauthenticated ``not_covered`` or a digest
    error.
    """
    covered = parsed.components
    if "@method" not in covered:
        raise refused(Refusal.NOT_COVERED, component="@method")
    if "@target-uri" not in covered and not _covers_target(covered, request):
        raise refused(Refusal.NOT_COVERED, component="@target-uri")
    if request.needs_digest or "content-digest" in covered:
        header = ", ".join(request.headers.getall("Content-Digest", ()))
        check_content_digest(header, request.body, request.body_sha256)
        if "content-digest" not in covered:
            raise refused(Refusal.NOT_COVERED, component="content-digest")


def signature_base(parsed: ParsedSignature, request: SignedRequest) -> bytes:
    """The signature base (RFC 9421 section 2.5), parameters exactly as they were received.

    Raises Unauthenticated ``component_missing``, ``component_unsupported`` or
    ``signature_malformed``.
    """
    lines = [f'"{name}": {_value(name, request)}' for name in parsed.components]
    lines.append(f'"@signature-params": {parsed.parameters}')
    base = "\n".join(lines)
    if base.count("\n") != len(lines) - 1 or not base.isascii():
        raise refused(Refusal.SIGNATURE_MALFORMED, why="characters in a component")
    return base.encode("ascii")


def _covers_target(covered: tuple[str, ...], request: SignedRequest) -> bool:
    if "@authority" not in covered:
        return False
    if "@request-target" in covered:
        return True
    return "@path" in covered and (request.query is None or "@query" in covered)


def _value(name: str, request: SignedRequest) -> str:
    if not name.startswith("@"):
        return request.field(name)
    match name:
        case "@method":
            return request.method
        case "@target-uri":
            return f"{request.origin}{request.target}"
        case "@authority":
            return request.origin.peer
        case "@scheme":
            return request.origin.scheme
        case "@path":
            return request.path
        case "@query":
            return f"?{request.query or ''}"
        case "@request-target":
            return request.target
        case _:
            raise refused(Refusal.COMPONENT_UNSUPPORTED, component=name)


def _components(covered: InnerList) -> tuple[str, ...]:
    names: list[str] = []
    for item in covered.items:
        name = item.value
        if not isinstance(name, str) or isinstance(name, Token) or name != name.lower():
            raise refused(Refusal.SIGNATURE_MALFORMED, why="component name")
        if item.parameters:
            raise refused(Refusal.COMPONENT_UNSUPPORTED, component=name)
        names.append(name)
    if len(names) > _MAX_COMPONENTS or len(set(names)) != len(names):
        raise refused(Refusal.SIGNATURE_MALFORMED, why="repeated or too many components")
    return tuple(names)


def _text(covered: InnerList, name: str, max_characters: int) -> str | None:
    value = covered.parameters.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or isinstance(value, Token) or len(value) > max_characters:
        raise refused(Refusal.SIGNATURE_MALFORMED, why=name)
    return value


def _seconds(covered: InnerList, name: str) -> int | None:
    value = covered.parameters.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value < _MAX_SECONDS:
        raise refused(Refusal.SIGNATURE_MALFORMED, why=name)
    return value
