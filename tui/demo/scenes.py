"""The scenes a newcomer can call up: what each shows, and what is played. Data only."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from tui.core.chat import Wire
from tui.demo import plots, scene_texts
from tui.demo.acting import Plot, Stage, play
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
)
from tui.demo.wires.base import WIRE_NAMES, Call

_CLAUDE: Final = (Wire.ANTHROPIC_MESSAGES,)
_GPT: Final = (Wire.OPENAI_RESPONSES,)
_GEMINI: Final = (Wire.GEMINI,)
_VENDORS: Final = (*_CLAUDE, *_GPT, *_GEMINI)
_ALL: Final = tuple(Wire)
_HUGE_CHARACTERS: Final = 5_000_000
_HUGE_PIECE: Final = 400
_FLAKY_REFUSALS: Final = 2

Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One scene: `prompt` is what the list puts into the prompt, `explains` one sentence on what it shows.

    `wires` is where it plays by itself; the other panes answer normally. `script` makes a fresh script. A scene with
    tools has a `plot` instead, which goes on after each result; `leads` are the models it is about.
    """

    id: str
    title: str
    prompt: str
    explains: str
    wires: tuple[Wire, ...]
    script: Callable[[], Script] = Script
    plot: Callable[[Stage], Plot] | None = None
    leads: tuple[Wire, ...] = ()


class Trigger(NamedTuple):
    """A scene a prompt calls for, the wires it plays on, and whether the prompt names them itself."""

    scene: Scene
    wires: tuple[Wire, ...]
    named: bool


def _refuses(refusal: Refusal) -> Callable[[], Script]:
    return lambda: Script(refusal=refusal)


def _flaky() -> Script:
    return Script(steps=(Text(scene_texts.FLAKY),), refusal=Refusal.OVERLOADED, refusals=_FLAKY_REFUSALS, bounded=False)


def _breaks(kind: FaultKind) -> Callable[[], Script]:
    steps: Steps = (Thinking(scene_texts.BROKEN_THINKING), Text(scene_texts.BROKEN[kind]), Fault(kind))
    if kind is FaultKind.STALL:
        steps += (Text(scene_texts.AFTER_STALL),)
    return lambda: Script(steps=steps)


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


def _acted(
    id: str,  # noqa: A002 - the field's name
    title: str,
    explains: str,
    plot: Callable[[Stage], Plot],
    wires: tuple[Wire, ...],
    leads: tuple[Wire, ...],
) -> Scene:
    prompt = f"demo:{id} {scene_texts.PROMPTS[id]}"
    return Scene(id=id, title=title, prompt=prompt, explains=explains, wires=wires, plot=plot, leads=leads)


SCENES: Final[tuple[Scene, ...]] = (
    _acted(
        "fix",
        "Three models, one bug",
        "One model mends a bug and runs the tests until they pass; the others search and read beside it.",
        plots.fix,
        _VENDORS,
        _CLAUDE,
    ),
    _acted(
        "explore",
        "Looking around",
        "All models list, read and ask git at once; nothing of it needs a question.",
        plots.explore,
        _VENDORS,
        _VENDORS,
    ),
    _acted(
        "several",
        "Files that belong together",
        "One model writes three new files in one round: they are asked about together, and answered one by one or all.",
        plots.several,
        _CLAUDE,
        _CLAUDE,
    ),
    _acted(
        "danger",
        "A dangerous request",
        "One model asks to delete, to run a script from the network, to read secrets and to force a push.",
        plots.danger,
        _VENDORS,
        _GPT,
    ),
    _acted(
        "inject",
        "Orders in a file",
        "A file tells its reader what to run, and the model obeys; what it asks for still has to be allowed.",
        plots.inject,
        _GEMINI,
        _GEMINI,
    ),
    _acted(
        "interactive",
        "Programs that ask",
        "A model runs a program that asks for a confirmation, then one that asks for a password.",
        plots.interactive,
        _CLAUDE,
        _CLAUDE,
    ),
    _acted("tool", "A single tool call", "The model reads a file before it answers.", plots.single, _CLAUDE, _CLAUDE),
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


def triggers(prompt: str) -> list[Trigger]:
    """Return the scenes `prompt` calls for, each with the wires it plays on."""
    found = []
    for name, where in _TRIGGER.findall(prompt):
        scene = _BY_ID.get(name)
        if scene is not None:
            wires = _ALL if where == "all" else (WIRE_NAMES[where],) if where else scene.wires
            found.append(Trigger(scene, wires, bool(where)))
    return found


def unknown_scenes(prompt: str) -> list[str]:
    """Return the names after ``demo:`` in `prompt` that are no scene."""
    return [name for name, _ in _TRIGGER.findall(prompt) if name not in _BY_ID]


def scene_for(call: Call) -> Script | None:
    """Return the script of the first scene that the person's last words play on this call's wire.

    After a tool's result only a scene with a plot goes on.
    """
    prompt = call.asked
    found = next((one for one in triggers(prompt) if call.wire in one.wires), None)
    if found is None:
        return None
    scene = found.scene
    if scene.plot is None:
        return scene.script() if call.prompt else None
    leads = found.named or call.wire in scene.leads
    return play(scene.plot, Stage(wire=call.wire, prompt=prompt, leads=leads), call)
