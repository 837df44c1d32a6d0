"""The rows of tool calls, and that they cost the same however much stands above them."""

from dataclasses import replace

import pytest
from rich.segment import Segment

from tests.ui.stream_support import all_rows, make_layout, texts
from tui.ui.render.cells import width_of
from tui.ui.render.palette import ASCII_GLYPHS, Glyphs
from tui.ui.view.document import SectionKind
from tui.ui.view.tool_line import ToolLine, ToolState
from tui.ui.widgets.stream_layout import StreamLayout

RUN = ToolLine(key=1, name="run_command", title="pytest -q", state=ToolState.OK, notes=("1.9s", "12 lines"))
DIFF = "@@ -1 +1 @@\n-old\n+new"


def as_(state: ToolState, *notes: str) -> ToolLine:
    return replace(RUN, state=state, notes=notes)


def shown(width: int, *lines: ToolLine, unfolded: bool = False, glyphs: Glyphs | None = None) -> list[str]:
    layout = make_layout(width, 30, glyphs)
    for line in lines:
        layout.put_tool(line)
    for section in layout.tool_sections() if unfolded else ():
        layout.fold(section, folded=False)
    return texts(all_rows(layout))


@pytest.mark.parametrize(
    ("width", "line", "row"),
    [
        (60, RUN, "▸ run_command pytest -q                     ✓ 1.9s  12 lines"),
        (40, RUN, "▸ run pytest -q         ✓ 1.9s  12 lines"),
        (26, RUN, "▸ run pytest -q     ✓ 1.9s"),
        (20, RUN, "▸ run pytes…  ✓ 1.9s"),
        (60, as_(ToolState.ASKING), "▸ run_command pytest -q                           ? asks you"),
        (40, as_(ToolState.ERROR, "exit 1", "2.0s"), "▸ run pytest -q           ✗ exit 1  2.0s"),
        (50, as_(ToolState.DENIED, "no"), "▸ run pytest -q                       ✗ denied: no"),
        (50, as_(ToolState.DENIED, "by you"), "▸ run pytest -q                    ✗ denied by you"),
        (50, as_(ToolState.STOPPED), "▸ run pytest -q                          ■ stopped"),
        (50, as_(ToolState.RUNNING), "▸ run pytest -q                          ● running"),
        (50, replace(as_(ToolState.WRITING), title=""), "▸ run                              ◔ being written"),
    ],
)  # fmt: skip
def test_a_call_is_one_row(width: int, line: ToolLine, row: str) -> None:
    [found] = shown(width, line)
    assert found == row


@pytest.mark.parametrize("width", range(8, 130, 7))
@pytest.mark.parametrize("state", list(ToolState))
def test_a_row_never_is_wider_than_the_pane(width: int, state: ToolState) -> None:
    line = replace(RUN, state=state, title="日本語 " * 30, notes=("a very long reason " * 9, "x"))
    [row] = shown(width, line)
    assert width_of(row) <= width


def test_ascii_glyphs_are_ascii() -> None:
    for state in ToolState:
        line = replace(RUN, state=state, body=DIFF, diff=True, title="x" * 90)
        assert "".join(shown(40, line, unfolded=True, glyphs=ASCII_GLYPHS)).isascii()


def test_calls_stand_together_and_apart_from_text() -> None:
    layout = make_layout(40, 30)
    layout.begin(SectionKind.ANSWER, "")
    layout.append("I look.")
    layout.put_tool(RUN)
    layout.put_tool(replace(RUN, key=2))
    layout.begin(SectionKind.ANSWER, "")
    layout.append("Done.")
    rows = texts(all_rows(layout))
    assert [row[:5] for row in rows] == ["I loo", "", "▸ run", "▸ run", "", "Done."]


