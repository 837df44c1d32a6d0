"""The window on a long document: following, anchoring, estimates that turn exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.stream_support import make_layout, texts
from tui.ui.view.document import SectionKind
from tui.ui.view.heights import HeightIndex
from tui.ui.view.viewport import Viewport
from tui.ui.widgets.stream_scroll import thumb_rows


class Blocks:
    """Blocks whose true heights show only when they are measured."""

    def __init__(self, estimates: list[int], heights: list[int], window: int) -> None:
        self.index = HeightIndex(estimates)
        self.heights = heights
        self.measured: set[int] = set()
        self.viewport = Viewport(self.index, self.measure)
        self.viewport.height = window

    def measure(self, block: int) -> int:
        self.measured.add(block)
        self.index.set(block, self.heights[block])
        return self.heights[block]

    def true_top(self) -> int:
        return sum(self.heights[: self.viewport.block]) + self.viewport.row


def test_following_a_huge_document_measures_only_its_end() -> None:
    blocks = Blocks([3] * 1000, [5] * 1000, 20)
    blocks.viewport.follow(1)
    assert blocks.true_top() == 5000 - 20
    assert len(blocks.measured) <= 5


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), min_size=1, max_size=40), st.integers(1, 12), st.data()
)
def test_scrolling_goes_by_true_rows(sizes: list[tuple[int, int]], window: int, data: st.DataObject) -> None:
    heights = [height for _, height in sizes]
    blocks = Blocks([estimate for estimate, _ in sizes], heights, window)
    viewport, total = blocks.viewport, sum(heights)
    viewport.tail = data.draw(st.integers(0, 5))
    total += viewport.tail
    viewport.follow(1)
    viewport.to_end()
    top = max(0, total - window)
    assert blocks.true_top() == top
    for _ in range(6):
        rows = data.draw(st.integers(-20, 20))
        if rows < 0:
            viewport.back(-rows)
        else:
            viewport.forward(rows)
            viewport.clamp()
        top = max(0, min(top + rows, total - window))
        assert blocks.true_top() == top


@pytest.mark.parametrize(("step", "tops"), [(1, [0, 1, 2, 3, 4, 5, 6]), (3, [0, 3, 3, 3, 6, 6, 6])])
def test_following_by_several_rows_leaves_room_below(step: int, tops: list[int]) -> None:
    blocks = Blocks([], [], 10)
    seen = []
    for rows in range(10, 17):
        blocks.viewport.tail = rows
        blocks.viewport.follow(step)
        seen.append(blocks.true_top())
    assert seen == tops


def test_a_window_above_does_not_move_when_blocks_below_grow() -> None:
    blocks = Blocks([1] * 50, [4] * 50, 5)
    blocks.viewport.to_row(20)
    place = (blocks.viewport.block, blocks.viewport.row)
    for block in range(30, 50):
        blocks.measure(block)
    blocks.viewport.keep_in_block()
    assert (blocks.viewport.block, blocks.viewport.row) == place


@pytest.mark.parametrize(
    ("total", "top", "height", "expected"),
    [
        (10, 0, 10, range(0)),
        (20, 0, 10, range(5)),
        (20, 10, 10, range(5, 10)),
        (10_000, 0, 10, range(1)),
        (10_000, 9_990, 10, range(9, 10)),
        (0, 0, 0, range(0)),
    ],
)
def test_the_thumb(total: int, top: int, height: int, expected: range) -> None:
    assert thumb_rows(total, top, height) == expected


def test_a_million_tokens_are_loaded_without_being_rendered() -> None:
    layout = make_layout(60, 20)
    layout.begin(SectionKind.ANSWER, "")
    layout.append("Some paragraph of **text** with `code`.\n\n" * 20_000)
    layout.end("")
    rows = texts(layout.window())
    assert rows[-1] == "Some paragraph of text with code."
    assert sum(layout._exact) < 100


def test_rendering_ahead_makes_the_next_page_ready() -> None:
    layout = make_layout(60, 20)
    layout.begin(SectionKind.ANSWER, "")
    layout.append("text\n\n" * 500)
    layout.end("")
    layout.window()
    assert not layout.render_ahead(-1, 60.0)
    before = sum(layout._exact)
    layout.viewport.following = False
    layout.viewport.back(19)
    layout.window()
    assert sum(layout._exact) == before
    assert layout.render_ahead(-1, -1.0)
