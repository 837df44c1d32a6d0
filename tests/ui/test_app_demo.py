"""The whole way of a token: keys, engine, the real SDKs, the demo server, the screen."""

from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tui.config.load import load
from tui.demo.server import DemoServer
from tui.engine.engine import build
from tui.engine.session import plan_session
from tui.ui.app import LLMMixerApp
from tui.ui.view.state import Phase

_SLOW_IMPORTS = 50.0


@pytest.mark.parametrize(
    ("prompt", "phases"),
    [
        ("Explain a circuit breaker", {"claude": Phase.DONE, "gpt": Phase.DONE, "gemini": Phase.DONE}),
        ("demo:overloaded@anthropic hello", {"claude": Phase.ASKING, "gpt": Phase.DONE, "gemini": Phase.DONE}),
        ("demo:empty@openai hello", {"claude": Phase.DONE, "gpt": Phase.EMPTY, "gemini": Phase.DONE}),
    ],
)
async def test_every_pane_ends_in_its_own_clear_state(
    wait_until: WaitUntil, home: Path, prompt: str, phases: dict[str, Phase]
) -> None:
    environ = {"HOME": str(home)}
    config = load(environ=environ, cwd=home).config
    with DemoServer(pace="instant") as server:
        plan = plan_session(config, environ, demo_url=server.url)
        assert plan is not None
        app = LLMMixerApp(build(config, plan, state_dir=None), config, environ=environ, cwd=home)
        async with app.run_test(size=(150, 40)) as pilot:
            view = app.stage.view
            await pilot.press(*("space" if letter == " " else letter for letter in prompt), "enter")
            await wait_until(
                lambda: {name: pane.phase for name, pane in view.panes.items()} == phases, timeout=_SLOW_IMPORTS
            )
            words = {phase.value for phase in phases.values()}
            await wait_until(lambda: all(word in _row(app, 1) for word in words))
            for name, phase in phases.items():
                if phase is Phase.DONE:
                    assert len(app.stage.view.panes[name].tail) > 50
                    assert view.panes[name].totals.output_tokens > 0


async def test_another_model_steps_in_when_the_person_agrees(wait_until: WaitUntil, home: Path) -> None:
    environ = {"HOME": str(home)}
    config = load(environ=environ, cwd=home).config
    with DemoServer(pace="instant") as server:
        plan = plan_session(config, environ, demo_url=server.url)
        assert plan is not None
        app = LLMMixerApp(build(config, plan, state_dir=None), config, environ=environ, cwd=home)
        async with app.run_test(size=(150, 40)) as pilot:
            claude = app.stage.view.panes["claude"]
            await pilot.press(*"@claude", "space", *"demo:overloaded@anthropic", "enter")
            await wait_until(lambda: claude.phase is Phase.ASKING, timeout=_SLOW_IMPORTS)
            await pilot.press("f6", "f")
            await wait_until(lambda: claude.phase is Phase.DONE, timeout=_SLOW_IMPORTS)
            await wait_until(lambda: "by gpt-6.2-sol" in _row(app, 2))
            assert claude.model == "gpt-6.2-sol"


def _row(app: LLMMixerApp, number: int) -> str:
    return app.screen._compositor.render_strips(app.size)[number].text
