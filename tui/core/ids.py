"""Identifiers: short, unique over processes, sortable by creation time."""

import itertools
import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_counter = itertools.count(int.from_bytes(os.urandom(2), "big"))


def _encode(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, rest = divmod(value, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def new_id(kind: str) -> str:
    """Return an id such as ``turn_0dz3k8m2q4abcd``.

    Nine characters of milliseconds, four of a process-wide counter and six of randomness: two ids made in
    the same tick, or by two processes, still differ.
    """
    stamp = _encode(int(time.time() * 1000), 9)
    serial = _encode(next(_counter), 4)
    return f"{kind}_{stamp}{serial}{_encode(int.from_bytes(os.urandom(4), 'big'), 6)}"
