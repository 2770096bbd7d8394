"""Files that are no backup, or a damaged one: a sentence, never a crash."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fedrse.app.backup.archive import MANIFEST, BadBackup, read_archive


def archive(members: list[tuple[str, bytes]], kind: bytes = tarfile.REGTYPE) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


NAMES = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1),
    st.sampled_from([MANIFEST, "../x", "/etc/passwd", "media/../../x", "database.sqlite"]),
)
CONTENTS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [b"{}", b"[]", b"null", b'{"format":1}', b'{"format":1,"files":{"../x":{}}}', b"{" * 9]
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=3000),
        st.lists(st.tuples(NAMES, CONTENTS), max_size=4).map(archive),
        st.tuples(CONTENTS, st.integers(0, 10_240)).map(
            lambda pair: archive([(MANIFEST, pair[0])])[: pair[1]]
        ),
    )
)
@example(archive([(MANIFEST, b"")], tarfile.SYMTYPE))
@example(archive([(MANIFEST, b"{}"), (MANIFEST, b"{}")]))
@example(archive([(MANIFEST, b"\xff")]))
def test_any_file_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.backup"
    path.write_bytes(content)
    with pytest.raises(BadBackup) as caught, read_archive(path) as opened:
        opened.verify()
    assert len(caught.value.message) > 10
    assert sorted(tmp_path.iterdir()) == [path]
