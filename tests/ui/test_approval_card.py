"""Requests answered with real keys on the whole screen, on an engine without models."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events

from tests.conftest import WaitUntil
from tests.ui.requests import command, edit, pipeline
from tests.ui.test_app import Table, running
from tui.core.commands import Answer, Stop
from tui.core.tool_events import ApprovalRequested, ApprovalResolved
from tui.core.trust import AnswerKind, Resolution
from tui.ui.approval_desk import ApprovalDesk
from tui.ui.screens.approval import ApprovalScreen
from tui.ui.view import approvals
from tui.ui.view.state import Phase

SIZES = [(80, 24), (120, 40), (200, 60)]


class Asking:
    """A table at which models ask; time stands still unless a test moves it."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.now = 1_000.0
        self.turns: dict[str, str] = {}
        table.main.stage.now = lambda: self.now

    @property
    def desk(self) -> ApprovalDesk:
        desk = self.table.main.desk.work
        assert desk is not None
        return desk

    @property
    def answers(self) -> list[Answer]:
        return [one for one in self.table.engine.commands if isinstance(one, Answer)]

    def ask(self, *requests: ApprovalRequested) -> None:
        for request in requests:
            if request.pane not in self.turns:
                self.turns[request.pane] = self.table.engine.begin(request.pane)
            self.table.engine.bus.publish(replace(request, turn=self.turns[request.pane]))

    def resolve(self, request_id: str, how: Resolution = Resolution.ONCE, pane: str = "claude") -> None:
        self.table.engine.bus.publish(ApprovalResolved(id=request_id, pane=pane, how=how))

    async def live(self, *requests: ApprovalRequested) -> None:
        """Ask, and wait until the card has the keys."""
        self.ask(*requests)
        await self.come_alive()

    async def come_alive(self) -> None:
        table = self.table
        await table.wait(lambda: table.main.desk.work is not None and self.desk.card.shown)
        self.now += 2
        await table.wait(lambda: self.desk.has_keys and self.desk.live_in() == 0)
        await table.pilot.pause()

    async def key(self, *keys: str) -> None:
        await self.table.press(*keys)
        await self.table.wait(lambda: not self.desk.card.pending)

    def text(self) -> str:
        return "\n".join(self.table.rows())


@asynccontextmanager
async def asking(wait: WaitUntil, home: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Asking]:
    async with running(wait, home, size=size) as table:
        yield Asking(table)


@pytest.mark.parametrize("size", SIZES)
async def test_a_request_shows_everything_and_one_key_answers_it(
    size: tuple[int, int], wait_until: WaitUntil, home: Path
) -> None:
    async with asking(wait_until, home, size) as at:
        await at.live(command("pytest -q tests"))
        for words in ("claude wants to run a command", "pytest -q tests", "no sandbox", "y once", "Esc leaves"):
            assert words in at.text()
        assert at.table.phase("claude") is Phase.ASKING
        await at.key("y")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.ONCE)]
        await at.table.wait(lambda: "wants to run" not in at.text())
        assert at.table.main.prompt.editor.has_focus


@pytest.mark.parametrize(
    ("key", "kind"),
    [("1", AnswerKind.ONCE), ("s", AnswerKind.SESSION), ("2", AnswerKind.SESSION), ("n", AnswerKind.DENY),
     ("4", AnswerKind.DENY)],
)  # fmt: skip
async def test_letters_and_digits_answer(key: str, kind: AnswerKind, wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("pytest -q"))
        await at.key(key)
        assert at.answers == [Answer(id="r1", decision=kind)]


async def test_what_destroys_takes_enter_after_y(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(pipeline())
        assert "deletes 214 files" in at.text()
        await at.key("enter", "enter")
        assert at.answers == []
        await at.key("y")
        await at.table.shown("Enter lets it run: destructive")
        await at.key("x")
        await at.key("enter")
        assert at.answers == []
        await at.key("y")
        await at.key("enter")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.ONCE)]


async def test_outside_the_sandbox_has_a_key_of_its_own_and_takes_enter(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("git push", sandbox="bubblewrap", leavable=True))
        await at.table.shown("o outside the sandbox")
        await at.key("o")
        await at.table.shown("Enter lets it run, outside the sandbox: runs a program")
        await at.key("n")
        assert at.answers == []
        await at.key("o")
        await at.key("enter")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.OUTSIDE)]


async def test_without_a_sandbox_there_is_no_outside(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("git push"))
        assert "outside the sandbox" not in at.text()
        await at.key("o", "enter")
        assert at.answers == []


