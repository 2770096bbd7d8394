"""Templates are compiled once for all sites of a test process, not once for each of a thousand."""

from __future__ import annotations

from collections import defaultdict
from types import CodeType
from typing import Any

import jinja2
from jinja2.bccache import Bucket

from fedrse.web import environments


class Compiled(jinja2.BytecodeCache):
    """Remembers what templates became, by their text."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Takes it from memory."""
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps it in memory."""
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


_of_language: defaultdict[str, Compiled] = defaultdict(Compiled)
_make = environments.make_environment


def make_environment(*arguments: Any, **more: Any) -> jinja2.Environment:
    """The same as the site's, with what was compiled before in this language."""
    made = _make(*arguments, **more)
    made.bytecode_cache = _of_language[made.globals["language"]]
    return made
