"""The JSON-LD context of posts and activities about them: terms and the IRIs they mean.

Sources: ActivityStreams 2.0; joinmastodon.org/ns; gotosocial.org/ns; FEP-044f (quotes); FEP-c0e0
and misskey-hub.net/ns (reactions, quotes); fedibird.com/ns; ostatus.org. ``byHost`` is our own:
how many of a collection's items come from which host, so that a site knows which of its own were
counted.
"""

from __future__ import annotations

from typing import Any, Final

from fedrse.activitypub.vocabulary import Json

AS: Final = "https://www.w3.org/ns/activitystreams"


def _link(iri: str) -> dict[str, str]:
    return {"@id": iri, "@type": "@id"}


_TERMS: Final[dict[str, Any]] = {
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "quoteUrl": "as:quoteUrl",
    "ostatus": "http://ostatus.org#",
    "conversation": "ostatus:conversation",
    "toot": "http://joinmastodon.org/ns#",
    "Emoji": "toot:Emoji",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "votersCount": "toot:votersCount",
    "featured": _link("toot:featured"),
    "misskey": "https://misskey-hub.net/ns#",
    "_misskey_quote": "misskey:_misskey_quote",
    "_misskey_reaction": "misskey:_misskey_reaction",
    "litepub": "http://litepub.social/ns#",
    "EmojiReact": "litepub:EmojiReact",
    "fedibird": "http://fedibird.com/ns#",
    "quoteUri": "fedibird:quoteUri",
    "quote": _link("https://w3id.org/fep/044f#quote"),
    "quoteAuthorization": _link("https://w3id.org/fep/044f#quoteAuthorization"),
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": _link("gts:interactionPolicy"),
    "canQuote": _link("gts:canQuote"),
    "automaticApproval": _link("gts:automaticApproval"),
    "manualApproval": _link("gts:manualApproval"),
    "ReplyRequest": "gts:ReplyRequest",
    "approvedBy": _link("gts:approvedBy"),
    "replyAuthorization": _link("gts:replyAuthorization"),
    "interactingObject": _link("gts:interactingObject"),
    "interactionTarget": _link("gts:interactionTarget"),
    "fedrse": "urn:fedrse:ns:",
    "byHost": {"@id": "fedrse:byHost", "@type": "@json"},
    "byContent": {"@id": "fedrse:byContent", "@type": "@json"},
}
CONTEXT: Final[list[Any]] = [AS, _TERMS]


def with_context(document: Json) -> Json:
    """The document with the context in front, as readers expect it."""
    return {"@context": CONTEXT, **document}
