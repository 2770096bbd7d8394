"""Notes which parameters a handler looks at, whatever it does with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from fedrse.http.request import Request

Name = tuple[str, ...]


def parameter_name(text: str) -> Name:
    """``fields_attributes[:index][name]`` as its parts, without places in lists."""
    parts = re.split(r"[\[\]]+", text.lstrip(":"))
    return tuple(one for one in parts if one and not one.startswith(":") and not one.isdigit())


class Watch:
    """The names seen since somebody cleared them."""

    def __init__(self) -> None:
        self.seen: set[Name] = set()

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """All requests of this process are watched from now on."""
        params, uploads = Request.params, Request.uploads
        read, write, files = params.fget, params.fset, uploads.fget
        assert read is not None
        assert files is not None

        def watched(request: Request) -> Any:
            return Watched(self.seen, (), read(request))

        def watched_files(request: Request) -> Any:
            return Watched(self.seen, (), files(request))

        patch.setattr(Request, "params", property(watched, write))
        patch.setattr(Request, "uploads", property(watched_files))


class Watched(dict[str, Any]):
    """A mapping that says which of its names were asked for."""

    def __init__(self, seen: set[Name], place: Name, values: dict[str, Any]) -> None:
        self._seen = seen
        self._place = place
        super().__init__({key: self._wrap(key, value) for key, value in values.items()})

    def _wrap(self, key: str, value: Any) -> Any:
        place = self._place if key.isdigit() else (*self._place, key)
        if isinstance(value, dict):
            return Watched(self._seen, place, value)
        if type(value) is list:
            return [
                Watched(self._seen, place, one) if isinstance(one, dict) else one for one in value
            ]
        return value

    def _note(self, key: object) -> None:
        if isinstance(key, str) and not key.isdigit():
            # Names with dots are kept whole: data[alerts][admin.report].
            self._seen.add((*self._place, key))

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return super().__contains__(key)

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:  # type: ignore[override]
        self._note(key)
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        # Without this, dict(...) would copy without asking for each name.
        return super().__iter__()
