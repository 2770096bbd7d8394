"""Programs that read hostile files: few rights, little time, little said."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fedrse.blobs.programs import MOST_MEMORY, MOST_OUTPUT, Bounds, ProgramFailed, Programs

BOUNDS = Bounds(seconds=20)


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


async def test_what_a_program_may(tmp_path: Path) -> None:
    code = (
        "import os, resource as r\n"
        "limits = [r.getrlimit(getattr(r, f'RLIMIT_{name}'))[1]"
        " for name in ('AS', 'CPU', 'FSIZE', 'NOFILE', 'CORE')]\n"
        "status = open('/proc/self/status').read()\n"
        "print(*limits, os.getcwd(), sorted(os.environ), os.nice(0),"
        " 'NoNewPrivs:\\t1' in status, sep='|')\n"
    )
    said = await Programs("").run(python(code), Bounds(seconds=7, written=5000), folder=tmp_path)
    *limits, folder, environment, niceness, no_new = said.decode().strip().split("|")
    assert limits == [str(MOST_MEMORY), "15", "5000", "64", "0"]
    assert (folder, niceness, no_new) == (str(tmp_path), "10", "True")
    assert "PATH" not in environment
    assert "HOME" not in environment


def may_leave_the_network() -> bool:
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run(["unshare", "--user", "--net", "true"], check=False, capture_output=True)
    return done.returncode == 0


@pytest.mark.skipif(not may_leave_the_network(), reason="this system does not permit it")
async def test_it_has_no_network() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5); print('there')"
    with pytest.raises(ProgramFailed, match=r"unreachable|refused"):
        await Programs("").run(python(code), BOUNDS)
    outside = await asyncio.create_subprocess_exec(*python(code), stdout=subprocess.PIPE)
    assert (await outside.communicate())[0] == b"there\n"
    server.close()
    await server.wait_closed()


async def test_a_failure_tells_its_end() -> None:
    code = "import sys; sys.stderr.write('x' * 5_000_000 + 'the reason'); sys.exit(3)"
    with pytest.raises(ProgramFailed, match=r"the reason$") as caught:
        await Programs("").run(python(code), BOUNDS)
    assert len(str(caught.value)) <= 500


async def test_it_may_not_say_much() -> None:
    with pytest.raises(ProgramFailed, match="said too much"):
        await Programs("").run(python(f"print('x' * {MOST_OUTPUT + 1})"), BOUNDS)


async def test_it_may_not_write_much(tmp_path: Path) -> None:
    code = "open('big', 'wb').write(bytes(1 << 21))"
    with pytest.raises(ProgramFailed):
        await Programs("").run(python(code), BOUNDS, folder=tmp_path)
    assert (tmp_path / "big").stat().st_size <= BOUNDS.written


async def test_it_may_not_take_much_memory() -> None:
    with pytest.raises(ProgramFailed, match="MemoryError"):
        await Programs("").run(python(f"bytearray({2 * MOST_MEMORY})"), BOUNDS)


def lives(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(3600)"
    with pytest.raises(ProgramFailed, match="too long"):
        await Programs("").run(python(code), Bounds(seconds=2.0), folder=tmp_path)
    assert not lives(int((tmp_path / "pid").read_text()))


async def test_one_whose_caller_gives_up_is_ended(tmp_path: Path) -> None:
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(3600)"
    task = asyncio.create_task(Programs("").run(python(code), BOUNDS, folder=tmp_path))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not lives(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("name", ["", "no-such-program", "/nowhere/ffmpeg", "true", "false"])
async def test_what_is_no_ffmpeg_is_not_ready(name: str) -> None:
    assert not await Programs(name).ready()
