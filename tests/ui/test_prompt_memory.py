"""History and the burst guard: tables and small walks."""

import pytest

from tui.ui.view.prompt_memory import LIMIT, BurstGuard, Enter, History
from tui.ui.view.prompt_text import Kept


def _texts(history: History) -> list[str]:
    return [kept.text for kept in history.entries]


def test_walk_keeps_the_draft_and_what_was_changed() -> None:
    history = History([Kept("one"), Kept("two")])
    assert history.move(1, Kept("draft")) is None
    assert history.move(-1, Kept("draft")) == Kept("two")
    assert history.move(-1, Kept("two changed")) == Kept("one")
    assert history.move(-1, Kept("one")) is None
    assert history.move(1, Kept("one")) == Kept("two changed")
    assert history.move(1, Kept("two changed")) == Kept("draft")
    assert history.move(1, Kept("draft")) is None
    assert _texts(history) == ["one", "two"]


def test_sending_forgets_changes_and_joins_repeats() -> None:
    history = History([Kept("one")])
    history.move(-1, Kept("draft"))
    history.move(1, Kept("one changed"))
    assert history.add(Kept("two"))
    assert not history.add(Kept("two"))
    assert _texts(history) == ["one", "two"]
    assert history.move(-1, Kept("")) == Kept("two")
    assert history.move(-1, Kept("two")) == Kept("one")


def test_older_prompts_come_before_and_do_not_move_the_place() -> None:
    history = History()
    history.add(Kept("now"))
    history.move(-1, Kept("draft"))
    history.add_older([Kept("a"), Kept("b")])
    assert _texts(history) == ["a", "b", "now"]
    assert history.move(-1, Kept("now")) == Kept("b")
    history.move(1, Kept("b"))
    assert history.move(1, Kept("now")) == Kept("draft")


def test_bounded() -> None:
    history = History(Kept(str(number)) for number in range(LIMIT + 5))
    assert len(history.entries) == LIMIT
    history.add(Kept("new"))
    assert len(history.entries) == LIMIT
    assert _texts(history)[-1] == "new"
    history.add_older([Kept("too old")])
    assert len(history.entries) == LIMIT
    assert "too old" not in _texts(history)


def test_jump_keeps_the_draft() -> None:
    history = History([Kept("one"), Kept("two"), Kept("three")])
    assert history.jump(0, Kept("draft")) == Kept("one")
    assert history.move(1, Kept("one")) == Kept("two")
    history.move(1, Kept("two"))
    assert history.move(1, Kept("three")) == Kept("draft")


def _play(keys: str, pause: float) -> str:
    """Play keys with one pause between them; return what the draft and the sends would be, a send as `|`.

    An Enter that waits becomes a line break if a key follows within the hold, else a send.
    """
    guard = BurstGuard()
    now, out, waiting = 100.0, "", False
    for place, key in enumerate(keys):
        if waiting:
            waiting = False
            if guard.continues(now):
                guard.line_break()
                out += "\n"
            else:
                guard.sent()
                out += "|"
        if key == "\r":
            verdict = guard.enter(now, more=place < len(keys) - 1)
            if verdict is Enter.WAIT:
                waiting = True
            else:
                out += "|" if verdict is Enter.SEND else "\n"
        else:
            guard.typed(now)
            out += key
        now += pause
    return out + "|" * waiting


@pytest.mark.parametrize(
    ("keys", "pause", "result"),
    [
        ("hi\r", 0.08, "hi|"),
        ("hi\ryo\r", 0.02, "hi|yo|"),
        ("hello\r", 0.0, "hello|"),
        ("one\rtwo\r", 0.0, "one\ntwo\n"),
        ("a\rb\r", 0.0, "a\nb\n"),
        ("one\r\r\rtwo", 0.0, "one\n\n\ntwo"),
        ("one\rtwo\rthree\r", 0.004, "one\ntwo\nthree\n"),
        ("\rone\rtwo", 0.0, "\none\ntwo"),
        ("\rone", 0.02, "|one"),
    ],
)
def test_bursts(keys: str, pause: float, result: str) -> None:
    assert _play(keys, pause) == result


def test_a_paste_in_pieces_over_a_slow_line() -> None:
    guard = BurstGuard()
    for number, _ in enumerate("first line"):
        guard.typed(1.0 + number * 0.0001)
    assert guard.enter(1.045) is Enter.WAIT
    guard.line_break()
    assert guard.in_burst(1.08)
    guard.typed(1.08)
    assert guard.enter(1.12) is Enter.NEWLINE


def test_a_person_sends_after_a_paste() -> None:
    guard = BurstGuard()
    for number, _ in enumerate("first line"):
        guard.typed(1.0 + number * 0.0001)
    assert guard.enter(2.0) is Enter.SEND
    assert not guard.in_burst(2.0)


def test_tab_is_a_character_only_inside_a_certain_burst() -> None:
    guard = BurstGuard()
    guard.typed(1.0)
    assert not guard.in_burst(1.001)
    for number in range(1, 5):
        guard.typed(1.0 + number * 0.001)
    assert guard.in_burst(1.005)
    assert not guard.in_burst(1.2)
