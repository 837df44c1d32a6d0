"""The prompt in a real application, with real keys."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual import events, on
from textual._xterm_parser import XTermParser
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static

from tests.conftest import WaitUntil
from tui.core.clock import ManualClock
from tui.ui.widgets.prompt import Prompt
from tui.ui.widgets.prompt_candidates import Candidates
from tui.ui.widgets.prompt_editor import PromptEditor
from tui.ui.widgets.prompt_keys import teach_terminal_keys

PANES = ("claude", "gpt", "gemini")
LONG = "\n".join(f"line {number}" for number in range(143))


class Host(App[None]):
    """A prompt under an empty screen; notes what it says and which keys reach the application."""

    BINDINGS: ClassVar[list[BindingType]] = [
        (key, f"note('{key}')", key)
        for key in ("escape", "pageup", "pagedown", "f1", "f6", "f7", "ctrl+o", "ctrl+c", "ctrl+d", "alt+1")
    ]

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        self.prompt = Prompt(path, clock=ManualClock())
        self.sent: list[tuple[str, tuple[str, ...] | None]] = []
        self.commands: list[tuple[str, str]] = []
        self.keys: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("above", id="above")
        yield self.prompt

    def on_mount(self) -> None:
        self.query_one("#above").styles.height = "1fr"
        self.prompt.set_panes(PANES)
        self.prompt.set_commands([("help", "Show keys"), ("theme", "Choose a theme"), ("copy", "Copy the answer")])
        self.prompt.focus()

    def action_note(self, key: str) -> None:
        self.keys.append(key)

    @on(Prompt.Submitted)
    def _submitted(self, event: Prompt.Submitted) -> None:
        self.sent.append((event.text, event.panes))

    @on(Prompt.CommandEntered)
    def _command(self, event: Prompt.CommandEntered) -> None:
        self.commands.append((event.name, event.argument))

    @property
    def editor(self) -> PromptEditor:
        return self.prompt.query_one(PromptEditor)

    @property
    def candidates(self) -> Candidates:
        return self.prompt.query_one(Candidates)

    def completing(self) -> bool:
        return self.candidates.display

    def shown(self, part: str) -> str:
        return str(self.prompt.query_one(f"#prompt-{part}", Static).render())


@pytest.fixture
def app() -> Host:
    return Host()


async def _type(pilot: Pilot[None], text: str) -> None:
    """Type as a person does: with pauses no burst has."""
    for character in text:
        await _press(pilot, "enter" if character == "\n" else character)


async def _press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await pilot.pause()


def _feed(app: App[Any], data: str, pause: float = 0.0) -> None:
    """Send bytes as the terminal would, all at once; `pause` seconds lay between the keys when they were pressed."""
    driver = app._driver
    assert driver is not None
    parser = XTermParser()
    tokens: list[Message] = [*parser.feed(data), *parser.feed("")]
    now = tokens[0].time if tokens else 0.0
    for place, token in enumerate(tokens):
        token.time = now + place * pause
        token.set_sender(app)
        driver.send_message(token)


async def test_enter_sends_and_clears(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "hi there\n")
        assert app.sent == [("hi there", None)]
        assert app.prompt.text == ""
        assert app.prompt.is_empty


async def test_empty_or_blank_does_nothing(app: Host) -> None:
    async with app.run_test() as pilot:
        await _press(pilot, "enter", "space", "enter", "ctrl+j", "enter")
        assert app.sent == []
        assert app.prompt.text == " \n"


@pytest.mark.parametrize(
    "sequence",
    ["\n", "\x1b\r", "\x1b[13;2u", "\x1b[13;3u", "\x1b[106;5u", "\x1b[27;2;13~", "\x1b[27;3;13~"],
    ids=["ctrl+j", "alt+enter", "kitty shift+enter", "kitty alt+enter", "kitty ctrl+j", "xterm shift", "xterm alt"],
)
async def test_line_breaks_as_terminals_send_them(app: Host, sequence: str, wait_until: WaitUntil) -> None:
    async with app.run_test() as pilot:
        await _press(pilot, "a")
        _feed(app, sequence)
        await wait_until(lambda: app.prompt.text == "a\n")
        await _press(pilot, "b", "enter")
        assert app.sent == [("a\nb", None)]


async def test_alt_digit_reaches_the_application(app: Host, wait_until: WaitUntil) -> None:
    async with app.run_test():
        _feed(app, "\x1b1")
        await wait_until(lambda: app.keys == ["alt+1"])
        assert app.prompt.text == ""


def test_teaching_keys_twice_is_harmless() -> None:
    teach_terminal_keys()
    teach_terminal_keys()
    (token,) = list(XTermParser().feed("\x1b\r"))
    assert isinstance(token, events.Key)
    assert token.key == "alt+enter"


async def test_marked_paste_never_sends(app: Host, wait_until: WaitUntil) -> None:
    async with app.run_test() as pilot:
        _feed(app, "\x1b[200~one\r\n\ttwo\rthree\r\x1b[201~")
        await wait_until(lambda: app.prompt.text == "one\n\ttwo\nthree\n")
        assert app.sent == []
        await _press(pilot, "enter")
        assert app.sent == [("one\n\ttwo\nthree\n", None)]


@pytest.mark.parametrize("text", ["one\rtwo", "one\rtwo\r", "a\rb\r", "one\r\rtwo\r\r", "def f():\r\treturn 1\r"])
async def test_unmarked_burst_does_not_send(app: Host, text: str, wait_until: WaitUntil) -> None:
    async with app.run_test():
        _feed(app, text)
        await wait_until(lambda: app.prompt.text == text.replace("\r", "\n"))
        assert app.sent == []


async def test_unmarked_burst_that_begins_with_a_line_break_does_not_send(app: Host, wait_until: WaitUntil) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "hi")
        _feed(app, "\rone\rtwo\r")
        await wait_until(lambda: app.prompt.text == "hi\none\ntwo\n")
        assert app.sent == []


async def test_two_prompts_typed_while_the_application_was_busy_are_two(app: Host, wait_until: WaitUntil) -> None:
    async with app.run_test():
        _feed(app, "hi\ryo\r", pause=0.05)
        await wait_until(lambda: len(app.sent) == 2)
        assert app.sent == [("hi", None), ("yo", None)]


async def test_one_line_burst_with_enter_is_sent(app: Host, wait_until: WaitUntil) -> None:
    async with app.run_test():
        _feed(app, "typed by a program\r")
        await wait_until(lambda: app.sent == [("typed by a program", None)])
        assert app.prompt.text == ""


async def test_big_paste_folds_and_is_sent_in_full(app: Host, wait_until: WaitUntil) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "see ")
        _feed(app, f"\x1b[200~{LONG}\x1b[201~")
        await wait_until(lambda: app.prompt.text == "see " + LONG)
        assert app.editor.get_line(0).plain == "see [pasted 143 lines #1]"
        assert app.editor.document.line_count == 1
        await wait_until(lambda: "unfold" in app.shown("note"))
        await _type(pilot, " please\n")
        assert app.sent == [(f"see {LONG} please", None)]


async def test_fold_is_one_thing_to_the_keys(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "a")
        assert app.prompt.insert_text(LONG)
        await _type(pilot, "b")
        end = len(app.editor.document.text)
        await _press(pilot, "left", "left")
        assert app.editor.cursor_location == (0, 1)
        await _press(pilot, "right")
        assert app.editor.cursor_location == (0, end - 1)
        await _press(pilot, "backspace")
        assert app.prompt.text == "ab"
        await _press(pilot, "ctrl+z")
        assert app.prompt.text == f"a{LONG}b"
        await _press(pilot, "home", "right", "delete")
        assert app.prompt.text == "ab"


async def test_fold_opens_and_undo_closes_it(app: Host) -> None:
    async with app.run_test() as pilot:
        app.prompt.insert_text(LONG)
        await _press(pilot, "ctrl+o")
        assert app.editor.document.text == LONG
        assert app.keys == []
        await _press(pilot, "ctrl+z")
        assert app.editor.document.line_count == 1
        assert app.prompt.text == LONG


async def test_keys_without_a_use_reach_the_application(app: Host) -> None:
    async with app.run_test() as pilot:
        keys = ["escape", "pageup", "pagedown", "f1", "f6", "f7", "ctrl+o", "ctrl+c", "ctrl+d"]
        await _press(pilot, *keys)
        assert app.keys == keys


async def test_hidden_characters_are_folded_and_sent_exactly(app: Host) -> None:
    nasty = "a\x1b]52;c;x\x07\x0b\x85\u2028\u202eb\r\n\rc\ufdd0"
    async with app.run_test() as pilot:
        assert app.prompt.insert_text(nasty)
        await pilot.pause()
        drawn = "".join(segment.text for y in range(2) for segment in app.editor.render_line(y))
        assert "\x1b" not in drawn
        assert "some hidden" in drawn
        await _press(pilot, "ctrl+o")
        assert "cannot be shown" in app.shown("note")
        await _press(pilot, "enter")
        assert app.sent == [(nasty, None)]


async def test_nul_and_half_surrogates_are_refused_with_a_reason(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "x")
        assert not app.prompt.insert_text("a\0b")
        assert "NUL" in app.shown("note")
        assert not app.prompt.insert_text("a\ud800b")
        assert "surrogate" in app.shown("note")
        assert app.prompt.text == "x"
        await _type(pilot, "y")
        assert app.shown("note") == ""


async def test_address_and_live_hint(app: Host) -> None:
    async with app.run_test() as pilot:
        assert app.shown("target") == "ask all (3)"
        await _type(pilot, "@gpt @claude fix")
        assert app.shown("target") == "ask gpt + claude"
        await _press(pilot, "enter")
        assert app.sent == [("fix", ("gpt", "claude"))]
        await _type(pilot, "@cluade fix")
        assert app.shown("target") == "ask all (3)"
        assert "@cluade" in app.shown("note")
        await _press(pilot, "enter")
        assert app.sent[1:] == [("@cluade fix", None)]


async def test_a_name_alone_asks_nothing(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "@gpt ")
        await _press(pilot, "enter")
        assert app.sent == []
        assert "Nothing to ask" in app.shown("note")
        assert app.prompt.text == "@gpt "


async def test_commands(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "/theme nord\n")
        await _type(pilot, "/xyz\n")
        assert app.commands == [("theme", "nord")]
        assert "No command /xyz" in app.shown("note")
        assert app.prompt.text == "/xyz"
        app.prompt.clear()
        await _type(pilot, "//etc/passwd?\n")
        assert app.sent == [("/etc/passwd?", None)]


async def test_completion_by_tab_and_arrows(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "@g")
        assert app.completing()
        await _press(pilot, "down", "tab")
        assert app.prompt.text == "@gemini "
        assert not app.completing()
        await _type(pilot, "@")
        await _press(pilot, "enter")
        assert app.prompt.text == "@gemini @claude "
        assert app.sent == []


async def test_tab_in_a_text_keeps_the_focus_and_reopens_the_list(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "hi")
        await _press(pilot, "tab", "x")
        assert app.prompt.text == "hix"
        app.prompt.clear()
        await _type(pilot, "@g")
        await _press(pilot, "escape")
        assert not app.completing()
        await _press(pilot, "tab")
        assert app.completing()
        await _press(pilot, "shift+tab", "tab")
        assert app.prompt.text == "@gemini "


async def test_enter_runs_the_highlighted_command(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "/h")
        await _press(pilot, "enter")
        assert app.commands == [("help", "")]
        assert app.prompt.text == ""


async def test_escape_closes_the_list_first(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "/t")
        await _press(pilot, "escape")
        assert not app.completing()
        assert app.keys == []
        await _press(pilot, "escape")
        assert app.keys == ["escape"]
        await _type(pilot, "h")
        assert app.completing()


async def test_a_click_takes_a_candidate(app: Host) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await _type(pilot, "/")
        await pilot.pause()
        assert app.candidates.region.bottom == app.prompt.region.y
        await pilot.click(Candidates, offset=(3, 2))
        await pilot.pause()
        assert app.prompt.text == "/copy "


async def test_history_walk_keeps_the_draft(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "one\ntwo\n")
        await _type(pilot, "draft")
        await _press(pilot, "up")
        assert app.prompt.text == "two"
        await _press(pilot, "up", "up")
        assert app.prompt.text == "one"
        await _press(pilot, "down", "down")
        assert app.prompt.text == "draft"


async def test_a_cleared_draft_can_be_had_back(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "precious")
        app.prompt.clear()
        await _press(pilot, "up")
        assert app.prompt.text == "precious"


async def test_arrows_move_inside_several_lines_first(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "one\n")
        await _press(pilot, "a", "ctrl+j", "b", "up")
        assert app.prompt.text == "a\nb"
        assert app.editor.cursor_location[0] == 0
        await _press(pilot, "up")
        assert app.prompt.text == "one"
        await _press(pilot, "down")
        assert app.prompt.text == "a\nb"


async def test_recalled_prompt_keeps_its_folds(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "see ")
        app.prompt.insert_text(LONG)
        await _press(pilot, "enter", "up")
        assert app.editor.document.line_count == 1
        assert app.prompt.text == "see " + LONG


async def test_history_search(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "fix the tests\nrun lint\n")
        await _type(pilot, "draft")
        await _press(pilot, "ctrl+r")
        await _type(pilot, "fix")
        await _press(pilot, "enter")
        assert app.prompt.text == "fix the tests"
        await _press(pilot, "down", "down")
        assert app.prompt.text == "draft"


async def test_history_is_there_after_a_restart(tmp_path: Path, wait_until: WaitUntil) -> None:
    path = tmp_path / "state" / "history.jsonl"
    first = Host(path)
    async with first.run_test() as pilot:
        await _type(pilot, "@gpt remember me\n")
        first.prompt._recall.flush()
    assert path.stat().st_mode & 0o777 == 0o600
    second = Host(path)
    async with second.run_test() as pilot:
        await wait_until(lambda: second.prompt._recall.history.entries)
        await _press(pilot, "up")
        assert second.prompt.text == "@gpt remember me"


async def test_a_history_that_cannot_be_written_is_told(tmp_path: Path, wait_until: WaitUntil) -> None:
    (tmp_path / "file").write_text("")
    app = Host(tmp_path / "file" / "history.jsonl")
    async with app.run_test(size=(140, 30)) as pilot:
        await _type(pilot, "x\n")
        await wait_until(lambda: "not saved" in app.shown("note"))
        assert app.sent == [("x", None)]


async def test_grows_to_a_third_of_the_screen(app: Host) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.editor.size.height == 1
        for _ in range(4):
            await _press(pilot, "x", "ctrl+j")
        assert app.editor.size.height == 5
        for _ in range(8):
            await _press(pilot, "x", "ctrl+j")
        assert app.editor.size.height == 7
        assert app.prompt.size.height <= 8
        assert app.prompt.region.bottom == 24


async def test_long_line_wraps_and_grows(app: Host) -> None:
    async with app.run_test(size=(40, 30)) as pilot:
        app.prompt.insert_text("word " * 20)
        await pilot.pause()
        assert app.editor.size.height == 3


async def test_draft_survives_a_resize_a_theme_and_a_screen(app: Host) -> None:
    async with app.run_test() as pilot:
        await _press(pilot, "a", "ctrl+j", "b")
        await pilot.resize_terminal(50, 15)
        app.theme = "nord"
        await _press(pilot, "ctrl+r", "escape")
        assert app.prompt.text == "a\nb"
        await _press(pilot, "c")
        assert app.prompt.text == "a\nbc"


async def test_the_real_cursor_is_at_the_caret(app: Host) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await _type(pilot, "한글")
        assert app.cursor_position == app.editor.cursor_screen_offset
        assert app.cursor_position == (3 + 4, 23)


async def test_queue_is_shown_and_hidden(app: Host) -> None:
    async with app.run_test() as pilot:
        app.prompt.set_queue(["one\nmore", "two\x1b[2J"])
        await pilot.pause()
        assert app.shown("queue").splitlines() == ["queued 1: one more", "queued 2: two␛[2J"]
        app.prompt.set_queue(["a", "b", "c", "d", "e"])
        assert app.shown("queue").splitlines() == ["queued 1: a", "queued 2: b", "and 3 more queued"]
        app.prompt.set_queue([])
        await pilot.pause()
        assert not app.prompt.query_one("#prompt-queue").display


async def test_markup_is_text_everywhere(app: Host) -> None:
    async with app.run_test() as pilot:
        evil = "[@click=app.quit]x[/] [/nope]"
        app.prompt.set_status(evil)
        app.prompt.set_queue([evil])
        app.prompt.set_panes([evil])
        app.prompt.insert_text(evil)
        await pilot.pause()
        assert app.shown("status") == evil
        assert evil in app.shown("queue")


async def test_ascii_sign(app: Host) -> None:
    async with app.run_test() as pilot:
        app.prompt.set_ascii(True)
        await pilot.pause()
        assert app.shown("sign") == ">"
        assert str(app.editor.placeholder).isascii()


async def test_copy_gives_folded_text_in_full(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "a")
        app.prompt.insert_text(LONG)
        app.editor.select_all()
        await _press(pilot, "ctrl+c")
        assert app.clipboard == "a" + LONG
        await _press(pilot, "ctrl+x")
        assert app.prompt.text == ""
        await _press(pilot, "ctrl+v")
        assert app.prompt.text == "a" + LONG


async def test_taking_the_selection_leaves_the_text(app: Host) -> None:
    async with app.run_test() as pilot:
        await _type(pilot, "hi ")
        app.prompt.insert_text(LONG)
        await _press(pilot, "shift+left")
        assert app.editor.take_selection() == LONG
        assert app.editor.take_selection() == ""
        assert app.prompt.text == "hi " + LONG
