"""The log for people: one line for each call, whatever its entries are."""

from typing import Any

import pytest

from tui.trust.audit_text import lines_of, log_text

ALLOWED: dict[str, Any] = {"kind": "start", "by": "allowed_commands: ls"}
ASKED: dict[str, Any] = {"kind": "decision", "by": "person", "answer": "once", "rule": "mode: ask"}
STARTED: dict[str, Any] = {"kind": "start", "by": "you, once"}
ENDED: dict[str, Any] = {"kind": "end", "status": "ok", "summary": "exit 0", "arguments": None}


def entry(call: str = "c1", command: str = "ls -l", **more: Any) -> dict[str, Any]:
    return {
        "time": "2026-11-22T12:00:00.500+00:00", "session": "s", "pane": "claude", "tool": "run_command", "call": call,
        "arguments": {"command": command}, **more,
    }  # fmt: skip


def rows(*entries: dict[str, Any], width: int | None = None) -> list[str]:
    text = log_text(lines_of(entries), width=width, colour=False, ascii_only=False)
    return [row.split("  ", 2)[2] if row.startswith(" ") else "day" for row in text.splitlines()]


@pytest.mark.parametrize(
    ("entries", "row"),
    [
        ([entry(**ALLOWED), entry(**ENDED)], "claude  ✓ exit 0  run    ls -l  [allowed_commands: ls]"),
        ([entry(**ASKED), entry(**STARTED), entry(**ENDED)], "claude  ✓ exit 0  run    ls -l  [you, once]"),
        ([entry(**ASKED), entry(**STARTED)], "claude  … never ended  run    ls -l  [you, once]"),
        (
            [entry(**STARTED), entry(kind="end", status="error", summary="exit 2")],
            "claude  ✗ exit 2  run    ls -l  [you, once]",
        ),
        ([entry(**STARTED), entry(kind="end", status="stopped")], "claude  ✗ stopped  run    ls -l  [you, once]"),
        (
            [entry(kind="decision", by="policy", answer="deny", rule="forbidden_paths: .env")],
            "claude  ✗ denied  run    ls -l  [forbidden_paths: .env]",
        ),
        (
            [entry(kind="decision", by="person", answer="deny", said="use \x1b[2J rg")],
            "claude  ✗ denied  run    ls -l  [you: use ␛[2J rg]",
        ),
        (
            [entry(kind="decision", by="nobody to ask", answer="ask", rule="mode: ask")],
            "claude  ✗ denied  run    ls -l  [nobody to ask]",
        ),
        ([entry(**ENDED)], "claude  ✓ exit 0  run"),
        (
            [entry(call="", kind="typed", terminal="t1", typed="y\r", why="default", prompt="Go on? [Y/n]")],
            "claude  ✓ typed 'y\\r'  answer Go on? [Y/n]  [default]",
        ),
        ([entry(tool="new_tool", command="x", **ALLOWED)], "claude  … never ended  new_tool x  [allowed_commands: ls]"),
    ],
)
def test_one_line_for_each_call(entries: list[dict[str, Any]], row: str) -> None:
    assert [one.rstrip() for one in rows(*entries)] == ["day", row]


def test_a_changed_call_is_told_with_what_it_became() -> None:
    said = rows(
        entry(command="rm -rf a", kind="decision", by="person", answer="edited", said="ls"),
        entry(command="ls", **ALLOWED),
        entry(**ENDED),
        entry("c2", "pwd", **ALLOWED),
        entry("c2", **ENDED),
    )[1:]
    assert said == [
        "claude  … changed  run    rm -rf a  [you wrote: ls]",
        "claude  ✓ exit 0   run    ls  [allowed_commands: ls]",
        "claude  ✓ exit 0   run    pwd  [allowed_commands: ls]",
    ]


def test_calls_of_two_sessions_are_kept_apart() -> None:
    first, second = entry(**STARTED), entry(**STARTED) | {"session": "t"}
    assert [one.result for one in lines_of([first, second, entry(**ENDED)])] == ["exit 0", "never ended"]


def test_long_lines_are_cut_to_the_terminal_and_days_are_named_once() -> None:
    long = entry(command="echo " + "x" * 300, **STARTED)
    later = entry("c2", **STARTED) | {"time": "2027-01-09T12:00:00+00:00"}
    text = log_text(lines_of([long, entry("c3", **STARTED), later]), width=80, colour=False, ascii_only=True)
    lines = text.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert text.isascii()
    assert [line for line in lines if not line.startswith(" ")] == ["2026-11-22", "2027-01-09"]


@pytest.mark.parametrize("broken", [{}, {"kind": "end"}, {"time": "x", "arguments": []}, {"kind": 3, "call": 4}])
def test_whatever_is_in_an_entry_a_line_comes_of_it(broken: dict[str, Any]) -> None:
    assert log_text(lines_of([broken]), width=40, colour=True, ascii_only=False).count("\n") == 2
