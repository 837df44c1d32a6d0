"""Buffers that a program might send to break its terminal."""

import random
from collections.abc import Iterator

SIZE = 4096
_BYTES = (
    b"\x1b\x1b\x1b[[[]P_^X0123456789;:?>=!$\"' @ABCDEFGHIJKLMPSTXZ`abcdefghlmnpqrstu\\\x07\r\n\t\x08\x9b\x9c\x18"
    b"\xe4\xbd\xa0\xf0\x9f\x98\x80\xe2\x80\x8d\xcc\x81xyz789()*+#"
)
_FINALS = b"@ABCDEFGHIJKLMPSTXZ`abcdefghlmnpqrstu"
_NUMBERS = (0, 1, 2, 3, 4, 5, 6, 7, 20, 24, 47, 69, 80, 1047, 1049, 65535, 99999, 2**70)
_TEXTS = ("", "x", "你", "abc" * 9, "e\u0301", "\u200d😀")
BOMBS: tuple[str, ...] = (
    "\x1bc", "\x1b#8", "\x1b[2J", "\x1b[99999S", "\x1b[99999T", "\x1b[99999L", "\x1b[99999M", "\x1b[99999b",
    "x\x1b[65535b", "x\r\x1b[65535b", "你\x1b[65535b", "\x1b[?1049h\x1b[?1049l", "\x1b[?1047h\x1b[?1047l",
    "\x1bM", "\n", "\n\x0b", "\r\n", "\x1b[!p", "\x1b[65535I", "\x1b[65535Z", "\x1b[?69h\x1b[2;70s\x1b[99S",
    "\x1b[?69h\x1b[2;3s", "\x1b[9999'}", "\x1b[9999'~", "\x1b]4;1;?\x07", "\x1b[c", "\x1b[6n",
    "\x1b]0;x\x07", "\x1b]52;c;aGk=\x07", "\x1b[?5h", "\x1b[" + "1;" * 60 + "m", "\x1b[" + "1:" * 60 + "m",
    "e" + "\u0301" * 40, "\u200d😀", "\x1b[4h" + "y" * 60, "\x1b[9999X", "\x1b[9999@", "\x1b[9999P",
    "\x1b[J", "\x1b[1J", "\x1b[?2026h", "\x1b[K", "\x1b]8;;http://a/\x07", "\x1b[", "\x1b]", "\x1bP",
    "\x1b_", "1;", "9", "\x9b", "\x1b[99999999999999999999C", "\x1b[?25l\x1b[?25h", "你", "\u202e",
    "\x1b]133;A\x07", "\x1b[?1;3;5;6;7;12;25;40;47;66;69;1000;1002;1003;1004;1006;1047;1048;1049;2026h",
    "\x1b[3;5r", "\x1b[22t\x1b[23t", "x\n", "x\x0b", "\x1b['}", "\x1b['~", "\x1b['}\x1b['~", "\x1b['}x", "你\x1b['}",
    "\x1b[99S", "\x1b[41m\x1b[99S", "\x1b[9S", "\x1b[9L", "\x1b[9M", "\t\r", "\x1bH\t", "\x1b[I\r", "\x1b[41m\x1b[J",
    "你\r\x1b[99b\n", "x\x1b[1;9H\x1bM", "\x1b[?69h\x1b[2;40s\x1bM", "\x1b[?69h\x1b[2;70s\n", "\x9b'}", "\x1b#8\x1b[S",
    "\x1b[2$v", "\x1b[1;2$v", "\x1b[;;;;;2;2$v", "\x1b[88$x", "\x1b[88;2;2$x", "\x1b[$z", "\x1b[2;2$z", "\x1b[2;2${",
    "\x1b6", "\x1b9", "\x1bP+q544e\x1b\\", "\x1b]7;file://h/%41\x07",
)  # fmt: skip


def _bomb(choice: str) -> bytes:
    data = choice.encode()
    return (data * (SIZE // len(data) + 1))[:SIZE]


def _commands(rng: random.Random) -> bytes:
    out = bytearray()
    while len(out) < SIZE:
        numbers = b";".join(b"%d" % rng.choice(_NUMBERS) for _ in range(rng.randrange(4)))
        out += b"\x1b[" + rng.choice((b"", b"?", b">")) + numbers + bytes([rng.choice(_FINALS)])
        out += rng.choice(_TEXTS).encode()
    return bytes(out[:SIZE])


def buffers(count: int, seed: int = 7) -> Iterator[bytes]:
    """Yield `count` buffers of 4 KiB: noise, escapes at random, commands at random, and one thing over and over."""
    rng = random.Random(seed)
    for number in range(count):
        kind = number % 4
        if kind == 0:
            yield rng.randbytes(SIZE)
        elif kind == 1:
            yield bytes(rng.choices(_BYTES, k=SIZE))
        elif kind == 2:
            yield _commands(rng)
        else:
            yield _bomb(BOMBS[number // 4 % len(BOMBS)] if number // 4 < len(BOMBS) else rng.choice(BOMBS))
