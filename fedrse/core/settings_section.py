"""What all tables of the configuration file have in common."""

from __future__ import annotations

from msgspec import Struct


class SettingsSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the configuration file; unknown keys are errors."""
