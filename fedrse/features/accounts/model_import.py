"""Reads actor documents of other sites: what is usable of them, bounded and clean.

Mastodon, GoToSocial, Akkoma, Misskey, Lemmy, PeerTube and others write the same things in
different shapes. Strange shapes of optional things count as absent; only what nothing works
without (id, type, name, inbox) is required. Addresses of another origin are dropped: a site speaks
for itself only.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from fedrse.activitypub.key_documents import usable_keys
from fedrse.activitypub.keys import (
    PublicKey,
    VerifyKey,
    public_key_to_multibase,
    public_key_to_pem,
)
from fedrse.activitypub.vocabulary import (
    ACTOR_TYPES,
    Json,
    as_bool,
    as_list,
    first_str,
    id_of,
    ids_of,
)
from fedrse.core.clock import from_iso
from fedrse.core.errors import Invalid, TooLarge
from fedrse.core.html import sanitise
from fedrse.core.text import clean_line, clean_text
from fedrse.core.urls import BadUrl, Url, UrlRules, parse_url, same_origin
from fedrse.features.accounts.model_approval import written_approval
from fedrse.features.accounts.model_attribution import (
    MOST_ATTRIBUTION_DOMAINS,
    readable_domains,
)
from fedrse.features.accounts.model_handles import Handle, is_remote_username, read_claim

LONGEST_NAME = 200
LONGEST_NOTE = 20_000  # characters of HTML
LONGEST_FIELD_NAME = 255
LONGEST_FIELD_VALUE = 2_047
LONGEST_DESCRIPTION = 1_500
MOST_FIELDS = 16
MOST_EMOJIS = 64
MOST_ALIASES = 20
MOST_KEYS = 8
MOST_CANDIDATES = 100  # of attachments and tags that are looked at

_SHORTCODE = re.compile(r":?([A-Za-z0-9_]{1,64}):?")
_USED_SHORTCODE = re.compile(r":([A-Za-z0-9_]{1,64}):")


class ImportedKey(Struct, frozen=True):
    """A public key of the actor: PEM (RSA) or multibase (Ed25519)."""

    id: str
    algorithm: str
    public: str


class ImportedActor(Struct, frozen=True, kw_only=True):
    """What an actor document says, ready to store. Times in milliseconds.

    ``username`` is ``preferredUsername``; ``claimed`` the handle that ``webfinger`` (FEP-2c59)
    names, which only WebFinger of its domain can confirm unless that is the actor's own host.
    """

    uri: str
    host: str
    kind: str
    username: str
    claimed: Handle | None
    profile: dict[str, Any]
    published: int | None
    suspended: bool
    keys: tuple[ImportedKey, ...]

    @property
    def own_handle(self) -> Handle:
        """The handle on the actor's own host, which needs no confirmation."""
        if self.claimed is not None and self.claimed.domain == self.host:
            return self.claimed
        return Handle(self.username, self.host)


def read_actor(document: Json, rules: UrlRules, now: int) -> ImportedActor:
    """Raises Invalid with a code (``actor_...``) and a reason for what cannot be an account."""
    url = _own_address(document, rules)
    kind = _kind(document)
    username = _username(document, kind, url.origin.peer)
    inbox = _address_within(document.get("inbox"), url, rules)
    if inbox is None:
        # GoToSocial shows strangers a stub with the key only; it must not overwrite a profile.
        raise Invalid("actor_incomplete", "The actor has no inbox on its own site.", uri=url.text)
    return ImportedActor(
        uri=url.text,
        host=url.origin.peer,
        kind=kind,
        username=username,
        claimed=read_claim(first_str(document.get("webfinger"))),
        profile=_profile(document, url, rules) | {"kind": kind, "inbox": inbox},
        published=_published(document, now),
        suspended=as_bool(document.get("suspended")),
        keys=_keys(document, url, now),
    )


def claimed_handle(document: Json, rules: UrlRules) -> Handle | None:
    """The handle that WebFinger should be asked about, None for what is no usable actor."""
    try:
        actor = read_actor(document, rules, 0)
    except Invalid:
        return None
    return actor.claimed or actor.own_handle


