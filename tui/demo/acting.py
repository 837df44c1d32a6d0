"""How a scene goes on over several rounds of tool calls, without any memory in the server.

A plot is a generator: it yields what the model says and asks for, is sent the results, and returns the closing words.
Every request carries the whole conversation, so the plot is played through it from the beginning each time and the
first move that has no results yet is the answer.
"""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from tui.core.chat import Wire
from tui.demo.script import Ending, Script, Step, Text, Thinking, ToolCall
from tui.demo.wires.base import Call, Round

_MOST_MOVES: Final = 60
_REFUSED: Final = re.compile(
    r"\s*(?:refused by|the person refused|not run\b|denied\b|.{0,80}\b(?:was|is) (?:denied|refused|not allowed))",
    re.IGNORECASE,
)
_REASON_CHARACTERS: Final = 160
_WRAPPER_LINE: Final = re.compile(r"\s*(?:</?[\w-]+[^>\n]*>|\[/?[\w -]+[^\]\n]*\]|-{3,}.*|={3,}.*)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came back for one call; `offered` is false when the request did not offer the tool at all."""

    call: ToolCall
    text: str = ""
    is_error: bool = False
    offered: bool = True

    @property
    def content(self) -> str:
        """The text without lines around it that only say where it comes from."""
        lines = self.text.split("\n")
        while lines and _WRAPPER_LINE.fullmatch(lines[0]):
            del lines[0]
        while lines and _WRAPPER_LINE.fullmatch(lines[-1]):
            del lines[-1]
        return "\n".join(lines)

    @property
    def refused(self) -> bool:
        """Whether a person or a rule did not let it run."""
        return not self.offered or _REFUSED.match(self.content) is not None

    @property
    def reason(self) -> str:
        """The first words of the text, as a sentence to be quoted."""
        if not self.offered:
            return f"The tool {self.call.name} was not offered to me."
        line = " ".join(self.content.split())
        return line if len(line) <= _REASON_CHARACTERS else line[: _REASON_CHARACTERS - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One answer that asks for tools."""

    say: str
    calls: tuple[ToolCall, ...]
    think: str = ""


Plot: TypeAlias = Generator[Move, Sequence[Result], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a plot plays; `leads` is true for the model the scene is about."""

    wire: Wire
    prompt: str
    leads: bool


def play(plot: Callable[[Stage], Plot], stage: Stage, call: Call) -> Script:
    """Return the next answer of `plot` in the conversation of `call`. It only asks for tools the request offers."""
    acting = plot(stage)
    rounds = list(call.rounds)
    try:
        move = next(acting)
        for _ in range(_MOST_MOVES):
            if rounds and _is_of(move, rounds[0]):
                move = acting.send(_results(move, rounds.pop(0)))
            elif any(one.name in call.tools for one in move.calls):
                return _asking(move, call.tools)
            else:
                move = acting.send([Result(call=one, offered=False) for one in move.calls])
    except StopIteration as end:
        return _closing(str(end.value))
    return _closing("I have asked for tools often enough; this is where I stop.")


def _is_of(move: Move, played: Round) -> bool:
    """Whether a round of the conversation came of this move."""
    asked = {(one.name, repr(dict(one.arguments))) for one in move.calls}
    return any((one.name, repr(dict(one.arguments))) in asked for one in played.calls)


def _results(move: Move, played: Round) -> list[Result]:
    left = list(zip(played.calls, played.results, strict=True))
    results = []
    for asked in move.calls:
        place = next(
            (n for n, (one, _) in enumerate(left) if one.name == asked.name and one.arguments == asked.arguments), None
        )
        if place is None:
            results.append(Result(call=asked, offered=False))
        else:
            _, found = left.pop(place)
            results.append(Result(call=asked, text=found.text, is_error=found.is_error))
    return results


def _asking(move: Move, offered: Sequence[str]) -> Script:
    steps: list[Step] = [Thinking(move.think)] if move.think else []
    steps.append(Text(f"{move.say}\n"))
    steps += [call for call in move.calls if call.name in offered]
    return Script(steps=steps, ending=Ending.TOOL_USE, bounded=False)


def _closing(text: str) -> Script:
    return Script(steps=(Text(f"{text.strip()}\n"),), bounded=False)
