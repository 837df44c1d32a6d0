"""Real programs on real pseudo-terminals in the dock, worked by real keys."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.ui.terminal_support import RealEngine, desk


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@needs("bash")
async def test_a_shell_with_history_search_and_an_interrupt(wait_until: WaitUntil, home: Path) -> None:
    engine = RealEngine(home)
    async with desk(wait_until, home, engine) as table:
        await table.press("f4")
        await table.wait(table.typing)
        await table.shown("$ ")
        await table.press(*"echo", "space", *"one-$((40+2))", "enter")
        await table.shown("one-42")
        await table.press("ctrl+r", *"one")
        await table.shown("reverse-i-search")
        await table.press("ctrl+c", *"echo", "space", *"up-$((1+1));", "space", *"sleep", "space", *"100", "enter")
        await table.shown("up-2")
        prompts = table.prompts()
        await table.press("ctrl+c")
        await table.wait(lambda: table.prompts() > prompts)
        await table.press(*"stty", "space", *"size", "enter")
        await table.shown("10 120")
        await table.press("ctrl+d")
        await table.shown("exited")


@needs("bash")
async def test_closing_a_running_program_takes_its_terminal_away(wait_until: WaitUntil, home: Path) -> None:
    engine = RealEngine(home)
    async with desk(wait_until, home, engine) as table:
        await table.press("!", *"sleep", "space", *"1000", "enter")
        await table.wait(table.typing)
        await table.wait(lambda: engine.terminals["t1"].running)
        await table.press("f4", "x")
        await table.wait(table.hidden)
        assert not engine.terminals["t1"].running


@needs("vim")
async def test_an_editor_gets_escape_and_leaves_the_screen_as_it_was(wait_until: WaitUntil, home: Path) -> None:
    engine = RealEngine(home)
    async with desk(wait_until, home, engine) as table:
        await table.press("f4")
        await table.wait(table.typing)
        await table.press(*"echo", "space", *"before", "enter")
        await table.shown("before")
        await table.press(*"vim -u NONE note.txt", "enter")
        await table.shown('note.txt" [New')
        await table.press("i", *"written", "escape", *":wq", "enter")
        await table.wait((home / "note.txt").exists)
        await table.shown("before")
        await table.gone("~ ")
    assert (home / "note.txt").read_text() == "written\n"


@needs("less")
async def test_a_pager_takes_the_wheel_and_page_keys(wait_until: WaitUntil, home: Path) -> None:
    (home / "long.txt").write_text("".join(f"row {number:03}\n" for number in range(200)))
    engine = RealEngine(home)
    async with desk(wait_until, home, engine) as table:
        await table.press(*"!less long.txt", "enter")
        await table.shown("row 000")
        await table.press("pagedown")
        await table.gone("row 000")
        await table.shown("row 0")
        await table.press("q")
        await table.shown("exited 0")


@needs("bash")
async def test_a_password_is_typed_by_the_person_and_never_shown(wait_until: WaitUntil, home: Path) -> None:
    engine = RealEngine(home)
    async with desk(wait_until, home, engine) as table:
        script = "!bash -c 'read -sp Password: x; echo; echo ${#x} characters'"
        await table.press(*script, "enter")
        await table.shown("Password:")
        await table.press(*"hunter2", "enter")
        await table.shown("7 characters")
        assert not any("hunter2" in row for row in table.rows())


def test_the_program_itself_can_run_in_its_terminal() -> None:
    """Its configuration takes every variable that begins with LLMMIXER_ for a key."""
    from tui.terminal.launch import terminal_environment

    assert not any(name.startswith("LLMMIXER_") for name in terminal_environment({}, "mark"))