def _own_address(document: Json, rules: UrlRules) -> Url:
    identifier = document.get("id")
    if not isinstance(identifier, str):
        raise Invalid("actor_id", "The actor has no id.")
    try:
        url = parse_url(identifier, rules)
    except BadUrl as error:
        raise Invalid("actor_id", f"The actor's id is not usable: {error.message}") from error
    if "#" in identifier:
        raise Invalid("actor_id", "The actor's id has a fragment.", uri=identifier)
    return url


def _kind(document: Json) -> str:
    for kind in as_list(document.get("type"))[:MOST_CANDIDATES]:
        if isinstance(kind, str) and kind in ACTOR_TYPES:
            return kind
    raise Invalid("actor_type", "The document is not an actor.")


def _username(document: Json, kind: str, host: str) -> str:
    name = first_str(document.get("preferredUsername")).strip()
    if not name and kind == "Application":
        name = host  # the actor of a Lemmy site has no user name
    if not is_remote_username(name):
        raise Invalid("actor_username", "The actor's user name is not usable.", name=name[:200])
    return name


def _profile(document: Json, url: Url, rules: UrlRules) -> dict[str, Any]:
    """Columns of ``account`` by name."""
    name = _text_of(document, "name", LONGEST_NAME)
    note = _html(_mapped(document, "summary"), LONGEST_NOTE)
    fields = _fields(document)
    endpoints = document.get("endpoints")
    shared = endpoints.get("sharedInbox") if isinstance(endpoints, dict) else None
    emojis = _emojis(document, rules, " ".join([name, note, json.dumps(fields)]))
    avatar, avatar_description = _picture(document.get("icon"), rules)
    header, header_description = _picture(document.get("image"), rules)
    moved_to = id_of(document.get("movedTo"))
    return {
        "display_name": name,
        "note": note,
        "fields": json.dumps(fields, ensure_ascii=False),
        "emojis": json.dumps(emojis),
        "url": _page(document.get("url"), url, rules),
        "shared_inbox": _address_within(shared, url, rules),
        "outbox": _address_within(document.get("outbox"), url, rules),
        "followers_uri": _address_within(document.get("followers"), url, rules),
        "following_uri": _address_within(document.get("following"), url, rules),
        "featured_uri": _address_within(document.get("featured"), url, rules),
        "collections_uri": _address_within(document.get("featuredCollections"), url, rules),
        "feature_policy": written_approval(document),
        "members_uri": _address_within(document.get("network"), url, rules),
        "avatar": avatar,
        "avatar_description": avatar_description,
        "header": header,
        "header_description": header_description,
        "locked": as_bool(document.get("manuallyApprovesFollowers")),
        "discoverable": as_bool(document.get("discoverable")),
        "indexable": as_bool(document.get("indexable")),
        "memorial": as_bool(document.get("memorial")),
        "show_media": document.get("showMedia") is not False,
        "show_media_replies": document.get("showRepliesInMedia") is not False,
        "show_featured": document.get("showFeatured") is not False,
        "attribution_domains": json.dumps(_domains(document)),
        "also_known_as": json.dumps(_aliases(document, url, rules)),
        "moved_to": moved_to if moved_to != url.text and _is_address(moved_to, rules) else None,
    }


def _domains(document: Json) -> list[str]:
    """The web sites that may name this actor as an author; those that are none are left out."""
    listed = as_list(document.get("attributionDomains"))[:MOST_ATTRIBUTION_DOMAINS]
    return readable_domains(item for item in listed if isinstance(item, str))


def _mapped(document: Json, name: str) -> str:
    """A text that may stand in the language map of its name only."""
    text = first_str(document.get(name))
    translations = document.get(f"{name}Map")
    if not text and isinstance(translations, dict):
        text = next((item for item in translations.values() if isinstance(item, str)), "")
    return text


def _text_of(document: Json, name: str, length: int) -> str:
    return clean_line(_mapped(document, name), length)


def _html(text: str, length: int) -> str:
    """Clean HTML of at most that length; what is longer is cut before it is cleaned."""
    try:
        clean = sanitise(text[:length])
    except TooLarge:
        return ""
    # Cleaning may add attributes; a text that still grows too long is not worth keeping.
    return clean if len(clean) <= 2 * length else ""


