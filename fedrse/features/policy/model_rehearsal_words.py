"""What pages say about rehearsals."""

from __future__ import annotations

from typing import Final

from fedrse.features.policy.model_passage import Outcome
from fedrse.features.policy.model_proposals import Kind
from fedrse.web.languages import translatable

KINDS: Final = {
    Kind.ADD: translatable("New rule"),
    Kind.EDIT: translatable("A rule is changed"),
    Kind.REMOVE: translatable("A rule is taken back"),
    Kind.APPLY: translatable("All rules of this site, as a file"),
    Kind.IMPORT: translatable("A list is taken in"),
    Kind.ADOPT: translatable("Drafts are put in force"),
}
OUTCOMES: Final = {
    Outcome.PASSED.value: translatable("passed"),
    Outcome.ALTERED.value: translatable("passed, altered"),
    Outcome.DELAYED.value: translatable("made to wait"),
    Outcome.CAPPED.value: translatable("too many at a time"),
    Outcome.HELD.value: translatable("held in quarantine"),
    Outcome.DENIED.value: translatable("refused by rules"),
    Outcome.REFUSED.value: translatable("refused for other reasons"),
}
