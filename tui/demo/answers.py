"""The stand-in's own answers: no model, only rules, and truthful about it. Each wire has its own manner."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tui.core.chat import Wire
from tui.demo.scenes import SCENES, triggers, unknown_scenes
from tui.demo.script import Pause, Script, Step, Text, Thinking
from tui.demo.topics import Material, material_for
from tui.demo.wires.base import Call
from tui.demo.wording import key_words

_TRIGGER: Final = re.compile(r"(?<![\w-])demo:[\w@-]+\s*")
_FOLLOW_UP: Final = re.compile(r"\W*(?:go on|continue|more|again|why|shorter|longer|and then|thanks?)\b", re.I)
_OF_TOOLS: Final = re.compile(r"You work beside other models\b")
_QUOTE_CHARACTERS: Final = 160


@dataclass(frozen=True, slots=True)
class _Manner:
    """How one wire's stand-in speaks."""

    name: str
    thinks: str
    hello: str
    lay_out: Callable[[Material], str]


def _quote(text: str, limit: int = _QUOTE_CHARACTERS) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _fence(language: str, code: str) -> str:
    ticks = "````" if "```" in code else "```"
    return f"{ticks}{language}\n{code}\n{ticks}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _shown(material: Material) -> list[str]:
    table = [material.table] if material.table else []
    return [*table, _fence(material.language, material.code)] if material.code else table


def _review(material: Material) -> str:
    """Claude's manner: structure first, then a review of it."""
    parts = [f"## {material.subject}: a structure, then a review\n\n{material.summary}\n"]
    steps = "\n".join(f"{number}. **{lead}.** {text}" for number, (lead, text) in enumerate(material.points, 1))
    parts.append(f"### Structure\n\n{steps}\n")
    parts.extend(_shown(material))
    rows = "\n".join(
        f"| {_cell(case)} | {_cell(effect)} | {'high' if not n else 'low'} |"
        for n, (case, effect) in enumerate(material.edges)
    )
    parts.append(f"### Review\n\n| What could go wrong | What happens | Weight |\n|---|---|---|\n{rows}\n")
    if material.cost:
        parts.append(f"Cost: {material.cost}.\n")
    parts.append(f"> Before going further: {material.question}\n")
    return "\n".join(parts)


def _explanation(material: Material) -> str:
    """GPT's manner: the short answer, then the explanation."""
    parts = [f"**In short:** {material.summary}\n", "## How it works\n"]
    parts.extend(f"**{lead}** — {text}\n" for lead, text in material.points)
    parts.extend(_shown(material))
    if material.code:
        parts.append("Read it from top to bottom; the first lines say what the rest is for.\n")
    cases = "\n".join(f"- *{case}*: {effect}" for case, effect in material.edges)
    parts.append(f"## Worth knowing\n\n{cases}\n")
    if material.link is not None:
        parts.append("More in [{}]({}).\n".format(*material.link))
    if len(material.subject) % 2:
        parts.append("> 百聞は一見に如かず: seeing it once beats hearing of it.\n")
    return "\n".join(parts)


def _examination(material: Material) -> str:
    """Gemini's manner: edge cases and tests before anything else."""
    rows = "\n".join(
        f"| {n} | {_cell(case)} | {_cell(effect)} | ⏳ |" for n, (case, effect) in enumerate(material.edges, 1)
    )
    parts = [f"### 🧪 Edge cases of {material.subject}\n\n| # | Case | Expected | Run |\n|---:|---|---|:-:|\n{rows}\n"]
    if material.test:
        language = "python" if material.language == "text" else material.language
        parts.append(f"### Checks first\n\n{_fence(language, material.test)}")
    if material.table:
        parts.append(f"### 📋 Your entries\n\n{material.table}")
    if material.code and material.language != "text":
        parts.append(f"### Then what they check\n\n{_fence(material.language, material.code)}")
    todo = "\n".join(f"- [{'x' if not n else ' '}] {lead}: {text}" for n, (lead, text) in enumerate(material.points))
    parts.append(f"### 🚀 Checklist\n\n{todo}\n\n{material.summary}\n")
    return "\n".join(parts)


def _terse(material: Material) -> str:
    """A small local model's manner: the thing itself and little else."""
    points = "\n".join(f"* {lead}: {text}" for lead, text in material.points[:3])
    return "\n".join([f"{material.summary}\n", *_shown(material), f"{points}\n"])


