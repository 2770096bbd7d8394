"""What a decision means for a message or document. Pure; the same live and in a rehearsal."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from fedrse.activitypub.alterations import Change
from fedrse.activitypub.border import Passage
from fedrse.activitypub.buckets import Buckets
from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.extraction import FETCH, REQUESTS
from fedrse.features.policy.model import Decision, Effects

LONGEST_REST: Final = 900
"""Seconds after which a peer may try again, however long a cap lasts."""

WRITTEN: Final = frozenset({"Create", "Update", FETCH}) | REQUESTS
_CHANGES: Final = (
    (Effects.STRIP_MEDIA, Change.NO_MEDIA),
    (Effects.STRIP_HTML, Change.NO_HTML),
    (Effects.FOLLOWERS_ONLY, Change.FOR_FOLLOWERS),
)
_STRIPS: Final = Effects.STRIP_MEDIA | Effects.STRIP_HTML | Effects.FOLLOWERS_ONLY
_SILENT: Final = ~Effects.LIMIT


class Outcome(StrEnum):
    """What became of something, in one word, from the mildest to the strongest."""

    PASSED = "passed"
    ALTERED = "altered"
    DELAYED = "delayed"
    CAPPED = "capped"  # too many for now
    HELD = "held"  # in quarantine
    DENIED = "denied"
    REFUSED = "refused"  # before the policy was asked: a wrong signature, a quota


def passage_of(
    envelope: Envelope, decision: Decision, buckets: Buckets, now: int
) -> Passage | None:
    """What to do; None: nothing. ``buckets`` count what is capped."""
    effects = decision.effects & _SILENT
    if not effects:
        return None
    if effects & Effects.DENY or _is_unwanted(envelope, effects):
        return _passage(decision, denied=True)
    fetched = envelope.type == FETCH
    if effects & Effects.QUARANTINE:
        # What is fetched cannot wait: whoever asks gets it now or not at all.
        return _passage(decision, denied=fetched, held=True, effects=effects)
    wait = 0
    if effects & Effects.CAP and decision.cap > 0 and decision.period > 0:
        key = (envelope.host, envelope.direction, decision.cap, decision.period)
        wait = buckets.take(key, decision.cap, decision.period, now)
        if wait and (fetched or envelope.direction is Direction.IN):
            # Senders rest altogether meanwhile, also with what no rule is about.
            return _passage(decision, retry_after=min((wait + 999) // 1000, LONGEST_REST))
    delay = max(wait, decision.delay if effects & Effects.DELAY and not fetched else 0)
    if not delay and not effects & _STRIPS:
        return None
    return _passage(decision, delay=delay, effects=effects)


def outcome_of(passage: Passage | None) -> Outcome:
    """The word for it."""
    if passage is None:
        return Outcome.PASSED
    if passage.denied:
        return Outcome.DENIED
    if passage.held:
        return Outcome.HELD
    if passage.retry_after:
        return Outcome.CAPPED
    return Outcome.DELAYED if passage.delay else Outcome.ALTERED


def _is_unwanted(envelope: Envelope, effects: Effects) -> bool:
    if effects & Effects.NO_REPORTS and envelope.type == "Flag":
        return True
    direct = envelope.audience == "direct" and envelope.type in WRITTEN
    return direct and bool(effects & Effects.NO_DIRECT)


def _passage(
    decision: Decision,
    *,
    denied: bool = False,
    held: bool = False,
    delay: int = 0,
    retry_after: int = 0,
    effects: Effects = Effects.NONE,
) -> Passage:
    changes = Change.NONE
    if effects & _STRIPS:
        for effect, change in _CHANGES:
            if effects & effect:
                changes |= change
    return Passage(
        denied=denied,
        held=held,
        delay=delay,
        retry_after=retry_after,
        changes=changes,
        rules=decision.rules,
        reason=decision.reason,
    )
