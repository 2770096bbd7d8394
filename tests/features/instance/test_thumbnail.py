"""The placeholder that apps show while they load the picture of the site."""

from __future__ import annotations

from pathlib import Path

import fedrse.web
from fedrse.blobs.images import process_image
from fedrse.features.instance.api import THUMBNAIL_BLURHASH


def test_the_placeholder_is_that_of_the_picture() -> None:
    picture = Path(fedrse.web.__path__[0]) / "static" / "header.png"
    assert process_image(picture.read_bytes()).blurhash == THUMBNAIL_BLURHASH