def _fields(document: Json) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in as_list(document.get("attachment"))[:MOST_CANDIDATES]:
        if not isinstance(item, dict) or "PropertyValue" not in as_list(item.get("type")):
            continue
        name = clean_line(first_str(item.get("name")), LONGEST_FIELD_NAME)
        value = _html(first_str(item.get("value")), LONGEST_FIELD_VALUE)
        if name and len(found) < MOST_FIELDS:
            found.append({"name": name, "value": value})
    return found


def _emojis(document: Json, rules: UrlRules, texts: str) -> list[dict[str, Any]]:
    """The custom emoji that the texts use, as apps get them."""
    used = set(_USED_SHORTCODE.findall(texts))
    found: dict[str, dict[str, Any]] = {}
    for item in as_list(document.get("tag"))[:MOST_CANDIDATES]:
        if not isinstance(item, dict) or "Emoji" not in as_list(item.get("type")):
            continue
        match = _SHORTCODE.fullmatch(first_str(item.get("name")))
        address, _ = _picture(item.get("icon"), rules)
        if match and match[1] in used and address and len(found) < MOST_EMOJIS:
            found[match[1]] = {
                "shortcode": match[1],
                "url": address,
                "static_url": address,
                "visible_in_picker": False,
                "category": None,
            }
    return list(found.values())


def _picture(value: Any, rules: UrlRules) -> tuple[str | None, str]:
    """Address and description of the first usable image."""
    for item in as_list(value)[:MOST_CANDIDATES]:
        if isinstance(item, str):
            candidates, description = [item], ""
        elif isinstance(item, dict):
            candidates = [
                address
                for link in as_list(item.get("url") or item.get("href"))
                if (address := id_of(link))
            ]
            description = first_str(item.get("summary")) or first_str(item.get("name"))
        else:
            continue
        for address in candidates[:MOST_CANDIDATES]:
            if _is_address(address, rules):
                return address, clean_text(description[:LONGEST_DESCRIPTION])
    return None, ""


def _page(value: Any, own: Url, rules: UrlRules) -> str | None:
    """The HTML page of the profile: a Link that says so, else the first address of this host."""
    fallback = None
    for item in as_list(value)[:MOST_CANDIDATES]:
        address = id_of(item)
        if address is None or not _is_address(address, rules):
            continue
        if urlsplit(address).hostname != urlsplit(own.text).hostname:
            continue  # a profile address elsewhere would be an easy disguise
        if isinstance(item, dict) and item.get("mediaType") == "text/html":
            return address
        fallback = fallback or address
    return fallback


def _aliases(document: Json, own: Url, rules: UrlRules) -> list[str]:
    aliases = ids_of(document.get("alsoKnownAs"))[:MOST_ALIASES]
    return [alias for alias in aliases if alias != own.text and _is_address(alias, rules)]


def _published(document: Json, now: int) -> int | None:
    try:
        moment = from_iso(first_str(document.get("published")))
    except ValueError:
        return None
    return moment if 0 < moment <= now else None


def _keys(document: Json, own: Url, now: int) -> tuple[ImportedKey, ...]:
    """Keys that are this actor's: a neighbour on the same host must not claim another's id."""
    keys = [key for key in usable_keys(document, now) if _is_own(key, own.text)]
    return tuple(
        ImportedKey(key.key_id, key.algorithm.value, write_public(key.public))
        for key in keys[:MOST_KEYS]
    )


def _is_own(key: VerifyKey, actor: str) -> bool:
    base, fragment, _ = key.key_id.partition("#")
    return key.owner == actor and (base == actor or not fragment)


def write_public(public: PublicKey) -> str:
    """A public key as it is stored: multibase (Ed25519) or PEM (RSA)."""
    if isinstance(public, Ed25519PublicKey):
        return public_key_to_multibase(public)
    return public_key_to_pem(public)


def _address_within(value: Any, own: Url, rules: UrlRules) -> str | None:
    """An address of the actor's own origin, else None."""
    address = id_of(value)
    if address is None or not _is_address(address, rules) or not same_origin(address, own.text):
        return None
    return address


def _is_address(address: str | None, rules: UrlRules) -> bool:
    if address is None:
        return False
    try:
        parse_url(address, rules)
    except BadUrl:
        return False
    return True
