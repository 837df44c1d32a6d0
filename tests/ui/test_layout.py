"""Which panes fit where, as a table."""

import pytest

from tui.ui.view.layout import Mode, arrange

THREE = ("claude", "gpt", "gemini")
SIX = ("a", "b", "c", "d", "e", "f")


@pytest.mark.parametrize(
    ("names", "width", "visible", "tabs", "rail"),
    [
        (THREE, 200, THREE, False, 46),
        (THREE, 180, THREE, False, 46),
        (THREE, 179, THREE, False, 0),
        (THREE, 114, THREE, False, 0),
        (THREE, 113, ("claude", "gpt"), True, 0),
        (THREE, 76, ("claude", "gpt"), True, 0),
        (THREE, 75, ("claude",), True, 0),
        (THREE, 20, ("claude",), True, 0),
        (("one",), 20, ("one",), False, 0),
        (("one",), 200, ("one",), False, 46),
        (SIX, 228, SIX[:4], True, 46),
        (SIX, 274, SIX, False, 46),
        ((), 120, (), False, 0),
    ],
)
def test_columns_are_as_many_as_fit(
    names: tuple[str, ...], width: int, visible: tuple[str, ...], tabs: bool, rail: int
) -> None:
    result = arrange(names, selected=names[0] if names else "", width=width, height=30)
    assert (result.visible, result.tabs, result.rail) == (visible, tabs, rail)
    assert not result.stacked


@pytest.mark.parametrize(
    ("selected", "shown", "visible"),
    [
        ("a", (), ("a", "b")),
        ("b", ("a", "b"), ("a", "b")),
        ("c", ("a", "b"), ("b", "c")),
        ("f", ("a", "b"), ("e", "f")),
        ("d", ("e", "f"), ("d", "e")),
        ("e", ("d", "e"), ("d", "e")),
        ("f", ("gone",), ("e", "f")),
    ],
)
def test_window_moves_no_further_than_it_must(selected: str, shown: tuple[str, ...], visible: tuple[str, ...]) -> None:
    result = arrange(SIX, selected=selected, width=80, height=30, shown=shown)
    assert result.visible == visible
    assert result.tabs


def test_zoom_shows_one_pane_and_names_the_others() -> None:
    result = arrange(THREE, selected="gpt", width=200, height=50, zoomed=True)
    assert (result.visible, result.tabs, result.rail) == (("gpt",), True, 0)


@pytest.mark.parametrize(
    ("width", "rail", "tabs"), [(80, 26, False), (120, 39, False), (200, 55, False), (60, 0, True)]
)
def test_focus_layout_gives_a_third_to_the_rail(width: int, rail: int, tabs: bool) -> None:
    result = arrange(THREE, selected="gpt", width=width, height=30, mode=Mode.FOCUS)
    assert (result.visible, result.rail, result.tabs) == (("gpt",), rail, tabs)


@pytest.mark.parametrize(
    ("height", "visible", "tabs"), [(18, THREE, False), (17, ("claude", "gpt"), True), (11, ("claude",), True)]
)
def test_rows_are_as_many_as_fit(height: int, visible: tuple[str, ...], tabs: bool) -> None:
    result = arrange(THREE, selected="claude", width=80, height=height, mode=Mode.ROWS)
    assert (result.visible, result.tabs, result.stacked) == (visible, tabs, True)


def test_unknown_selection_means_the_first_pane() -> None:
    assert arrange(THREE, selected="gone", width=40, height=30).visible == ("claude",)


def test_modes_go_round() -> None:
    assert [Mode.COLUMNS.after(), Mode.FOCUS.after(), Mode.ROWS.after()] == [Mode.FOCUS, Mode.ROWS, Mode.COLUMNS]
