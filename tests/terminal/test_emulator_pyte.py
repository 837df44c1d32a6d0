"""pyte as the judge, for what it gets right: the same commands give the same characters, looks and cursor."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pyte import ByteStream, Screen

from tui.terminal.emulator import Emulator

COLUMNS, LINES = 16, 5
NUMBER = st.integers(1, 20)


def command(final: str) -> st.SearchStrategy[str]:
    return NUMBER.map(lambda number: f"\x1b[{number}{final}")


TEXT = st.text(st.sampled_from("abc XYZ09"), min_size=1, max_size=12)
COLOR = st.sampled_from([1, 3, 4, 5, 7, 22, 23, 24, 25, 27, 0, 31, 39, 42, 49, 95, 102]).map(lambda n: f"\x1b[{n}m")
MOVES = st.one_of(
    st.tuples(NUMBER, NUMBER).map(lambda place: f"\x1b[{place[0]};{place[1]}H"),
    st.sampled_from([command(final) for final in "ABCDGd"]).flatmap(lambda strategy: strategy),
    st.sampled_from(["\r", "\n", "\r\t", "\r\n", "\x1bM", "\x1bD"]),
)
# Not IL and DL: pyte leaves rows in place when the ones that come there were never written. Not ICH: pyte keeps one
# column more than there is, which DCH brings back.
EDITS = st.one_of(
    command("P"),
    st.sampled_from(["\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[J", "\x1b[1J", "\x1b[2J"]),
)
# One to the left first: behind the last column pyte keeps wrapping after moves that end it on terminals.
STEPS_ASIDE = MOVES.map(lambda move: "\b" + move)
# Plain when erasing and scrolling: pyte erases with every attribute, terminals with the background alone.
PLAIN_EDITS = EDITS.map(lambda edit: "\x1b[m" + edit)
# Moved before erasing: behind the last column pyte erases nothing.
STEPS = st.lists(
    st.one_of(TEXT, COLOR, STEPS_ASIDE, st.tuples(STEPS_ASIDE, PLAIN_EDITS).map("\r\x1b[4C".join)), max_size=14
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(STEPS)
def test_same_as_pyte(steps: list[str]) -> None:
    data = "".join(steps).encode()
    screen = Screen(COLUMNS, LINES)
    ByteStream(screen).feed(data)
    emulator = Emulator(COLUMNS, LINES)
    emulator.feed(data)
    assert emulator.display == screen.display
    assert (min(emulator.cursor.x, COLUMNS - 1), emulator.cursor.y) == (
        min(screen.cursor.x, COLUMNS - 1),
        screen.cursor.y,
    )
    view = emulator.buffer
    for y in range(LINES):
        for x in range(COLUMNS):
            if screen.buffer[y][x].data != " ":
                assert view[y][x] == screen.buffer[y][x], (x, y)
