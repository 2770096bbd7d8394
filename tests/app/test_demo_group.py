"""The example group: what it says about itself is true."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from fedrse.app.demo.drawings import HEIGHT, WIDTH, Bar, Picture, Place, draw
from fedrse.app.demo.group import Post, load_group

POSTS = [post for top in load_group().posts for post in top.all()]


def test_everybody_who_is_named_exists() -> None:
    people = set(load_group().handles())
    for post in POSTS:
        voters = [who for voters in (post.poll.votes if post.poll else []) for who in voters]
        assert {post.author, *post.likes, *post.shares, *voters} <= people
        assert len(voters) == len(set(voters))
        assert post.author not in voters


@pytest.mark.parametrize("post", [post for post in POSTS if post.picture], ids=lambda p: p.author)
def test_pictures_can_be_drawn_and_are_described(post: Post) -> None:
    picture = post.picture
    assert picture is not None
    assert picture.description
    words = [picture.title, *(bar.name + bar.shown for bar in picture.bars)]
    assert all(text.isascii() for text in words + [place.name for place in picture.places])


def test_a_chart_and_a_map() -> None:
    for picture in (
        Picture("Chart", "A chart", bars=[Bar("One", 1, "1"), Bar("Two", 2, "2")]),
        Picture("Map", "A map", places=[Place("A", 0.1, 0.2), Place("B", 0.8, 0.9)]),
    ):
        with Image.open(io.BytesIO(draw(picture))) as image:
            assert image.size == (WIDTH, HEIGHT)
            colours = image.getcolors(1 << 20)
        assert colours is not None
        assert len(colours) > 10
