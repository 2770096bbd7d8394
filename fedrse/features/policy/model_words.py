"""What pages say about rules."""

from __future__ import annotations

from typing import Final

from fedrse.features.policy.model import Effect, State
from fedrse.web.languages import translatable

EFFECTS: Final = {
    Effect.DENY: translatable("Deny"),
    Effect.ALLOW: translatable("Allow"),
    Effect.QUARANTINE: translatable("Hold until somebody looks"),
    Effect.LIMIT: translatable("Limit: propose nowhere"),
    Effect.STRIP_MEDIA: translatable("Take pictures and files off"),
    Effect.STRIP_HTML: translatable("Take formatting off"),
    Effect.NO_REPORTS: translatable("Take no reports"),
    Effect.NO_DIRECT: translatable("Refuse direct messages"),
    Effect.FOLLOWERS_ONLY: translatable("Show posts to followers only"),
    Effect.DELAY: translatable("Let wait"),
    Effect.CAP: translatable("Limit the number"),
}
STATES: Final = {
    State.DRAFT: translatable("Draft"),
    State.SHADOW: translatable("On trial"),
    State.ACTIVE: translatable("In force"),
}
TONES: Final = {State.DRAFT: "", State.SHADOW: "warning", State.ACTIVE: "success"}
"""Kinds of badges."""

FIELDS: Final = {
    "hosts": translatable("Sites"),
    "networks": translatable("Addresses"),
    "roles": translatable("Role in the network"),
    "software": translatable("Software"),
    "actors": translatable("People"),
    "types": translatable("Types"),
    "languages": translatable("Languages"),
    "tags": translatable("Hashtags"),
    "attachments": translatable("Files"),
    "audiences": translatable("Audience"),
    "direction": translatable("Direction"),
}
FUNCTION_WORDS: Final = {
    "posts": translatable("Posts"),
    "polls": translatable("Polls"),
    "reactions": translatable("Reactions"),
    "boosts": translatable("Shared posts"),
    "follows": translatable("Follows"),
    "profiles": translatable("Profiles"),
    "events": translatable("Events"),
    "documents": translatable("Documents"),
    "films": translatable("Films and sounds"),
    "pictures": translatable("Pictures"),
    "reports": translatable("Reports"),
    "moves": translatable("Moves"),
}
DIRECTIONS: Final = {
    "": translatable("Both ways"),
    "in": translatable("What comes in"),
    "out": translatable("What goes out"),
}
TABS: Final = (
    ("/admin/policy", translatable("Rules")),
    ("/admin/policy/drafts", translatable("Drafts")),
    ("/admin/policy/rehearsals", translatable("Rehearsals")),
    ("/admin/policy/versions", translatable("Versions")),
    ("/admin/policy/lists", translatable("Lists")),
    ("/admin/policy/file", translatable("As a file")),
)
