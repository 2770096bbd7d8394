"""QuoteRequest and its answers (FEP-044f), as other sites send them."""

from __future__ import annotations

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Received, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import id_of
from fedrse.core.urls import same_origin
from fedrse.features.posts.activities import is_own
from fedrse.features.posts.model import Post, QuoteState
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_arrival import Source
from fedrse.features.posts.service_ports import People
from fedrse.store.database import Transaction

_REQUEST = "#quote-request"
_REQUESTS = frozenset({"QuoteRequest"})


def register(dispatcher: Dispatcher, quoting: Quoting) -> None:
    """Takes requests to quote, and answers to ours."""
    dispatcher.on("QuoteRequest", quoting.request)
    dispatcher.on("Accept", quoting.accept, objects=_REQUESTS)
    dispatcher.on("Reject", quoting.reject, objects=_REQUESTS)
    dispatcher.on("Delete", quoting.revoke, objects=frozenset({"QuoteAuthorization"}))
    dispatcher.on_reference("Accept", quoting.accept_reference)
    dispatcher.on_reference("Reject", quoting.reject_reference)


class Quoting:
    """Handlers of quotes."""

    def __init__(self, *, posts: Posts, people: People, local_ids: LocalIds) -> None:
        self._posts = posts
        self._people = people
        self._local_ids = local_ids

    async def request(self, tx: Transaction, received: Received) -> str:
        """Somebody wants to quote a post of this site: answered at once by its policy."""
        quoter = await self._people.require(tx, received.actor, received.unavailable)
        quoted = await self._posts.by_uri(tx, id_of(received.activity.get("object")) or "")
        if quoted is None or not quoted.local:
            raise Ignored("unknown_object")
        if not await self._posts.may_actor_see(tx, received.host, quoter.id, quoted.id):
            raise Refused("not_visible")
        quote = await self._instrument(tx, received)
        if quote.account_id != quoter.id:
            raise Refused("not_author")
        if quote.quote_of_uri != quoted.uri:
            raise Refused("other_quote")
        answer = await self._posts.quotes.answer_request(
            tx, received.activity, quoter, quote, quoted
        )
        return answer.lower()

    async def _instrument(self, tx: Transaction, received: Received) -> Post:
        """The quote itself, which may not be published yet."""
        item = received.activity.get("instrument")
        uri = id_of(item)
        if uri is None or not same_origin(uri, received.actor):
            raise Refused("no_instrument")
        if is_own(item, received.actor):
            source = Source(
                host=received.host,
                actor=received.actor,
                arrived=False,
                unavailable=received.unavailable,
            )
            return (await self._posts.import_object(tx, item, source)).post
        known = await self._posts.by_uri(tx, uri)
        if known is not None:
            return known
        if uri in received.unavailable:
            raise Ignored("object_unavailable")
        raise Needs(uri)

    async def accept(self, tx: Transaction, received: Received) -> str:
        """The quoted author agrees; ``result`` is the stamp."""
        stamp = id_of(received.activity.get("result"))
        if stamp is None or not same_origin(stamp, received.actor):
            raise Refused("no_stamp")
        return await self._answered(tx, received, QuoteState.ACCEPTED, stamp)

    async def reject(self, tx: Transaction, received: Received) -> str:
        """The quoted author refuses, at once or later."""
        return await self._answered(tx, received, QuoteState.REJECTED, None)

    async def accept_reference(self, tx: Transaction, received: Received) -> str | None:
        """``Accept`` that names only the id of our request; None if it is something else."""
        return await self.accept(tx, received) if self._names_request(received) else None

    async def reject_reference(self, tx: Transaction, received: Received) -> str | None:
        """``Reject`` that names only the id of our request; None if it is something else."""
        return await self.reject(tx, received) if self._names_request(received) else None

    def _names_request(self, received: Received) -> bool:
        uri = id_of(received.activity.get("object"))
        return uri is not None and uri.endswith(_REQUEST) and self._local_ids.is_local(uri)

    async def _answered(
        self, tx: Transaction, received: Received, state: QuoteState, stamp: str | None
    ) -> str:
        item = received.activity.get("object")
        uri = id_of(item) or ""
        instrument = id_of(item.get("instrument")) if isinstance(item, dict) else None
        quote = await self._posts.by_uri(tx, instrument or uri.removesuffix(_REQUEST))
        if quote is None or not quote.local or quote.quote_of_id is None:
            raise Ignored("unknown_object")
        quoted = await self._posts.by_id(tx, quote.quote_of_id)
        author = None if quoted is None else await self._people.by_id(tx, quoted.account_id)
        if author is None or author.uri != received.actor:
            raise Refused("not_author")
        if quote.quote_state == state.value and quote.quote_authorization == stamp:
            return "duplicate"
        await self._posts.quotes.answered(tx, quote, state, stamp)
        return state.value

    async def revoke(self, tx: Transaction, received: Received) -> str:
        """``Delete`` of a stamp."""
        uri = id_of(received.activity.get("object")) or ""
        if not await self._posts.revoke_stamp(tx, uri, received.actor):
            raise Ignored("unknown_object")
        return "revoked"