async def test_keys_are_dead_for_a_moment_and_nothing_is_lost(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        at.ask(command("pytest -q"))
        await at.table.shown("keys live in 0.5 s")
        assert not at.desk.has_keys
        await at.key("y")
        assert at.answers == []
        assert at.table.main.prompt.text == "y"


async def test_a_draft_keeps_the_keys_and_is_kept(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.table.press(*"why not")
        at.ask(command("pytest -q"))
        await at.table.shown("draft kept")
        at.now += 100
        await at.key("y", "n", "1")
        assert at.table.main.prompt.text == "why notyn1"
        at.now += 0.5
        await at.table.press("ctrl+n")
        await at.table.wait(lambda: at.desk.has_keys)
        await at.table.shown("keys live in 0.5 s")
        await at.key("y")
        assert at.answers == []
        at.now += 1
        await at.come_alive()
        await at.key("y")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.ONCE)]
        assert at.table.main.prompt.text == "why notyn1"
        await at.table.wait(lambda: at.table.main.prompt.editor.has_focus)


async def test_the_card_gets_the_keys_when_the_draft_was_sent(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.table.press("h", "i")
        at.ask(command("pytest -q"))
        await at.table.shown("draft kept")
        await at.table.press("enter")
        assert at.table.engine.prompts == [("hi", None)]
        await at.come_alive()


async def test_typing_goes_to_the_prompt_and_stays_there(
    wait_until: WaitUntil, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "HOLD", 600.0)
    async with asking(wait_until, home) as at:
        await at.live(command("pytest -q"))
        body = at.desk.widget.body if at.desk.widget else None
        assert body is not None
        for letter in "yes no":  # all of it is there before the first letter is looked at
            body.post_message(events.Key("space" if letter == " " else letter, letter))
        await at.table.wait(lambda: at.table.main.prompt.text == "yes no")
        await at.table.press(*"wy")
        assert at.table.main.prompt.text == "yes nowy"
        assert at.answers == []
        at.now += 10
        await at.table.pilot.pause()
        assert not at.desk.has_keys


async def test_a_paste_is_never_an_answer(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("pytest -q"))
        assert at.desk.widget is not None
        at.desk.widget.body.post_message(events.Paste("y\ny\n"))
        await at.table.wait(lambda: at.table.main.prompt.text == "y\ny\n")
        assert at.answers == []


async def test_a_pane_keeps_its_keys(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.table.press("f6")
        at.ask(command("pytest -q"))
        await at.table.shown("wants to run a command")
        at.now += 100
        await at.table.shown("Ctrl+N answers")
        assert at.table.in_pane()
        await at.table.press("n")
        assert at.answers == []
        await at.table.press("ctrl+n")
        at.now += 1
        await at.come_alive()
        await at.key("n")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.DENY)]


async def test_a_denial_says_why(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("pytest -q"))
        await at.key("tab", *"use tox", "enter")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.DENY, text="use tox")]


async def test_a_command_is_edited(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("pytest -q"))
        await at.key("e")
        await at.table.shown("Enter puts this in its place")
        await at.key("escape")
        assert at.desk.card.stage is approvals.Stage.CHOOSE
        await at.key("e")
        await at.table.wait(lambda: at.desk.widget is not None and at.desk.widget.field.has_focus)
        await at.key("backspace", "x", "enter")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.EDITED, text="pytest -x")]


async def test_a_rule_is_tried_while_it_is_written(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("pytest -q"))
        await at.key("w")
        await at.table.shown("With it this would run: your rule says so")
        assert at.table.engine.tried[0] == ("r1", "allow run_command pytest -q")
        await at.key("home", "x")
        await at.table.shown("A rule begins with allow, ask or deny")
        await at.key("enter")
        assert at.answers == []
        await at.key("delete", *["delete"] * 4)
        await at.key("backspace", *"deny", "enter")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.RULE, text="deny run_command pytest -q")]


async def test_a_long_command_is_read_to_its_end_first(wait_until: WaitUntil, home: Path) -> None:
    long = command("\n".join(f"echo {number}" for number in range(200)))
    async with asking(wait_until, home, (80, 24)) as at:
        await at.live(long)
        assert "echo 0" in at.text()
        assert "echo 199" in at.text()
        assert "rows more" in at.text()
        await at.key("y")
        assert at.answers == []
        await at.key("d")
        await at.table.wait(lambda: isinstance(at.table.app.screen, ApprovalScreen))
        await at.key("pagedown")
        await at.key("y")
        assert at.answers == []
        await at.table.shown("Read it to its end first")
        await at.key("end")
        await at.table.shown("echo 199")
        await at.key("y")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.ONCE)]
        await at.table.wait(lambda: at.table.app.screen is at.table.main)