def test_a_call_changes_in_its_place() -> None:
    layout = make_layout(50, 30)
    first = replace(RUN, state=ToolState.RUNNING, notes=(), body="a\nb", live=True)
    layout.put_tool(first)
    layout.put_tool(replace(RUN, key=2))
    assert [row.split()[0] for row in texts(all_rows(layout))] == ["▸", "a", "b", "▸"]
    layout.put_tool(replace(first, body="a\nb\nc\nd"))
    assert [row.split()[0] for row in texts(all_rows(layout))] == ["▸", "a", "b", "c", "d", "▸"]
    layout.put_tool(replace(RUN, body="a\nb\nc\nd"))
    rows = texts(all_rows(layout))
    assert len(rows) == 2
    assert rows[0].endswith("✓ 1.9s  12 lines")
    assert layout.heights.total == 2


def test_unfolding_shows_output_and_coloured_changes() -> None:
    change = ToolLine(key=2, name="edit_file", title="m.py", state=ToolState.OK, notes=("+1 -1",), body=DIFF, diff=True)
    layout = make_layout(50, 30)
    layout.put_tool(replace(RUN, body="1 passed"))
    layout.put_tool(change)
    for section in layout.tool_sections():
        layout.fold(section, folded=False)
    rows = all_rows(layout)
    assert texts(rows)[1:2] == ["  1 passed"]
    assert texts(rows)[3:] == ["  │ @@ -1 +1 @@", "  │ -old", "  │ +new"]
    palette = layout.renderer.colours()
    for row, role in ((rows[4], "token-deleted"), (rows[5], "token-inserted")):
        assert Segment(row.text.strip()[2:], palette[role]) in row.body


def test_markup_in_a_call_is_text() -> None:
    [row, *body] = shown(60, replace(RUN, title="[red]x[/]", body="[bold]y[/]\n# no heading"), unfolded=True)
    assert "[red]x[/]" in row
    assert body == ["  [bold]y[/]", "  # no heading"]


def test_hidden_thinking_leaves_calls_alone() -> None:
    layout = make_layout(50, 30)
    layout.thinking = "hidden"
    layout.put_tool(replace(RUN, body="x"))
    layout.resize(60, 30)
    assert len(texts(all_rows(layout))) == 1


def test_a_copy_of_the_conversation_holds_calls_as_markdown() -> None:
    layout = make_layout(50, 30)
    layout.put_tool(replace(RUN, body="a\n```\nb"))
    layout.put_tool(ToolLine(key=2, name="read_file", state=ToolState.DENIED, notes=("no",)))
    said = "run_command pytest -q: done, 1.9s, 12 lines\n\n````\na\n```\nb\n````\n\nread_file: denied, no"
    assert layout.document.text() == said


def test_forgetting_everything_forgets_calls() -> None:
    layout = make_layout(50, 30)
    layout.put_tool(RUN)
    layout.clear()
    assert layout.tool_sections() == []
    layout.put_tool(RUN)
    assert len(texts(all_rows(layout))) == 1


def _touched(layout: StreamLayout, line: ToolLine) -> int:
    """How many blocks are rendered for a change of one call."""
    rendered = 0
    real = layout.renderer.block

    def counting(*args: object, **options: object) -> object:
        nonlocal rendered
        rendered += 1
        return real(*args, **options)  # type: ignore[arg-type] # handed through as it came

    layout.renderer.block = counting  # type: ignore[method-assign, assignment] # a counter around the real one
    layout.put_tool(line)
    layout.window()
    layout.renderer.block = real  # type: ignore[method-assign] # the real one again
    return rendered


def test_a_change_of_a_call_costs_the_same_below_a_long_conversation() -> None:
    costs = []
    for paragraphs in (1, 2_000):
        layout = make_layout(60, 20)
        layout.begin(SectionKind.ANSWER, "")
        layout.append("A paragraph of words.\n\n" * paragraphs)
        layout.end("")
        live = replace(RUN, state=ToolState.RUNNING, live=True, body="a")
        layout.put_tool(live)
        layout.window()
        costs.append(_touched(layout, replace(live, body="a\nb")))
    assert costs == [2, 2]
