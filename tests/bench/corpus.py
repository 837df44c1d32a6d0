"""A deterministic stream of Markdown as a model writes it, in tokens of 4.86 characters on average."""

import random
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

_PROSE: Final = (
    "the adapter streams each answer into its own pane while a budget meter counts tokens and the breaker watches "
    "for errors so that one slow provider never blocks another retry after backoff with jitter keep state small "
    "write tests first measure twice the queue holds pending events until the subscriber drains them"
)
_WORDS: Final = _PROSE.split()
_TOKEN: Final = re.compile(r"\s*\S{1,6}|\s+")


def _sentence(choice: random.Random, length: int) -> str:
    words = [choice.choice(_WORDS) for _ in range(length)]
    for mark in ("**", "`"):
        if choice.random() < 0.4:
            at = choice.randrange(length)
            words[at] = f"{mark}{words[at]}{mark}"
    text = " ".join(words)
    return text[0].upper() + text[1:] + "."


def _list(choice: random.Random) -> str:
    return "".join(f"- {_sentence(choice, choice.randrange(6, 16))}\n" for _ in range(choice.randrange(3, 7))) + "\n"


def _fence(choice: random.Random, number: int) -> str:
    body = "".join(
        f"    value_{line} = compute({choice.choice(_WORDS)!r}, {choice.randrange(999)})  # {choice.choice(_WORDS)}\n"
        for line in range(choice.randrange(6, 18))
    )
    return f"```python\ndef step_{number}(arg):\n{body}    return value_0\n```\n\n"


def _table(choice: random.Random) -> str:
    rows = "".join(
        f"| {choice.choice(_WORDS)} | {choice.randrange(9999)} | {choice.choice(_WORDS)} {choice.choice(_WORDS)} |\n"
        for _ in range(choice.randrange(3, 7))
    )
    return f"| name | count | note |\n|---|---|---|\n{rows}\n"


def _paragraph(choice: random.Random) -> str:
    sentences = (_sentence(choice, choice.randrange(8, 20)) for _ in range(choice.randrange(3, 6)))
    return " ".join(sentences) + "\n\n"


def blocks(seed: int = 1) -> Iterator[str]:
    """Markdown blocks without end: headings, lists, fences, tables and paragraphs."""
    choice = random.Random(seed)
    number = 0
    while True:
        number += 1
        if number % 7 == 1:
            yield f"## {_sentence(choice, 5)[:-1]}\n\n"
        elif number % 7 == 4:
            yield _list(choice)
        elif number % 7 == 6:
            yield _fence(choice, number)
        elif number % 21 == 5:
            yield _table(choice)
        else:
            yield _paragraph(choice)


def tokens(seed: int = 1) -> Iterator[str]:
    """The blocks cut into tokens, without end."""
    for block in blocks(seed):
        yield from _TOKEN.findall(block)


def text(count: int, seed: int = 1) -> str:
    """The first `count` tokens as one text."""
    return "".join(islice(tokens(seed), count))
