"""Draws `screenshots/` from the running application on the embedded demo: ``make screenshots``.

The real application runs on the real SDKs against the demo server; keys are pressed as a person would press them.
"""

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from tui.config.load import load
from tui.demo.sample_repo import make_sample_repository
from tui.demo.server import DemoServer
from tui.engine.engine import build
from tui.engine.session import plan_session
from tui.engine.workspace import Workspace
from tui.ui.app import LLMMixerApp
from tui.ui.screens.main import MainScreen

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "screenshots"
PROMPT = "Explain a circuit breaker in Python"
_SAID = 5.0
"""Seconds after which the last line is free of news."""
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}\s*")
_CLASS = re.compile(r"terminal-\d+-")


@dataclass(frozen=True)
class Shot:
    """One picture: its size, what is done before it is taken, and how fast the demo answers."""

    name: str
    size: tuple[int, int]
    act: Callable[[Pilot[None]], Awaitable[None]]
    theme: str = "llmmixer-dark"
    pace: str = "instant"


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; the whole script fails when it does not within a minute."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for is the state of a screen, not an event of ours
            await asyncio.sleep(0.02)


def app_of(pilot: Pilot[None]) -> LLMMixerApp:
    """Return the application under the pilot."""
    app = pilot.app
    assert isinstance(app, LLMMixerApp)
    return app


async def ask(pilot: Pilot[None], prompt: str) -> None:
    """Type a prompt and send it."""
    await pilot.press(*("space" if letter == " " else letter for letter in prompt.replace("\n", " ")))
    await pilot.press("enter")


async def finished(pilot: Pilot[None], *panes: str) -> None:
    """Wait until panes (all when none is named) have answered."""
    view = app_of(pilot).stage.view
    names = panes or tuple(view.panes)
    asked = [view.panes[name] for name in names]
    await until(lambda: all(pane.turn is not None and (not pane.busy or pane.offer is not None) for pane in asked))
    await pilot.pause()


async def answered(pilot: Pilot[None]) -> None:
    await ask(pilot, PROMPT)
    await finished(pilot)


async def answering(pilot: Pilot[None]) -> None:
    await ask(pilot, PROMPT)
    await finished(pilot, "gpt")


async def failing(pilot: Pilot[None]) -> None:
    await ask(pilot, "@claude demo:overloaded@all")
    await ask(pilot, "@gpt demo:cut@all")
    await ask(pilot, "@gemini demo:rate-limit@all")
    await finished(pilot)


async def scenes(pilot: Pilot[None]) -> None:
    await answered(pilot)
    await pilot.press("f8")
    await until(lambda: len(pilot.app.screen_stack) > 1)
    await pilot.pause()


async def helping(pilot: Pilot[None]) -> None:
    await answered(pilot)
    await pilot.press("f1")
    await until(lambda: len(pilot.app.screen_stack) > 1)
    await pilot.pause()


async def spending(pilot: Pilot[None]) -> None:
    await command(pilot, "/budget 0.60")
    for prompt in (PROMPT, "Write a python function that parses a date", "Explain git rebase"):
        await ask(pilot, prompt)
        await finished(pilot)
    await pilot.press("f5")
    await until(lambda: len(pilot.app.screen_stack) > 1)
    await pilot.pause(0.5)


async def refused(pilot: Pilot[None]) -> None:
    await command(pilot, "/budget 0.035")
    await ask(pilot, PROMPT)
    await finished(pilot)


async def standing_in(pilot: Pilot[None]) -> None:
    await ask(pilot, f"@claude {PROMPT} (demo:overloaded)")
    view = app_of(pilot).stage.view
    await until(lambda: view.panes["claude"].offer is not None)
    await pilot.press("alt+a")
    await finished(pilot, "claude")


async def health(pilot: Pilot[None]) -> None:
    await standing_in(pilot)
    await pilot.press("f9")
    await until(lambda: len(pilot.app.screen_stack) > 1)
    await pilot.pause()


async def command(pilot: Pilot[None], text: str) -> None:
    """Type a slash command and run it."""
    await ask(pilot, text)
    await pilot.pause()


async def card(pilot: Pilot[None], *words: str) -> None:
    """Wait for a request whose keys act and that holds the words."""
    main = app_of(pilot).screen_stack[0]
    assert isinstance(main, MainScreen)
    waiting = main.stage.view.work

    def is_there() -> bool:
        text = waiting.waiting[0].text if waiting.waiting else ""
        desk = main.desk.work
        return desk is not None and desk.situation(page=False).live and all(word in text for word in words)

    await until(is_there)
    await pilot.pause(0.3)


async def danger(pilot: Pilot[None]) -> None:
    await ask(pilot, "demo:danger")
    await finished(pilot, "claude", "gemini")
    await card(pilot, "rm -rf build")


