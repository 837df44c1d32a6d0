"""The pure parts: tokens, pace, seals, scenes, recipes, answers."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.chat import Wire
from tui.demo.answers import answer
from tui.demo.measured import DONE, measured_script
from tui.demo.pace import HUMAN, Metronome, Pace
from tui.demo.player import Timing
from tui.demo.recipes import RECIPES
from tui.demo.scenes import SCENES, VARIANTS, Trigger, triggers, unknown_scenes
from tui.demo.script import Script, Text, Thinking, pieces, tokens
from tui.demo.seals import is_seal, is_seal_of, seal
from tui.demo.topics import material_for
from tui.demo.wires.base import Call, Turn

PROMISED = [
    "fix",
    "explore",
    "several",
    "danger",
    "inject",
    "interactive",
    "tool",
    "overloaded",
    "rate-limit",
    "quota",
    "mid-error",
    "cut",
    "no-end",
    "stall",
    "slow-start",
    "malformed",
    "empty",
    "long",
    "huge",
    "hostile",
    "thinking",
    "bad-key",
    "refusal",
    "max-tokens",
    "markdown",
    "unicode",
]


def call(wire: Wire, *prompts: str, system: str = "") -> Call:
    turns = [turn for prompt in prompts for turn in (Turn(role="user", text=prompt), Turn(role="assistant", text="ok"))]
    return Call(wire=wire, model="m", turns=tuple(turns[:-1]), system=system)


def words(script: Script, kind: type[Text | Thinking] = Text) -> str:
    return "".join(step.text for step in script.steps if isinstance(step, kind))


@given(st.text())
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text
    assert "".join(piece for piece, _ in pieces(text, 3)) == text
    assert sum(count for _, count in pieces(text, 3)) == len(tokens(text))


@given(st.text(), st.text())
def test_a_seal_fits_only_what_it_was_made_for(text: str, other: str) -> None:
    made = seal("wire", text)
    assert is_seal(made)
    assert is_seal_of(made, "wire", text)
    assert is_seal_of(made.replace("+", "-").replace("/", "_"), "wire", text)
    assert is_seal_of(made, "wire", other) == (text == other)
    assert not is_seal_of(made, "another wire", text)


@pytest.mark.parametrize("altered", ["", "no base64!", None, 7, seal("a", "b")[:-4], seal("a", "b").swapcase()])
def test_an_altered_seal_is_seen(altered: Any) -> None:
    assert not is_seal(altered)


def test_the_metronome_keeps_the_rate_over_a_whole_answer() -> None:
    metronome = Metronome(Pace(first_token=0.5, tokens_per_second=100, jitter=0.3), seed=1)
    metronome.start(10.0)
    assert metronome.wait(10.0) == pytest.approx(0.5)
    for _ in range(1000):
        metronome.advance(1)
    assert metronome.wait(10.5) == pytest.approx(10.0, rel=0.05)
    assert metronome.wait(40.0) == 0.0


def test_the_same_seed_gives_the_same_rhythm() -> None:
    def rhythm(seed: int) -> list[float]:
        metronome = Metronome(HUMAN[Wire.GEMINI], seed)
        metronome.start(0.0)
        waits = []
        for _ in range(20):
            metronome.advance(3)
            waits.append(metronome.wait(0.0))
        return waits

    assert rhythm(1) == rhythm(1) != rhythm(2)


def test_human_paces_differ_and_are_human() -> None:
    assert len({(pace.first_token, pace.tokens_per_second) for pace in HUMAN.values()}) == 4
    for pace in HUMAN.values():
        assert 0.3 <= pace.first_token <= 1.2
        assert 30 <= pace.tokens_per_second <= 90


def test_a_measured_rate_holds_without_pace_and_a_scenes_rate_does_not() -> None:
    measured = measured_script("rate=50 tokens=10")
    assert measured is not None
    assert Timing().pace_of(Wire.GEMINI, measured).tokens_per_second == 50
    assert Timing().pace_of(Wire.GEMINI, Script(rate=50.0)).tokens_per_second == 0
    assert Timing(paces=HUMAN).pace_of(Wire.GEMINI, Script(rate=50.0)).tokens_per_second == 50


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1000])
def test_measured_streams_end_with_their_count(count: int) -> None:
    script = measured_script(f"please rate=5000 tokens={count} now")
    assert script is not None
    text = words(script)
    assert text.endswith(f"{DONE}{count}\n")


@pytest.mark.parametrize("prompt", ["", "the rate=fast", "interest rate", "tokens=5", "xrate=5"])
def test_no_measured_stream_without_a_rate(prompt: str) -> None:
    assert measured_script(prompt) is None


def test_all_promised_scenes_are_there_once() -> None:
    ids = [scene.id for scene in (*SCENES, *VARIANTS)]
    assert len(ids) == len(set(ids))
    assert set(PROMISED) <= {scene.id for scene in SCENES}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.id)
def test_a_scenes_prompt_plays_it(scene: Any) -> None:
    assert triggers(scene.prompt) == [Trigger(scene, scene.wires, named=False)]
    assert scene.wires
    assert scene.title
    assert scene.explains.endswith(".")
    assert len(scene.prompt) > len(f"demo:{scene.id} ") + 5


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("demo:cut@all", [("cut", 4)]),
        ("please demo:cut@openai, now", [("cut", 1)]),
        ("say demo:cut and demo:stall@compatible", [("cut", 1), ("stall", 1)]),
        ("demo:mid-error", [("mid-error", 1)]),
        ("demo:nothing", []),
        ("mydemo:cut", []),
        ("demo: cut", []),
    ],
)
def test_triggers(prompt: str, found: list[tuple[str, int]]) -> None:
    assert [(one.scene.id, len(one.wires)) for one in triggers(prompt)] == found


def test_unknown_scenes_are_named() -> None:
    assert unknown_scenes("demo:nothing demo:cut") == ["nothing"]
    assert "There is no scene `nothing`" in words(answer(call(Wire.GEMINI, "demo:nothing")))


def test_the_long_scene_is_long_and_the_huge_one_huge() -> None:
    scripts = {scene.id: scene.script() for scene in SCENES}
    assert 5000 < len(words(scripts["long"]).split()) < 7500
    assert len(words(scripts["huge"])) >= 5_000_000


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_passes_its_own_test(recipe: Any) -> None:
    room: dict[str, Any] = {}
    exec(compile(recipe.code, recipe.name, "exec"), room)  # noqa: S102 - our own data
    exec(compile(recipe.test, f"test_{recipe.name}", "exec"), room)  # noqa: S102 - our own data
    checks = [value for name, value in room.items() if name.startswith("test_")]
    assert checks
    for check in checks:
        marks = getattr(check, "pytestmark", [])
        if not marks:
            check()
        for mark in marks:
            names, rows = mark.args
            for row in rows:
                check(**dict(zip([names] if isinstance(names, str) else names, row, strict=True)))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Write a Python function that merges two sorted lists", "merge_sorted"),
        ("python function for roman numerals please", "roman_numerals"),
        ("explain circuit breakers", "Half-open"),
        ("explain the borrow checker", "the borrow checker"),
        ("regex for dates", "fullmatch"),
        ("how do I undo a git commit", "git reset --soft"),
        ("write a sql query over orders", "LEFT JOIN"),
        ("a bash script that counts lines", "set -euo pipefail"),
        ("make a table of planets, moons and comets", "Planets"),
        ("where do I put my API key?", "ANTHROPIC_API_KEY"),
        ("who are you?", "not a language model"),
        ("hello", "Ask for a function"),
        ("```rust\nfn main() {}\n```", "`main`"),
        ("", "your message"),
    ],
)
def test_topics(prompt: str, expected: str) -> None:
    material = material_for(prompt)
    said = f"{material.subject} {material.summary} {material.points} {material.code} {material.table}"
    assert expected in said


@pytest.mark.parametrize("wire", list(Wire))
@pytest.mark.parametrize("prompt", ["hello", "explain recursion", "```py\nx\n```", "", "| a | b |", "demo:nothing"])
def test_answers_are_truthful_and_complete(wire: Wire, prompt: str) -> None:
    text = words(answer(call(wire, prompt)))
    assert "No model was asked, nothing is billed" in text
    fences = re.findall(r"^`{3,}", text, re.M)
    assert len(fences) % 2 == 0
    assert text.endswith("\n")


def test_answers_differ_between_the_panes_and_are_repeatable() -> None:
    texts = {words(answer(call(wire, "explain recursion"))) for wire in Wire}
    assert len(texts) == 4
    assert texts == {words(answer(call(wire, "explain recursion"))) for wire in Wire}


def test_answers_know_history_and_role() -> None:
    script = answer(call(Wire.ANTHROPIC_MESSAGES, "about whales", "and dolphins?", system="You review code."))
    assert "Turn 2. Before that you asked: *about whales*" in words(script)
    assert "You review code." in words(script)
    assert "and dolphins?" in words(script, Thinking)


def test_a_follow_up_is_about_what_was_asked_before() -> None:
    text = words(answer(call(Wire.GEMINI, "explain recursion", "why?", "more tests, please")))
    assert "recursion" in text
    assert "Turn 3. Before that you asked: *why?*" in text
