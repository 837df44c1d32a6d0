"""Nothing is shown twice and nothing is sent twice by accident. Judged by place and time, never by content alone."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_MOST_STREAMS: Final = 1_024
_MOST_PROMPTS: Final = 256


@dataclass(slots=True)
class _Seen:
    """The numbers `first` up to but without `next`, and single ones elsewhere."""

    first: int
    next: int
    others: set[int] = field(default_factory=set)

    def add(self, seq: int) -> bool:
        if self.first <= seq < self.next or seq in self.others:
            return False
        self.others.add(seq)
        while self.next in self.others:
            self.others.remove(self.next)
            self.next += 1
        return True


class SequenceFilter:
    """Lets each piece of a stream pass once, by its number; equal texts with different numbers both pass.

    Numbers are whole and may have gaps or come late; what is remembered of a stream in order is where it began
    and how far it came.
    """

    def __init__(self, most_streams: int = _MOST_STREAMS) -> None:
        self._most_streams = most_streams
        self._streams: OrderedDict[str, _Seen] = OrderedDict()

    def accept(self, stream: str, seq: int) -> bool:
        """Return whether number `seq` of `stream` is new, and remember it."""
        seen = self._streams.pop(stream, None) or _Seen(seq, seq)
        new = seen.add(seq)
        self._streams[stream] = seen
        while len(self._streams) > self._most_streams:
            self._streams.popitem(last=False)
        return new

    def end(self, stream: str) -> None:
        """Forget a stream."""
        self._streams.pop(stream, None)


class RepeatGuard:
    """Notices the same prompt sent to the same conversation twice within `within_s` seconds (a key held too long).

    `clock` counts seconds and never jumps.
    """

    def __init__(self, within_s: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._within_s = within_s
        self._clock = clock
        self._sent: OrderedDict[tuple[str, bytes], float] = OrderedDict()

    def allows(self, conversation: str, prompt: str) -> bool:
        """Return whether the prompt may be sent, and if so remember it as sent.

        A refused repetition does not prolong the time, so a person who sends again a second later gets through.
        """
        now = self._clock()
        while self._sent and (now - next(iter(self._sent.values())) >= self._within_s or self._is_full()):
            self._sent.popitem(last=False)
        key = (conversation, hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest())
        if key in self._sent:
            return False
        self._sent[key] = now
        return True

    def forget(self, conversation: str) -> None:
        """Forget what was sent to a conversation, because it was cleared or the sending failed."""
        for key in [key for key in self._sent if key[0] == conversation]:
            del self._sent[key]

    def _is_full(self) -> bool:
        return len(self._sent) >= _MOST_PROMPTS
