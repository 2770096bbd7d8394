"""Who has signed this: requests by HTTP signature, forwarded activities by their own proof."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from fedrse.activitypub.http_signatures import check, parse_signature, verify_signature
from fedrse.activitypub.peers import PeerNames, PeerRate, PeerRules
from fedrse.activitypub.proofs import ParsedProof, parse_proof, verify_proof
from fedrse.activitypub.refusals import Refusal, refused
from fedrse.activitypub.remote_keys import RemoteKeys
from fedrse.activitypub.signed_request import ParsedSignature, SignatureScheme, SignedRequest
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import TooMany, Unauthenticated
from fedrse.net.client_certificates import CertificateRefused, ClientCertificateRules

OLDEST_PROOF = 60 * DAY  # shorter than message ids are remembered, so nothing can be replayed


class ProvedSigner(Struct, frozen=True):
    """The owner of the key that signed a request, its peer, and its clock minus ours in ms."""

    actor: str
    host: str
    key_id: str
    drift: int
    scheme: SignatureScheme


class Verifier:
    """Verifies signatures with keys that are fetched where unknown."""

    def __init__(
        self,
        *,
        keys: RemoteKeys,
        names: PeerNames,
        rules: PeerRules,
        clock: Clock,
        certificates: ClientCertificateRules | None = None,
        rate: PeerRate | None = None,
        refused: Callable[[str, str], None] = lambda _host, _code: None,
    ) -> None:
        """``certificates``: who has to show one besides; None: nobody.

        ``rate`` counts questions (``signer_of``) of proved peers, and ``refused`` hears of those
        that are refused: (host, code).
        """
        self._certificates = certificates
        self._rate_of = rate
        self._refused = refused
        self._keys = keys
        self._names = names
        self._rules = rules
        self._clock = clock

    async def signer_of(self, request: SignedRequest) -> ProvedSigner:
        """Who signed a request of a peer that this site talks to.

        Raises Unauthenticated for a missing or wrong signature, Forbidden for a peer that the
        rules refuse, TooMany for one that asks too often, Invalid for a key id that is no address.
        """
        parsed = parse_signature(request)
        host = self._names.of(parsed.key_id)
        self._rules.check_inbound(host)
        try:
            signer = await self.verify(parsed, request, host)
            if self._rate_of is not None:
                self._rate_of(host)
        except (CertificateRefused, TooMany) as error:
            self._refused(host, error.code)
            raise
        return signer

    async def verify(
        self, parsed: ParsedSignature, request: SignedRequest, host: str
    ) -> ProvedSigner:
        """Like ``signer_of``, for a signature that was read and whose peer was admitted."""
        if self._certificates is not None:
            self._certificates.check(host, request.certificate)
        # Before the key is looked for: the network is asked only if this can still be right.
        drift = check(parsed, request, self._clock.now())
        key = await self._keys.get(parsed.key_id)
        try:
            verify_signature(parsed, request, key)
        except Unauthenticated:
            fresh = await self._keys.again(key)
            if fresh is None:
                raise
            key = fresh
            verify_signature(parsed, request, key)
        if self._names.of(key.owner) != host:
            raise refused(Refusal.KEY_FOREIGN, key=key.key_id, owner=key.owner)
        self._keys.proved(key.owner)
        return ProvedSigner(key.owner, host, key.key_id, drift, parsed.scheme)

    async def proved(self, document: Json) -> Json:
        """The document as its author signed it (FEP-8b32).

        Raises Unauthenticated (``proof_missing`` where there is none), Forbidden for an author
        whose peer the rules refuse, Invalid for a key id that is no address.
        """
        parsed = parse_proof(document)
        now = self._clock.now()
        if parsed.created is None or parsed.created < now - OLDEST_PROOF:
            raise refused(Refusal.PROOF_EXPIRED, created=parsed.created)
        self._rules.check_inbound(self._names.of(parsed.key_id))
        return await self._verify_proof(parsed, now)

    async def _verify_proof(self, parsed: ParsedProof, now: int) -> Json:
        key = await self._keys.get(parsed.key_id)
        try:
            return verify_proof(parsed, key, now)
        except Unauthenticated:
            fresh = await self._keys.again(key)
            if fresh is None:
                raise
            return verify_proof(parsed, fresh, now)
