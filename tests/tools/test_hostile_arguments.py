"""Calls that are far too large."""

from tui.core.chat import ToolCall
from tui.tools.requests import InvalidCall
from tui.tools.spec import parse_call


def test_a_hundred_thousand_edits_are_not_even_read() -> None:
    edits = [{"old": "a", "new": "b"}] * 100_000
    call = ToolCall(id="1", name="edit_file", arguments="", parsed={"path": "a.txt", "edits": edits})
    found = parse_call(call)
    assert isinstance(found, InvalidCall)
    assert "`edits` holds more than" in found.text
