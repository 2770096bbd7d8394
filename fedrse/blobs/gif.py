"""Animated GIFs: what moves is kept byte for byte, everything else goes.

Encoding an animation again would spoil its colours, so its blocks are copied one by one: frames,
their timing and the number of repetitions. Comments, data of programs (XMP with places and names)
and whatever follows the end are left out. Source: CompuServe, "Graphics Interchange Format",
version 89a.
"""

from __future__ import annotations

from io import BytesIO

_HEADERS = (b"GIF87a", b"GIF89a")
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_IMAGE, _EXTENSION, _END = 0x2C, 0x21, 0x3B
_CONTROL, _PROGRAM = 0xF9, 0xFF
_MEANT = 0x1F  # bits of a control block that mean something


class TooManyFrames(ValueError):
    """More frames than wanted."""


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.position = 0

    def take(self, count: int) -> bytes:
        """The next bytes. Raises ValueError if there are fewer."""
        taken = self._content[self.position : self.position + count]
        if len(taken) < count:
            raise ValueError("the file ends too early")
        self.position += count
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def at_end(self) -> bool:
        return self.position >= len(self._content)

    def palette(self, packed: int) -> bytes:
        """The colour table that a packed field announces."""
        return self.take(3 << (packed & 7) + 1) if packed & 0x80 else b""

    def sub_blocks(self) -> list[bytes]:
        """Pieces of at most 255 bytes up to the empty one."""
        blocks = []
        while size := self.byte():
            blocks.append(self.take(size))
        return blocks


def strip_gif(content: bytes, *, most_frames: int) -> bytes:
    """The same animation without anything that is not shown.

    A missing end mark is added, as many programs leave it out. Raises ValueError if it is broken,
    TooManyFrames.
    """
    reader, target = _Reader(content), BytesIO()
    if (header := reader.take(6)) not in _HEADERS:
        raise ValueError("not a GIF")
    screen = reader.take(7)
    target.write(header + screen + reader.palette(screen[4]))
    frames = 0
    while not reader.at_end() and (kind := reader.byte()) != _END:
        if kind == _IMAGE:
            _copy_frame(reader, target)
            frames += 1
            if frames > most_frames:
                raise TooManyFrames(f"more than {most_frames} frames")
        elif kind == _EXTENSION:
            target.write(_kept_extension(reader))
        elif kind:  # zeros between blocks are harmless and not rare
            raise ValueError("an unknown block")
    if not frames:
        raise ValueError("no frame")
    target.write(bytes([_END]))
    return target.getvalue()


def _copy_frame(reader: _Reader, target: BytesIO) -> None:
    place = reader.take(9)
    target.write(bytes([_IMAGE]) + place + reader.palette(place[8]) + reader.take(1))
    target.writelines(bytes([len(block)]) + block for block in reader.sub_blocks())
    target.write(b"\0")


def _kept_extension(reader: _Reader) -> bytes:
    """Timing and repetition in their plainest form, nothing for other extensions."""
    label, blocks = reader.byte(), reader.sub_blocks()
    if label == _CONTROL and blocks and len(blocks[0]) == 4:
        packed, low, high, transparent = blocks[0]
        return bytes([_EXTENSION, _CONTROL, 4, packed & _MEANT, low, high, transparent, 0])
    if label == _PROGRAM and len(blocks) > 1 and blocks[0] in _LOOPS and len(blocks[1]) == 3:
        start = bytes([_EXTENSION, _PROGRAM, len(blocks[0])]) + blocks[0]
        return start + bytes([3, 1]) + blocks[1][1:] + b"\0"
    return b""
