"""The scenes a newcomer can call up: what each shows, and what is played. Data only."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tui.core.chat import Wire
from tui.demo import scene_texts
from tui.demo.measured import bulk_steps
from tui.demo.script import (
    Declined,
    Ending,
    Fault,
    FaultKind,
    Pause,
    Refusal,
    Script,
    Step,
    Text,
    Thinking,
    ToolCall,
)
from tui.demo.wires.base import WIRE_NAMES, Call

_CLAUDE: Final = (Wire.ANTHROPIC_MESSAGES,)
_GPT: Final = (Wire.OPENAI_RESPONSES,)
_GEMINI: Final = (Wire.GEMINI,)
_ALL: Final = tuple(Wire)
_HUGE_CHARACTERS: Final = 5_000_000
_HUGE_PIECE: Final = 400
_FLAKY_REFUSALS: Final = 2

Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One scene: `prompt` is what the list puts into the prompt, `explains` one sentence on what it shows.

    `wires` is where it plays by itself; the other panes answer normally. `script` makes a fresh script.
    """

    id: str
    title: str
    prompt: str
    explains: str
    wires: tuple[Wire, ...]
    script: Callable[[], Script]


def _refuses(refusal: Refusal) -> Callable[[], Script]:
    return lambda: Script(refusal=refusal)


def _flaky() -> Script:
    return Script(steps=(Text(scene_texts.FLAKY),), refusal=Refusal.OVERLOADED, refusals=_FLAKY_REFUSALS, bounded=False)


def _breaks(kind: FaultKind) -> Callable[[], Script]:
    steps: Steps = (Thinking(scene_texts.BROKEN_THINKING), Text(scene_texts.BROKEN[kind]), Fault(kind))
    if kind is FaultKind.STALL:
        steps += (Text(scene_texts.AFTER_STALL),)
    return lambda: Script(steps=steps)


def _tool() -> Script:
    steps: Steps = (
        Thinking(scene_texts.TOOL_THINKING),
        Text(scene_texts.TOOL),
        ToolCall("read_file", {"path": "README.md", "first_line": 1, "lines": 40}),
    )
    return Script(steps=steps, ending=Ending.TOOL_USE)


def _plays(*steps: Step, ending: Ending = Ending.END, rate: float | None = None) -> Callable[[], Script]:
    return lambda: Script(steps=steps, ending=ending, rate=rate, bounded=False)


def _long() -> Script:
    return Script(steps=(Thinking(scene_texts.LONG_THINKING), *scene_texts.long_steps()), rate=300.0, bounded=False)


def _huge() -> Script:
    steps = bulk_steps(_HUGE_CHARACTERS, _HUGE_PIECE)
    return Script(steps=steps, rate=250_000.0, tokens_per_event=10_000, bounded=False)


def _scene(
    id: str,  # noqa: A002 - the field's name
    title: str,
    explains: str,
    wires: tuple[Wire, ...],
    script: Callable[[], Script],
    prompt: str = "",
) -> Scene:
    words = prompt or scene_texts.PROMPTS.get(id, f"Show me the scene: {title.lower()}.")
    return Scene(id=id, title=title, prompt=f"demo:{id} {words}", explains=explains, wires=wires, script=script)


