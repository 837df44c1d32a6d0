"""What a person sees when a model keeps failing: the retries, the open circuit with its countdown, and its return."""

import re
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from tests.conftest import WaitUntil
from tests.engine.live import live_config
from tui.config.model import ResilienceConfig
from tui.core.commands import CircuitAction, ControlCircuit, Submit
from tui.demo.server import DemoServer
from tui.engine.engine import build
from tui.engine.session import plan_session
from tui.ui.app import LLMMixerApp

PANE = "anthropic"
_COUNTDOWN = re.compile(r"\bopen \d")


async def test_the_screen_counts_down_an_open_circuit_and_says_when_it_is_closed(
    wait_until: WaitUntil, home: Path
) -> None:
    config = live_config(home, resilience=ResilienceConfig(open_seconds=3_000, max_wait=0.0))
    with DemoServer(pace="instant") as server:
        plan = plan_session(config, {}, demo_url=server.url)
        assert plan is not None
        app = LLMMixerApp(build(config, plan, state_dir=None), config, environ={"HOME": str(home)}, cwd=home)
        async with app.run_test(size=(200, 50)) as pilot:

            async def ask(prompt: str) -> None:
                turn = app.stage.view.panes[PANE].turn
                app.engine.handle(Submit(text=prompt, panes=(PANE,)))
                pane = app.stage.view.panes[PANE]
                await wait_until(lambda: pane.turn is not turn and not pane.busy, timeout=50.0)

            await ask("demo:overloaded one")
            await ask("demo:overloaded two")
            await _until_shown(pilot, wait_until, lambda text: _COUNTDOWN.search(text) is not None)
            app.engine.handle(ControlCircuit(pane=PANE, action=CircuitAction.PROBE))
            await _until_shown(pilot, wait_until, lambda text: "half" in text)
            await ask("is it back?")
            await ask("and still?")
            await _until_shown(pilot, wait_until, lambda text: "half" not in text and _COUNTDOWN.search(text) is None)


async def _until_shown(pilot: Pilot[None], wait_until: WaitUntil, condition: Callable[[str], bool]) -> None:
    app = pilot.app
    await wait_until(
        lambda: condition("\n".join(strip.text for strip in app.screen._compositor.render_strips(app.size)))
    )
