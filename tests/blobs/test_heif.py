"""Pictures of iPhones: with the extra they become JPEG, without it they are not accepted."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from fedrse.blobs import images, pictures
from fedrse.blobs.formats import HEAD, PICTURE, sniff
from fedrse.blobs.images import process_image
from tests.blobs.pictures import SECRET, gradient

pillow_heif = pytest.importorskip("pillow_heif")


def heic(*, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = orientation
    file = pillow_heif.from_pillow(gradient(64, 32))
    target = io.BytesIO()
    file.save(target, quality=80, exif=exif.tobytes())
    return target.getvalue()


def test_it_becomes_jpeg() -> None:
    content = heic()
    assert SECRET in content
    assert sniff(content[:HEAD]) == PICTURE
    made = process_image(content)
    assert (made.media_type, made.extension) == ("image/jpeg", "jpg")
    assert (made.width, made.height) == (64, 32)
    assert SECRET not in made.content
    assert Image.open(io.BytesIO(made.content)).format == "JPEG"
    assert "image/heic" in pictures.accepted_types()


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (images, pictures):
        monkeypatch.setattr(module, "reads_heif", lambda: False)
    assert "image/heic" not in pictures.accepted_types()
    with pytest.raises(pictures.UnusableImage, match="not an image"):
        process_image(heic())


@pytest.mark.parametrize("length", [40, 200, 400])
def test_broken_off(length: int) -> None:
    with pytest.raises(pictures.UnusableImage):
        process_image(heic()[:length])
