"""What the overview of the console shows; features find it."""

from __future__ import annotations

from msgspec import Struct

from fedrse.http.rights import Right


class Concern(Struct, frozen=True, kw_only=True):
    """Something that somebody should look at, for whoever has the right.

    ``words`` is marked ``translatable`` and may have %(num)s and %(name)s in it. ``kind``: danger,
    warning or info.
    """

    right: Right
    path: str
    words: str
    num: int = 1
    name: str = ""
    kind: str = "warning"


class Figure(Struct, frozen=True):
    """A number about the site; ``label`` is marked ``translatable``."""

    label: str
    value: int