async def test_page_keys_scroll_the_details_and_not_the_pane(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home, (80, 24)) as at:
        await at.live(command("\n".join("x" * 200 for _ in range(100))))
        await at.table.press("pagedown")
        await at.table.wait(lambda: at.desk.page is not None)
        before = at.desk.card.offset
        await at.table.press("pagedown")
        assert at.desk.card.offset > before
        await at.table.press("escape")
        await at.table.wait(lambda: at.table.app.screen is at.table.main)
        assert not at.desk.card.collapsed


@pytest.mark.parametrize("size", [(50, 24), (80, 18)])
async def test_narrow_screens_ask_on_a_screen_of_their_own(
    size: tuple[int, int], wait_until: WaitUntil, home: Path
) -> None:
    async with asking(wait_until, home, size) as at:
        await at.table.press("h")
        at.ask(pipeline())
        await at.table.shown("1 request waits")
        at.now += 100
        await at.table.pilot.pause()
        assert at.table.app.screen is at.table.main
        await at.table.press("backspace")
        await at.come_alive()
        assert isinstance(at.table.app.screen, ApprovalScreen)
        await at.table.shown("destructive")
        await at.key("escape")
        await at.table.shown("1 request waits")
        assert at.table.app.screen is at.table.main
        await at.table.press("ctrl+n")
        await at.come_alive()
        await at.key("end", "y")
        await at.key("enter")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.ONCE)]
        await at.table.wait(lambda: at.table.app.screen is at.table.main)


