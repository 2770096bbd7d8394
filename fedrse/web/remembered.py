"""What stands around every page, drawn once for whoever it looks the same to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from markupsafe import Markup

MOST = 500  # of about five kilobytes


class Remembered:
    """``remembered(macro, *arguments)``: what the macro makes of these values.

    For macros that use nothing but their arguments, plain values all of them, and the globals of
    the language.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Hashable, ...], Markup] = OrderedDict()

    def __call__(self, macro: Callable[..., str], *arguments: Any) -> Markup:
        name = getattr(macro, "name", "")
        key = (name, *(_hashable(one) for one in arguments))
        text = self._known.get(key)
        if text is None:
            text = self._known[key] = Markup(macro(*arguments))  # noqa: S704  (drawn by a template)
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return text


def _hashable(value: Any) -> Hashable:
    return tuple(value.items()) if isinstance(value, Mapping) else value