SCENES: Final[tuple[Scene, ...]] = (
    _scene("tool", "A tool request", "The model asks to read a file and waits for the result.", _CLAUDE, _tool),
    _scene(
        "overloaded",
        "An overloaded model",
        "The provider answers 529 or 503 instead of a stream; the other panes go on.",
        _CLAUDE,
        _refuses(Refusal.OVERLOADED),
    ),
    _scene(
        "flaky",
        "A flaky model",
        "The provider is overloaded twice and then answers: the waits are counted down in the pane.",
        _CLAUDE,
        _flaky,
    ),
    _scene(
        "rate-limit",
        "Too many requests",
        "The provider answers 429 and says to wait seven seconds.",
        _GPT,
        _refuses(Refusal.RATE_LIMIT),
    ),
    _scene(
        "quota", "No credit left", "The account has no credit: waiting would not help.", _GPT, _refuses(Refusal.QUOTA)
    ),
    _scene(
        "mid-error",
        "An error in mid-stream",
        "The provider reports an error after half an answer.",
        _GEMINI,
        _breaks(FaultKind.ERROR),
    ),
    _scene(
        "cut", "A cut connection", "The connection breaks in the middle of a sentence.", _GEMINI, _breaks(FaultKind.CUT)
    ),
    _scene(
        "no-end",
        "An answer without an end",
        "The stream ends cleanly but without its final event, so the answer may be incomplete.",
        _GPT,
        _breaks(FaultKind.NO_END),
    ),
    _scene(
        "stall",
        "A stalled stream",
        "The model falls silent in the middle of an answer; Esc stops it.",
        _CLAUDE,
        _breaks(FaultKind.STALL),
    ),
    _scene(
        "slow-start",
        "A slow start",
        "The provider accepts the request and says nothing for a while, as a local model that is being loaded.",
        _GEMINI,
        lambda: Script(steps=(Text(scene_texts.SLOW_START),), slow_start=True),
    ),
    _scene(
        "malformed",
        "Broken data",
        "The provider sends an event whose JSON is broken off.",
        _GEMINI,
        _breaks(FaultKind.MALFORMED),
    ),
    _scene("empty", "An empty answer", "The model ends its turn without a word.", _GPT, _plays()),
    _scene("long", "A long answer", "Six thousand words to scroll, search and copy while they arrive.", _CLAUDE, _long),
    _scene("huge", "A huge answer", "Five megabytes of Markdown at full speed.", _GPT, _huge),
    _scene(
        "hostile",
        "Hostile text",
        "Escape sequences, markup and invisible characters arrive as harmless, visible text.",
        _ALL,
        _plays(Text(scene_texts.HOSTILE)),
    ),
    _scene(
        "thinking",
        "Long thinking",
        "The model thinks at length, part of it hidden, before a short answer.",
        _CLAUDE,
        _plays(
            Thinking(scene_texts.LONG_THINKING),
            Pause(0.6),
            Thinking(scene_texts.MORE_THINKING),
            Thinking(scene_texts.HIDDEN_THINKING, redacted=True),
            Text(scene_texts.AFTER_THINKING),
        ),
    ),
    _scene("bad-key", "A wrong key", "The provider does not accept the key.", _GPT, _refuses(Refusal.BAD_KEY)),
    _scene(
        "too-long",
        "A full context",
        "The conversation is longer than the model can read.",
        _CLAUDE,
        _refuses(Refusal.CONTEXT_FULL),
    ),
    _scene(
        "refusal",
        "A refusal",
        "The model declines to answer.",
        _GPT,
        _plays(Declined(scene_texts.DECLINED), ending=Ending.REFUSAL),
    ),
    _scene(
        "max-tokens",
        "The output limit",
        "The answer stops in mid-sentence at the limit of its length.",
        _GEMINI,
        _plays(Text(scene_texts.CUT_SHORT), ending=Ending.MAX_TOKENS),
    ),
    _scene(
        "markdown",
        "All of Markdown",
        "Headings, lists, tables, code, quotes, links and rules in one answer.",
        _ALL,
        _plays(Text(scene_texts.MARKDOWN)),
    ),
    _scene(
        "unicode",
        "All of Unicode",
        "Wide characters, emoji, combining marks and right-to-left scripts.",
        _ALL,
        _plays(Text(scene_texts.UNICODE)),
    ),
)

VARIANTS: Final[tuple[Scene, ...]] = (
    _scene(
        "mid-error-nested",
        "An error in mid-stream, nested",
        "The other form in which an error comes on the Responses wire.",
        _GPT,
        _breaks(FaultKind.ERROR_NESTED),
    ),
    _scene(
        "mid-failed",
        "A response that fails",
        "The terminal event of the Responses wire says that the response failed.",
        _GPT,
        _breaks(FaultKind.ERROR_FAILED),
    ),
    _scene("server-error", "A server error", "The provider answers 500.", _GPT, _refuses(Refusal.SERVER_ERROR)),
)
"""Scenes for tests that would teach a newcomer nothing new."""

_BY_ID: Final = {scene.id: scene for scene in (*SCENES, *VARIANTS)}
_TRIGGER: Final = re.compile(r"(?<![\w-])demo:([a-z]+(?:-[a-z]+)*)(?:@(all|anthropic|openai|gemini|compatible))?")


def triggers(prompt: str) -> list[tuple[Scene, tuple[Wire, ...]]]:
    """Return the scenes `prompt` calls for, each with the wires it plays on."""
    found = []
    for name, where in _TRIGGER.findall(prompt):
        scene = _BY_ID.get(name)
        if scene is not None:
            wires = _ALL if where == "all" else (WIRE_NAMES[where],) if where else scene.wires
            found.append((scene, wires))
    return found


def unknown_scenes(prompt: str) -> list[str]:
    """Return the names after ``demo:`` in `prompt` that are no scene."""
    return [name for name, _ in _TRIGGER.findall(prompt) if name not in _BY_ID]


def scene_for(prompt: str, call: Call) -> Script | None:
    """Return the script of the first scene that `prompt` plays on this call's wire."""
    return next((scene.script() for scene, wires in triggers(prompt) if call.wire in wires), None)
