"""Sums of block heights against plain lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.ui.view.heights import HeightIndex

HEIGHTS = st.lists(st.integers(0, 9), max_size=60)


def check(index: HeightIndex, expected: list[int]) -> None:
    assert len(index) == len(expected)
    assert index.total == sum(expected)
    for position in range(len(expected) + 1):
        assert index.before(position) == sum(expected[:position])
    row = 0
    for block, height in enumerate(expected):
        assert index[block] == height
        for inside in range(height):
            assert index.find(row) == (block, inside)
            row += 1
    assert index.find(row) == (len(expected), 0)
    assert index.find(row + 3) == (len(expected), 3)


@given(HEIGHTS)
def test_made_at_once_or_one_by_one(heights: list[int]) -> None:
    check(HeightIndex(heights), heights)
    index = HeightIndex()
    for height in heights:
        index.append(height)
    check(index, heights)


@given(HEIGHTS.filter(bool), st.data())
def test_changing_heights(heights: list[int], data: st.DataObject) -> None:
    index = HeightIndex(heights)
    for _ in range(8):
        position = data.draw(st.integers(0, len(heights) - 1))
        heights[position] = data.draw(st.integers(0, 9))
        index.set(position, heights[position])
    heights.append(4)
    index.append(4)
    check(index, heights)


def test_replacing_everything() -> None:
    index = HeightIndex([1, 2, 3])
    index.replace([5, 0, 1])
    check(index, [5, 0, 1])


@pytest.mark.parametrize("row", [0, -5])
def test_rows_before_the_first_are_the_first(row: int) -> None:
    assert HeightIndex([2, 2]).find(row) == (0, 0)
