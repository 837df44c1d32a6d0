"""Streams for measuring: `rate=N tokens=M` in a prompt gives M tokens of Markdown at N tokens a second."""

import itertools
import re
from collections.abc import Iterator
from typing import Final

from tui.demo.script import Script, Step, Text, tokens

_RATE: Final = re.compile(r"(?<!\S)rate=(\d{1,7}(?:\.\d+)?)(?!\S)")
_TOKENS: Final = re.compile(r"(?<!\S)tokens=(\d{1,8})(?!\S)")
_DEFAULT_TOKENS: Final = 1000
DONE: Final = "STREAM-DONE"
_SECTIONS: Final = (
    "\n\n## Section {n}: what was measured\n\n",
    "The stand-in writes **plain Markdown** at a steady rate, so that a reader can be measured. Paragraph {n} has "
    "`inline code`, a [link](https://example.org/{n}) and some *emphasis* in it, and is as long as a paragraph "
    "of a real answer usually is before the model turns to something else.\n\n",
    "- item {n}.1 with a few words\n- item {n}.2 with **bold** words\n  - a nested item\n- item {n}.3\n\n",
    "```python\ndef step_{n}(values: list[int]) -> int:\n    total = 0\n    for value in values:\n"
    "        total += value * {n}\n    return total\n```\n\n",
    "| name | value | remark |\n|---|---:|---|\n| row {n} | {n} | fine |\n| next | 42 | also fine |\n\n",
    "> A quotation of number {n}, over one line.\n\n",
    "1. first, look at {n}\n2. then at the next\n3. and stop\n\n",
)


def markdown_tokens() -> Iterator[str]:
    """Yield the tokens of an endless Markdown document."""
    for number in itertools.count(1):
        for section in _SECTIONS:
            yield from tokens(section.replace("{n}", str(number)))


def _steps(count: int) -> Iterator[Step]:
    yield from map(Text, itertools.islice(markdown_tokens(), count))
    yield Text(f"\n\n{DONE}{count}\n")


def measured_script(prompt: str) -> Script | None:
    """The stream `prompt` asks for, or None. A rate of 0 means as fast as the client reads."""
    rate, wanted = _RATE.search(prompt), _TOKENS.search(prompt)
    if rate is None:
        return None
    count = int(wanted[1]) if wanted else _DEFAULT_TOKENS
    return Script(steps=_steps(count), rate=float(rate[1]), exact=True, tokens_per_event=1, bounded=False)


def bulk_steps(characters: int, piece: int) -> Iterator[Step]:
    """Markdown of at least `characters` characters in steps of about `piece` characters."""
    source, sent = markdown_tokens(), 0
    while sent < characters:
        parts: list[str] = []
        size = 0
        while size < piece:
            token = next(source)
            parts.append(token)
            size += len(token)
        sent += size
        yield Text("".join(parts))