async def changing(pilot: Pilot[None]) -> None:
    await ask(pilot, "demo:fix")
    await finished(pilot, "gpt", "gemini")
    await card(pilot, "tally/money.py")


async def mended(pilot: Pilot[None]) -> None:
    await changing(pilot)
    for word in ("tally", "unittest", "tally", "unittest"):
        await card(pilot, word)
        await pilot.press("y")
        await until(lambda: not app_of(pilot).stage.view.work.waiting)
    await finished(pilot)
    await pilot.press("ctrl+home")
    await pilot.pause(_SAID)


async def terminal(pilot: Pilot[None]) -> None:
    await answered(pilot)
    await ask(pilot, "!less README.md" if shutil.which("less") else "!cat README.md")
    view = app_of(pilot).stage.view
    await until(lambda: view.terminals.current is not None)
    await pilot.pause(1.0)


async def interactive(pilot: Pilot[None]) -> None:
    await ask(pilot, "@claude demo:interactive")
    for word in ("uninstall", "unlock"):
        await card(pilot, word)
        await pilot.press("y")
        await until(lambda: not app_of(pilot).stage.view.work.waiting)
    await finished(pilot, "claude")
    await pilot.press("f4")
    await pilot.pause(_SAID)


async def showcase(pilot: Pilot[None]) -> None:
    await ask(pilot, "@claude demo:markdown@all")
    await finished(pilot, "claude")
    await pilot.press("f7")
    await pilot.pause()


SHOTS = (
    Shot("main", (120, 40), answering, pace="human"),
    Shot("wide", (200, 60), answered),
    Shot("narrow", (80, 24), answered),
    Shot("failures", (120, 40), failing),
    Shot("markdown", (100, 50), showcase),
    Shot("spend", (120, 40), spending),
    Shot("budget", (120, 40), refused),
    Shot("fallback", (120, 40), standing_in),
    Shot("health", (120, 40), health),
    Shot("approval", (120, 40), danger),
    Shot("change", (140, 40), changing),
    Shot("tools", (120, 50), mended),
    Shot("terminal", (120, 40), terminal),
    Shot("interactive", (120, 40), interactive),
    Shot("scenes", (120, 40), scenes),
    Shot("help", (120, 40), helping),
    Shot("light", (120, 40), answered, theme="llmmixer-light"),
    Shot("colourblind", (120, 40), answered, theme="llmmixer-colorblind"),
    Shot("contrast", (120, 40), answered, theme="llmmixer-contrast"),
)


@contextlib.contextmanager
def sample_project() -> Iterator[Path]:
    """Give the demo's sample project, in a folder whose name is the same each time."""
    folder = Path(tempfile.gettempdir()) / "llmmixer-pictures"
    folder.mkdir(mode=0o700)
    try:
        make_sample_repository(folder / "tally")
        yield folder / "tally"
    finally:
        shutil.rmtree(folder)


async def take(shot: Shot, home: Path) -> str:
    """Run the application, do what the shot asks and return the picture as SVG."""
    environ = {
        "HOME": str(home),
        "LLMMIXER_HOME": str(home / shot.name),
        "LLMMIXER_UI_THEME": shot.theme,
        "LANG": "C.UTF-8",
    }
    config = load(environ=environ, cwd=home).config
    with DemoServer(pace=shot.pace) as server, sample_project() as project:
        plan = plan_session(config, environ, demo_url=server.url)
        assert plan is not None
        engine = build(
            config,
            plan,
            state_dir=home / "state",
            project="llmmixer",
            environ=environ | {"PATH": os.environ["PATH"], "SHELL": "/bin/sh"},
            workspace=Workspace(root=project, home=home, trusted=True, own_paths=(home / "state",)),
        )
        app = LLMMixerApp(engine, config, environ=environ, cwd=project)
        async with app.run_test(size=shot.size) as pilot:
            await pilot.pause()
            await shot.act(pilot)
            return app.export_screenshot(title="llmmixer")


def plain(svg: str) -> str:
    """Return an SVG that fetches no font from elsewhere and is the same for the same screen."""
    svg = _CLASS.sub("t-", _FONT_FACE.sub("", svg)).replace("<text ", '<text xml:space="preserve" ')
    return svg.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


def main(names: list[str]) -> int:
    """Draw the named shots, or all."""
    os.environ.pop("NO_COLOR", None)
    OUT.mkdir(exist_ok=True)
    for shot in SHOTS:
        if names and shot.name not in names:
            continue
        with tempfile.TemporaryDirectory() as home:
            svg = asyncio.run(take(shot, Path(home)))
        (OUT / f"{shot.name}.svg").write_text(plain(svg), encoding="utf-8")
        sys.stdout.write(f"screenshots/{shot.name}.svg\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
