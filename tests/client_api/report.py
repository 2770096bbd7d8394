"""Tables of what conforms, group by group, and the list of what does not, with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.client_api.checker import Sightings, attributes, entity_names, own_attributes
from tests.client_api.left_out import ENDPOINTS, ENTITIES, NEVER, PARAMETERS
from tests.client_api.probe import Verdict, documented_parameters

Key = tuple[str, str]


class Report:
    """What a conformance run has found."""

    def __init__(self, verdicts: dict[str, Verdict], met: Sightings) -> None:
        self._verdicts = verdicts
        self._met = met
        for verdict in verdicts.values():
            self._add_ignored_parameters(verdict)

    def _add_ignored_parameters(self, verdict: Verdict) -> None:
        """A documented parameter at which nobody looks is a failure, unless there is a reason."""
        if not verdict.calls or verdict.endpoint.group == "streaming":
            return
        for name in documented_parameters(verdict.endpoint):
            is_read = name in verdict.read
            has_reason = (verdict.endpoint.name, name) in PARAMETERS
            if not is_read and not has_reason and verdict.endpoint.name not in ENDPOINTS:
                verdict.failures.append(f"nobody looks at the parameter {'.'.join(name)}")

    # Endpoints

    def failing(self) -> dict[str, list[str]]:
        """Endpoints that do not conform, and why."""
        return {
            name: verdict.failures or ["it was never called"]
            for name, verdict in self._verdicts.items()
            if not verdict.conforms and name not in ENDPOINTS
        }

    def endpoint_share(self) -> float:
        """Of all, those that are left out included."""
        good = sum(
            verdict.conforms and name not in ENDPOINTS for name, verdict in self._verdicts.items()
        )
        return good / len(self._verdicts)

    # Attributes

    def _of_entities(self) -> Iterator[tuple[str, list[str]]]:
        for entity in entity_names():
            yield entity, list(own_attributes(entity))

    def wrong_attributes(self) -> list[Key]:
        """Attributes that were met and did not conform."""
        return sorted(key for key, count in self._met.wrong.items() if count)

    def _is_good(self, entity: str, attribute: str) -> bool:
        return self._met.is_good(entity, attribute)

    def unseen_attributes(self) -> list[Key]:
        """Attributes that no answer had, and for which no reason is listed."""
        return [
            (entity, name)
            for entity, names in self._of_entities()
            for name in names
            if not self._is_good(entity, name)
            and (entity, name) not in self._met.wrong
            and entity not in ENTITIES
            and (entity, name) not in NEVER
        ]

    def seen_after_all(self) -> list[str]:
        """What is listed as never sent, and was met: the list must become shorter."""
        keys = {*self._met.valued, *self._met.null}
        return sorted(
            [name for name in ENTITIES if any(entity == name for entity, _ in keys)]
            + [f"{entity}.{name}" for entity, name in NEVER if (entity, name) in keys]
        )

    def attribute_share(self) -> float:
        """Of the attributes of all entities that are sent: those that conform in every answer.

        One that is optional and never there conforms; ``left_out.py`` says why it is not there.
        """
        counts = list(self._attribute_counts().values())
        good = sum(met + absent for met, absent, _ in counts)
        return good / sum(documented for _, _, documented in counts)

    def _attribute_counts(self) -> dict[str, tuple[int, int, int]]:
        """By entity: met and as documented, rightly never there, documented."""
        return {
            entity: (
                sum(self._is_good(entity, name) for name in names),
                sum(
                    (entity, name) in NEVER and self._may_be_absent(entity, name) for name in names
                ),
                len(names),
            )
            for entity, names in self._of_entities()
            if entity not in ENTITIES
        }

    def _may_be_absent(self, entity: str, name: str) -> bool:
        return bool(attributes(entity)[name].get("optional")) and not self._met.wrong[entity, name]

    # As text

    def lines(self) -> Iterator[str]:
        """The tables."""
        good: Counter[str] = Counter()
        total: Counter[str] = Counter()
        checks: dict[str, set[str]] = {}
        for name, verdict in self._verdicts.items():
            group = verdict.endpoint.group
            total[group] += 1
            good[group] += verdict.conforms and name not in ENDPOINTS
            checks.setdefault(group, set()).update(verdict.checks)
        yield f"{'group':24} endpoints  checked"
        for group in sorted(total):
            shown_by = ", ".join(sorted(checks[group]))
            yield f"{group:24} {good[group]:3} of {total[group]:3} {shown_by}"
        yield f"{'all':24} {sum(good.values()):3} of {sum(total.values()):3}"
        yield ""
        counts = self._attribute_counts()
        yield f"{'entity':28} attributes"
        for entity, (met, absent, documented) in counts.items():
            more = f" ({absent} optional ones are never there)" if absent else ""
            yield f"{entity:28} {met:3} of {documented:3}{more}"
        met, absent, documented = (sum(one[i] for one in counts.values()) for i in range(3))
        yield f"{'all':28} {met:3} of {documented:3} ({absent} optional ones are never there)"
        never = sum(len(own_attributes(name)) for name in ENTITIES)
        yield f"{'entities never sent':28} {never:3}"
        yield ""
        yield "Left, with the reason:"
        for name, reason in ENDPOINTS.items():
            yield f"  {name}: {reason}"
        for name, reason in ENTITIES.items():
            yield f"  {name} ({len(own_attributes(name))} attributes): {reason}"
        for (entity, name), reason in NEVER.items():
            yield f"  {entity}.{name}: {reason}"
        for (endpoint, parts), reason in PARAMETERS.items():
            if parts in self._verdicts[endpoint].read:
                continue
            yield f"  {endpoint} {'.'.join(parts)}: {reason}"