def _hello(material: Material, words: str) -> str:
    offers = "\n".join(f"- **{lead}.** {text}" for lead, text in material.points)
    return f"{words}\n\n{offers}\n\n{material.question}\n"


_MANNERS: Final = {
    Wire.ANTHROPIC_MESSAGES: _Manner(
        "Claude",
        "I look for the structure first, then for what could go wrong.",
        "Hello! In this pane you get **structure first, then a review** of it.",
        _review,
    ),
    Wire.OPENAI_RESPONSES: _Manner(
        "GPT",
        "I want the short answer first, and then the reasons.",
        "Hi there. In this pane you get **the short answer, then the explanation**.",
        _explanation,
    ),
    Wire.GEMINI: _Manner(
        "Gemini",
        "I begin with the edge cases: they decide what is right.",
        "👋 Hello! In this pane you get **edge cases and tests**, then the code they check.",
        _examination,
    ),
    Wire.OPENAI_CHAT: _Manner(
        "a local model", "A short answer will do.", "Hello. In this pane answers are **short**.", _terse
    ),
}


def _opening(call: Call, prompt: str) -> str:
    asked = [turn.text for turn in call.turns if turn.role == "user"]
    lines = []
    if len(asked) > 1:
        before = _quote(_TRIGGER.sub("", asked[-2]) or asked[-2], 80)
        lines.append(f"Turn {len(asked)}. Before that you asked: *{before}*\n")
    if prompt:
        lines.append(f"> {_quote(prompt)}\n")
    return "\n".join(lines)


def _scene_notes(call: Call) -> str:
    lines = [
        f"The scene **{scene.title}** plays in another pane; here everything goes on as usual.\n"
        for scene, wires, _ in triggers(call.prompt)
        if call.wire not in wires
    ]
    names = ", ".join(f"`{scene.id}`" for scene in SCENES)
    lines += [f"There is no scene `{name}`. Those that exist: {names}.\n" for name in unknown_scenes(call.prompt)]
    return "\n".join(lines)


def _own_words(system: str) -> str:
    """What a pane is told of its role, without what every pane is told of tools and project."""
    first = system.strip().partition("\n\n")[0]
    return "" if _OF_TOOLS.match(first) else first


def _closing(call: Call, name: str) -> str:
    role = _quote(_own_words(call.system), 100)
    said = f" My instructions begin: “{role}”" if role else ""
    return (
        f"\n*Demo: the embedded stand-in speaking in place of {name}. No model was asked, nothing is billed.*{said}\n"
    )


def _material(call: Call, prompt: str) -> Material:
    """What to say to `prompt`; a short follow-up is taken to be about what was asked before it."""
    asked = [_TRIGGER.sub("", turn.text).strip() for turn in call.turns if turn.role == "user"]
    if _FOLLOW_UP.match(prompt) or not key_words(prompt):
        earlier = next((text for text in reversed(asked[:-1]) if key_words(text) and not _FOLLOW_UP.match(text)), "")
        return material_for(earlier or prompt)
    return material_for(prompt)


def _after_tool(call: Call, manner: _Manner) -> Script:
    result = call.turns[-1].text
    lines = result.splitlines()
    shown = "\n".join(lines[:12])
    text = (
        f"## What the tool returned\n\n{len(lines)} lines came back. They begin:\n\n{_fence('text', shown)}\n"
        "With the result at hand I can go on; a real model would now use it for its answer.\n"
    )
    steps: tuple[Step, ...] = (Thinking("The result of the tool is here."), Text(text + _closing(call, manner.name)))
    return Script(steps=steps)


def answer(call: Call) -> Script:
    """Return an answer to the last message of `call`, in the manner of its wire."""
    manner = _MANNERS[call.wire]
    if call.turns and call.turns[-1].role == "tool":
        return _after_tool(call, manner)
    prompt = _TRIGGER.sub("", call.prompt).strip()
    material = _material(call, prompt)
    thinking = f"The question is: {_quote(prompt, 120) or 'nothing in particular'}. {manner.thinks}"
    if role := _own_words(call.system):
        thinking += f" I was also told: {_quote(role, 60)}"
    body = _hello(material, manner.hello) if material.is_greeting else manner.lay_out(material)
    text = "\n".join(filter(None, (_opening(call, prompt), _scene_notes(call), body)))
    return Script(steps=(Thinking(thinking), Pause(0.3), Text(text), Text(_closing(call, manner.name))))
