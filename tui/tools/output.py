"""What a program prints, made readable: bounded, without escape sequences, each line as it ended up."""

import codecs
import re
from collections import deque
from typing import Final

from tui.core.untrusted import clean

_SEQUENCE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-OQ-WYZ`-~\\])"
)
_BEGUN_SEQUENCE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,500}\x1b?|[PX^_][^\x1b]{0,500}\x1b?|[ -/]*)\Z"
)
_OVERSTRUCK: Final = re.compile(r"[^\n\x08]\x08")
_LIVE_BYTES: Final = 16_000
"""Most bytes of one piece of live output; of a faster program the newest are shown."""


def plain(text: str) -> str:
    """Return a program's whole output as a reader sees it in the end: no colours, no lines that were overwritten."""
    text = _OVERSTRUCK.sub("", _SEQUENCE.sub("", text)).replace("\r\n", "\n")
    if "\r" in text:
        text = "\n".join(map(_last_state, text.split("\n")))
    return clean(text)


def _last_state(line: str) -> str:
    """Return what is left of a line that a progress display wrote over with carriage returns."""
    return next((part for part in reversed(line.split("\r")) if part), "")


class Collector:
    """Keeps the beginning and the end of a program's output, at most `limit` bytes, and counts the rest."""

    def __init__(self, limit: int) -> None:
        self._head_limit = limit * 2 // 5
        self._tail_limit = limit - self._head_limit
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self.total = 0
        self._lines = 0
        self.omitted = 0

    def feed(self, data: bytes) -> None:
        """Take more output."""
        self.total += len(data)
        self._lines += data.count(b"\n")
        room = self._head_limit - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail.append(data)
            self._tail_size += len(data)
            while self._tail_size - len(self._tail[0]) >= self._tail_limit:
                self._tail_size -= len(self._tail.popleft())

    def text(self) -> str:
        """Return what was kept as cleaned text, with an exact note in the place of what was not; sets `omitted`."""
        head, tail = bytes(self._head), b"".join(self._tail)
        if len(head) + len(tail) == self.total and self.total <= self._head_limit + self._tail_limit:
            return plain((head + tail).decode("utf-8", "replace"))
        head, tail = _whole_end(head), _whole_start(tail[-self._tail_limit :])
        self.omitted = self.total - len(head) - len(tail)
        lines = self._lines - head.count(b"\n") - tail.count(b"\n")
        note = f"[… {self.omitted:,} bytes, {lines:,} line breaks, left out here …]"
        first = plain(head.decode("utf-8", "replace"))
        gap = "" if not first or first.endswith("\n") else "\n"
        return f"{first}{gap}{note}\n{plain(tail.decode('utf-8', 'replace'))}"


def _whole_end(head: bytes) -> bytes:
    """Return the beginning of the output cut after a line where one ends near, else after a whole character."""
    end = head.rfind(b"\n") + 1
    if end > len(head) // 2:
        return head[:end]
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)  # less a character that is not whole
    return head if "\ufffd" in text else text.encode()


def _whole_start(tail: bytes) -> bytes:
    """Return the end of the output begun with a line where one begins near, else with a whole character."""
    start = tail.find(b"\n") + 1
    if 0 < start < len(tail) // 2:
        return tail[start:]
    skip = next((index for index, byte in enumerate(tail[:4]) if byte & 0xC0 != 0x80), 0)
    return tail[skip:]


class Live:
    """Turns output into cleaned pieces for the screen while it comes, at most some kilobytes each."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._bytes = bytearray()
        self._dropped = 0
        self._held = ""
        self._line_begun = False

    def feed(self, data: bytes) -> None:
        """Take more output."""
        self._bytes += data
        excess = len(self._bytes) - _LIVE_BYTES
        if excess > 0:
            self._dropped += excess
            del self._bytes[:excess]

    def take(self, *, final: bool = False) -> str:
        """Return what can be shown now; with `final` all the rest."""
        note = ""
        if self._dropped:
            note = ("\n" if self._line_begun else "") + f"[… {self._dropped:,} bytes not shown …]\n"
            self._decoder.reset()
            self._held, self._dropped, self._line_begun = "", 0, False
        text = self._held + self._decoder.decode(bytes(self._bytes), final)
        self._bytes.clear()
        self._held = ""
        if not final and (begun := _BEGUN_SEQUENCE.search(text)):
            text, self._held = text[: begun.start()], text[begun.start() :]
        return note + self._shown(_OVERSTRUCK.sub("", _SEQUENCE.sub("", text)).replace("\r\n", "\n"), final=final)

    def _shown(self, text: str, *, final: bool) -> str:
        """Return the lines of `text`; a line being overwritten is held back until it is over."""
        *whole, rest = text.split("\n")
        lines: list[str] = []
        for line in whole:
            lines.append(self._line(line) + "\n")
            self._line_begun = False
        if "\r" in rest and not final:
            first, *later = rest.split("\r")
            if self._line_begun:
                lines.append(first)
                self._held = _compact(later) + self._held
            else:
                self._held = _compact([first, *later]) + self._held
        elif rest:
            lines.append(self._line(rest))
            self._line_begun = True
        return clean("".join(lines))

    def _line(self, line: str) -> str:
        """Return a line as it ended up; of one whose beginning was shown before, what continues or replaces it."""
        if not self._line_begun:
            return _last_state(line)
        first, *later = line.split("\r")
        over = _last_state("\r".join(later))
        return f"{first}\n{over}" if over else first


def _compact(states: list[str]) -> str:
    """Return what matters of the states of a line that is being overwritten: the newest one, and how far it got."""
    if states[-1]:
        return f"\r{states[-1]}"
    before = _last_state("\r".join(states))
    return f"\r{before}\r" if before else "\r"
