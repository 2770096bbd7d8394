"""Local accounts as ActivityPub actors (federation reference, section 2)."""

from __future__ import annotations

from typing import Any

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import PUBLIC, Json
from fedrse.core.clock import to_iso_seconds
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.accounts.model_pictures import Pictures, media_type_of
from fedrse.features.accounts.service_keys import ActorKeys
from fedrse.store.database import Transaction

RFC9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
RFC9421_NAME = "RFC-9421: HTTP Message Signatures"

_AS = "https://www.w3.org/ns/activitystreams"
_TOOT = "http://joinmastodon.org/ns#"
_SCHEMA = "http://schema.org#"  # without www and https, or Mastodon loses the profile fields

ACTOR_CONTEXT: list[Any] = [
    _AS,
    "https://w3id.org/security/v1",
    "https://w3id.org/security/multikey/v1",
    {
        "toot": _TOOT,
        "schema": _SCHEMA,
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "Emoji": "toot:Emoji",
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
        "featuredCollections": {
            "@id": "https://w3id.org/fep/7aa9#featuredCollections",
            "@type": "@id",
        },
        "gts": "https://gotosocial.org/ns#",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canFeature": {"@id": "https://w3id.org/fep/7aa9#canFeature", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "memorial": "toot:memorial",
        "showMedia": "toot:showMedia",
        "showRepliesInMedia": "toot:showRepliesInMedia",
        "showFeatured": "toot:showFeatured",
        "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
        "suspended": "toot:suspended",
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "assertionMethod": {
            "@id": "https://w3id.org/security#assertionMethod",
            "@type": "@id",
            "@container": "@set",
        },
        "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
        "implements": "https://w3id.org/fep/844e#implements",
        "network": {"@id": "urn:fedrse:ns:network", "@type": "@id"},
        "contactCard": {"@id": "urn:fedrse:ns:contactCard", "@type": "@id"},
        "search": {"@id": "urn:fedrse:ns:search", "@type": "@id"},
    },
]


class ActorDocuments:
    """Renders actors of this site."""

    def __init__(
        self, *, local_ids: LocalIds, keys: ActorKeys, pictures: Pictures, has_network: bool
    ) -> None:
        self._local_ids = local_ids
        self._keys = keys
        self._pictures = pictures
        self._has_network = has_network

    async def document(self, tx: Transaction, account: Account) -> Json:
        """The actor as everybody who may fetch it gets it."""
        if account.deleted_at is not None:
            return tombstone(account)
        keys = await self._keys.documents(tx, account)
        if account.kind == INSTANCE and account.uri == self._local_ids.instance_actor:
            return self._instance(account, keys)
        return self._common(account, keys) | self._person(account)

    def _common(self, account: Account, keys: Json) -> Json:
        return {
            "@context": ACTOR_CONTEXT,
            "id": account.uri,
            "type": account.kind,
            "preferredUsername": account.username,
            "webfinger": account.handle,
            "name": account.display_name or account.username,
            "url": account.url,
            "inbox": account.inbox,
            "outbox": account.outbox,
            "endpoints": {"sharedInbox": self._local_ids.shared_inbox},
            "published": to_iso_seconds(account.created_at),
            "generator": {
                "type": "Application",
                "implements": [{"href": RFC9421, "name": RFC9421_NAME}],
            },
            **keys,
        }

    def _instance(self, account: Account, keys: Json) -> Json:
        document = self._common(account, keys) | {"manuallyApprovesFollowers": True}
        if self._has_network:
            document["network"] = self._local_ids.members
            document["search"] = self._local_ids.search
        return document

    def _person(self, account: Account) -> Json:
        document: Json = {
            "summary": account.note,
            "followers": account.followers_uri,
            "following": account.following_uri,
            "featured": account.featured_uri,
            "featuredCollections": account.collections_uri,
            "interactionPolicy": {"canFeature": {"automaticApproval": self._may_feature(account)}},
            "featuredTags": self._local_ids.uri("actor", account.id, "featured-tags"),
            "contactCard": self._local_ids.uri("actor", account.id, "card"),
            "manuallyApprovesFollowers": account.locked,
            "discoverable": account.discoverable,
            "indexable": account.indexable,
            "memorial": account.memorial,
            "showMedia": account.show_media,
            "showRepliesInMedia": account.show_media_replies,
            "showFeatured": account.show_featured,
            "attributionDomains": list(account.attribution_domains),
            "attachment": [
                {"type": "PropertyValue", "name": field.name, "value": field.value}
                for field in account.fields
            ],
            "tag": [_emoji(emoji) for emoji in account.emojis],
            "alsoKnownAs": list(account.also_known_as),
        }
        if account.moved_to is not None:
            document["movedTo"] = account.moved_to
        if account.suspended_at is not None:
            document["suspended"] = True
        if account.avatar is not None:
            document["icon"] = self._image(account.avatar, account.avatar_description)
        if account.header is not None:
            document["image"] = self._image(account.header, account.header_description)
        return document

    def _may_feature(self, account: Account) -> list[str]:
        """Who may put somebody into a collection without asking (FEP-7aa9)."""
        if account.discoverable:
            return [PUBLIC]
        return [self._local_ids.members if self._has_network else account.uri]

    def _image(self, key: str, description: str) -> Json:
        image: Json = {"type": "Image", "url": self._pictures.published(key)}
        media_type = media_type_of(key)
        if media_type is not None:
            image["mediaType"] = media_type
        if description:
            # Alternative text: Mastodon reads the one, GoToSocial the other.
            image |= {"name": description, "summary": description}
        return image


def tombstone(account: Account) -> Json:
    """What is left of a deleted actor."""
    return {
        "@context": _AS,
        "id": account.uri,
        "type": "Tombstone",
        "formerType": account.kind,
        "deleted": to_iso_seconds(account.deleted_at or 0),
    }


def _emoji(emoji: dict[str, Any]) -> Json:
    return {
        "type": "Emoji",
        "name": f":{emoji['shortcode']}:",
        "icon": {"type": "Image", "url": emoji["url"]},
    }