async def test_page_keys_scroll_the_pane_where_the_card_hides_nothing(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        at.table.engine.answer("claude", "\n\n".join(f"line {number}" for number in range(200)))
        await at.table.shown("line 199")
        await at.live(command("pytest -q"))
        await at.table.press("pageup")
        await at.table.shown("lines below")
        assert at.desk.has_keys


async def test_a_card_grows_and_shrinks_with_the_screen(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home, (80, 40)) as at:
        await at.live(edit(conflict="gpt is changing it too."))
        await at.table.shown("self.voucher")
        await at.table.pilot.resize_terminal(80, 21)
        await at.table.wait(lambda: "def total" not in at.text() and "self.voucher" in at.text())
        await at.table.pilot.resize_terminal(80, 20)
        await at.table.shown("rows more")
        await at.table.pilot.resize_terminal(50, 16)
        await at.table.wait(lambda: isinstance(at.table.app.screen, ApprovalScreen) or "waits" in at.text())
        await at.table.pilot.resize_terminal(140, 50)
        await at.table.wait(lambda: "self.voucher" in at.text())


async def test_escape_leaves_it_waiting_and_stops_only_then(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("pytest -q"), command("ls", "r2", "gpt"))
        await at.key("escape")
        await at.table.shown("2 requests wait · Ctrl+N answers")
        assert at.table.main.prompt.editor.has_focus
        at.now += 100
        await at.table.press("y")
        assert at.answers == []
        await at.table.press("backspace", "escape")
        assert at.table.engine.commands == [Stop(pane="claude")]
        await at.table.press("ctrl+n")
        await at.table.shown("claude wants to run a command")


async def test_escape_in_a_draft_leaves_the_card_first(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.table.press("h")
        at.ask(command("pytest -q"))
        await at.table.shown("draft kept")
        await at.table.press("escape")
        await at.table.shown("1 request waits")
        assert at.table.engine.commands == []
        at.now += 100
        await at.table.press("escape")
        assert at.table.engine.commands == [Stop(pane="claude")]


async def test_the_queue_is_walked_and_each_card_is_dead_at_first(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("one", "r1"), command("two", "r2", "gpt"), edit("r3"))
        await at.table.shown("1 of 3")
        await at.table.press("ctrl+n")
        await at.table.shown("2 of 3 · gpt wants")
        await at.key("y")
        assert at.answers == []
        at.now += 1
        await at.key("y")
        assert at.answers == [Answer(id="r2", decision=AnswerKind.ONCE)]
        await at.table.shown("1 of 2 · claude wants")
        at.now += 1
        await at.key("n")
        await at.table.shown("gemini wants to change a file")
        await at.table.shown("self.voucher")


async def test_a_request_that_ends_closes_its_card_and_takes_no_key_with_it(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(pipeline("r1"), command("ls", "r2", "gpt"))
        await at.key("y")
        at.resolve("r1", Resolution.CANCELLED)
        await at.table.shown("The request of claude ended with its turn")
        await at.key("enter", "y")
        assert at.answers == []
        at.resolve("r2", Resolution.OVERTAKEN, "gpt")
        await at.table.wait(lambda: "wants to" not in at.text())
        assert at.table.main.prompt.editor.has_focus


async def test_a_card_may_be_painted_while_it_goes(
    wait_until: WaitUntil, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A widget that ended has no styles any more, but is on the screen until the next layout."""
    async with asking(wait_until, home) as at:
        await at.live(command("pytest -q"))
        await at.key("e")
        card, compositor = at.desk.widget, at.table.main._compositor
        assert card is not None
        field = card.field
        await at.table.wait(lambda: field.region.height == 1)
        leave, painted = field._message_loop_exit, []

        async def leave_and_paint() -> None:
            await leave()
            painted.append(field in compositor.visible_widgets)
            compositor.render_full_update()

        monkeypatch.setattr(field, "_message_loop_exit", leave_and_paint)
        with at.table.app.batch_update():  # no layout comes between
            await card.remove()
        assert painted == [True]


async def test_a_reason_that_is_half_written_answers_nothing_else(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("one", "r1"), command("two", "r2", "gpt"))
        await at.key("tab", *"ma")
        at.resolve("r1", Resolution.CANCELLED)
        await at.table.shown("gpt wants to run a command")
        at.now += 100
        await at.key(*"ny")
        assert at.answers == []
        assert at.table.main.prompt.text == "ny"


async def test_similar_requests_are_answered_together(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(*(command(f"touch {name}", name) for name in "abc"), command("ls", "other", "gpt"))
        await at.key("b")
        await at.table.shown("3 similar requests")
        for name in "abc":
            assert f"[x] claude touch {name}" in at.text()
        await at.key("down", "space")
        await at.table.shown("[ ] claude touch b")
        await at.key("y")
        await at.table.shown("Enter lets all 2 run")
        await at.key("enter")
        assert at.answers == [Answer(id=name, decision=AnswerKind.ONCE) for name in "ac"]
        await at.table.shown("1 of 2 · claude wants")


async def test_the_mouse_goes_into_the_card_first_and_answers_then(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.table.press("h")
        at.ask(command("pytest -q"))
        await at.table.shown("draft kept")
        at.now += 100
        await at.table.shown("n deny")
        place = next((row.index("deny"), y) for y, row in enumerate(at.table.rows()) if "n deny" in row)
        await at.table.pilot.click(offset=place)
        await at.table.wait(lambda: at.desk.has_keys)
        assert at.answers == []
        at.now += 1
        await at.table.pilot.click(offset=place)
        assert at.answers == [Answer(id="r1", decision=AnswerKind.DENY)]


async def test_a_bell_rings_once_for_each_request(
    wait_until: WaitUntil, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asking(wait_until, home) as at:
        rung: list[int] = []
        monkeypatch.setattr(at.table.app, "bell", lambda: rung.append(1))
        at.ask(command("one"))
        await at.table.wait(lambda: len(rung) == 1)
        at.ask(command("two", "r2", "gpt"))
        await at.table.wait(lambda: len(rung) == 2)
        at.resolve("r1")
        await at.table.shown("gpt wants")
        assert len(rung) == 2


async def test_another_screen_hides_the_card_and_its_keys_are_new_afterwards(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.table.press("f1")
        await at.table.wait(lambda: at.table.app.screen is not at.table.main)
        at.ask(command("pytest -q"))
        await at.table.wait(lambda: at.table.main.desk.work is not None)
        at.now += 100
        await at.table.press("escape")
        await at.table.wait(lambda: at.table.app.screen is at.table.main)
        assert at.desk.live_in() > 0
        await at.come_alive()
        await at.key("y")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.ONCE)]


async def test_a_flood_of_requests_stays_in_order(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(
            *(command(f"run {number}", f"r{number}", ("claude", "gpt", "gemini")[number % 3]) for number in range(60))
        )
        for number in range(5):
            await at.table.shown(f"run {number} ")
            at.now += 1
            await at.key("n")
        assert [one.id for one in at.answers] == [f"r{number}" for number in range(5)]
        await at.table.shown("1 of 55")
