"""Keys take effect in the order they came in, whatever way each of them has to go."""

import asyncio
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widget import Widget

from tests.conftest import WaitUntil
from tests.ui.terminal_support import Desk, FedEngine, desk
from tui.ui import key_order
from tui.ui.key_order import KeyOrder


def at_once(table: Desk, *keys: str) -> None:
    """Let keys come in one behind the other, before anything is done about the first."""
    for key in keys:
        table.app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_letters_do_not_overtake_the_key_before_them(wait_until: WaitUntil, home: Path) -> None:
    async with desk(wait_until, home, FedEngine()) as table:
        at_once(table, *"old", "ctrl+u", *"new", "home", "delete", "N", "end", "s")
        await table.wait(lambda: table.main.prompt.text == "News")


async def test_letters_go_where_the_focus_was_sent(wait_until: WaitUntil, home: Path) -> None:
    engine = FedEngine()
    async with desk(wait_until, home, engine) as table:
        at_once(table, "f4", *"ls", "f4", "escape", *"draft", "f4", *"-l")
        await table.wait(lambda: table.main.prompt.text == "draft")
        [terminal] = engine.terminals.values()
        await table.wait(lambda: terminal.typed == b"ls-l")


async def test_letters_wait_for_another_screen_and_for_what_was_chosen_there(wait_until: WaitUntil, home: Path) -> None:
    async with desk(wait_until, home, FedEngine()) as table:
        await table.press(*"/mode ask", "enter")
        at_once(table, "ctrl+r", *"mode", "enter", "!")
        await table.wait(lambda: table.main.prompt.text == "/mode ask!")


class Stuck(Widget, can_focus=True):
    """Never done with its first key."""

    async def on_key(self) -> None:
        await asyncio.Event().wait()


class Ordered(App[None]):
    """An application whose keys are in order."""

    BINDINGS = [Binding("f1", "note", priority=True)]  # noqa: RUF012 - as Textual has it

    def __init__(self) -> None:
        super().__init__()
        self.noted = 0
        self.key_order = KeyOrder(self, super().on_event, lambda: None)

    def compose(self) -> ComposeResult:
        yield Stuck()

    def action_note(self) -> None:
        self.noted += 1

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self.key_order.take(event)
        else:
            await super().on_event(event)


async def test_a_key_that_never_comes_back_does_not_make_the_keyboard_dead(
    wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_order, "PATIENCE", 0.05)
    app = Ordered()
    async with app.run_test():
        app.key_order.open()
        stuck = app.query_one(Stuck)
        app.screen.set_focus(stuck)
        for key in ("a", "f1", "f1"):
            app.post_message(events.Key(key, None))
        await wait_until(lambda: app.noted == 2)
        assert not app.key_order.waiting
        app.key_order.hold()
        app.post_message(events.Key("f1", None))
        await wait_until(lambda: app.key_order.waiting)
        app.key_order.let_go()
        await wait_until(lambda: app.noted == 3)
        assert stuck._task is not None
        stuck._task.cancel()
