"""base58btc multibase, as keys (FEP-521a) and proofs (FEP-8b32) are written."""

from __future__ import annotations

from typing import Final

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_PREFIX: Final = "z"
_MAX_CHARACTERS: Final = 1024  # decoding takes quadratic time


def encode_base58btc(data: bytes) -> str:
    """``z`` and the base58btc form of the bytes."""
    number = int.from_bytes(data, "big")
    characters = []
    while number:
        number, digit = divmod(number, 58)
        characters.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return _PREFIX + _ALPHABET[0] * zeros + "".join(reversed(characters))


def decode_base58btc(text: str) -> bytes:
    """The bytes of a multibase text that starts with ``z``; ValueError for anything else."""
    if not text.startswith(_PREFIX) or len(text) > _MAX_CHARACTERS:
        raise ValueError("not base58btc multibase")
    digits = text[1:]
    number = 0
    for character in digits:
        value = _VALUES.get(character)
        if value is None:
            raise ValueError("not a base58btc character")
        number = number * 58 + value
    zeros = len(digits) - len(digits.lstrip(_ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
