"""What a terminal's owner sees of it: rows, changes, scrollback, modes, answers and what the program said."""

import base64

import pytest
from pyte import ByteStream, Screen, Stream

from tui.core.terminal import CellStyle, CursorShape, MouseTracking, Run
from tui.terminal.emulator import Emulator
from tui.terminal.notices import ClipboardWrite, PromptMark, Rang, Titled, WentTo

PLAIN = CellStyle()


def fed(data: str | bytes, columns: int = 20, lines: int = 4) -> Emulator:
    emulator = Emulator(columns, lines)
    emulator.feed(data.encode() if isinstance(data, str) else data)
    return emulator


def rows(emulator: Emulator) -> list[str]:
    return [emulator.row_text(y) for y in range(-emulator.scrollback, emulator.lines)]


def test_it_is_a_screen_and_stream_of_pyte_with_every_event_its_own() -> None:
    emulator = Emulator(20, 4)
    assert isinstance(emulator, Screen)
    assert isinstance(emulator, ByteStream)
    left = {name for name in Stream.events if getattr(Emulator, name) is getattr(Screen, name)}
    assert left == {"debug"}


def test_runs_carry_text_width_and_look() -> None:
    emulator = fed("ab\x1b[1;31mcd\x1b[0m\x1b[48;2;1;2;3m \x1b[m  你\x1b]8;;http://h/\x07x\x1b]8;;\x07")
    assert list(emulator.row(0)) == [
        Run("ab", 2, PLAIN),
        Run("cd", 2, CellStyle(fg=1, bold=True)),
        Run(" ", 1, CellStyle(bg=(1, 2, 3))),
        Run("  你", 4, PLAIN),
        Run("x", 1, CellStyle(link="http://h/")),
    ]
    assert emulator.row(1) == ()


@pytest.mark.parametrize(
    ("parameters", "style"),
    [
        ("", PLAIN),
        ("1;2;3;4;5;7;8;9;53", CellStyle(None, None, True, True, True, True, True, True, True, True, True)),
        ("1;2;22;3;23;4;24;5;25;7;27;8;28;9;29;53;55", PLAIN),
        ("31;42", CellStyle(fg=1, bg=2)),
        ("91;102", CellStyle(fg=9, bg=10)),
        ("38;5;200;48;5;17", CellStyle(fg=200, bg=17)),
        ("38;2;1;2;3;1", CellStyle(fg=(1, 2, 3), bold=True)),
        ("38:2::1:2:3;1", CellStyle(fg=(1, 2, 3), bold=True)),
        ("38:2:1:2:3", CellStyle(fg=(1, 2, 3))),
        ("38:5:7;4:3", CellStyle(fg=7, underline=True)),
        ("4;4:0", PLAIN),
        ("58;2;1;2;3;1", CellStyle(bold=True)),
        ("58:2::1:2:3;1", CellStyle(bold=True)),
        ("31;39;41;49", PLAIN),
        ("38;5", PLAIN),
        ("38;5;999", PLAIN),
        ("38;2;1;2", PLAIN),
        ("999;1", CellStyle(bold=True)),
        ("99999999999999999999;1", CellStyle(bold=True)),
        ("31;;1", CellStyle(bold=True)),
        (">4;2", PLAIN),
        ("?4", PLAIN),
    ],
)
def test_graphic_rendition(parameters: str, style: CellStyle) -> None:
    assert fed(f"\x1b[{parameters}mx").row(0) == (Run("x", 1, style),)


def test_equal_styles_are_one_object() -> None:
    emulator = fed("\x1b[1;31ma\x1b[m\r\n\x1b[31m\x1b[1mb")
    assert emulator.row(0)[0].style is emulator.row(1)[0].style


def test_reverse_screen_turns_the_looks_around() -> None:
    emulator = fed("a\x1b[7mb\x1b[?5h")
    assert [run.style.reverse for run in emulator.row(0)] == [True, False]


def test_dirty_rows_are_those_that_changed_and_those_of_the_cursor() -> None:
    emulator = fed("x")
    assert emulator.take_dirty() == (True, frozenset({0, 1, 2, 3}))
    assert emulator.take_dirty() == (False, frozenset())
    emulator.feed(b"\x1b[3;1Hy")
    assert emulator.take_dirty() == (False, frozenset({0, 2}))
    emulator.feed(b"\x1b[?25l")
    assert emulator.take_dirty() == (False, frozenset({2}))
    emulator.feed(b"\x1b[?1049h")
    assert emulator.take_dirty()[0]


def test_dirty_is_the_owners_to_clear_as_in_pyte() -> None:
    emulator = fed("x")
    assert emulator.dirty == {0, 1, 2, 3}
    emulator.dirty.clear()
    assert emulator.dirty == set()
    emulator.feed(b"\x1b[2;1Hy")
    assert emulator.dirty == {1}


def test_serials_change_with_the_content_and_stay_in_the_scrollback() -> None:
    emulator = fed("a\r\nb\r\nc\r\nd")
    before = [emulator.serial(y) for y in range(4)]
    assert len(set(before)) == 4
    assert [emulator.serial(y) for y in range(4)] == before
    emulator.feed(b"!")
    assert [emulator.serial(y) for y in range(4)][:3] == before[:3]
    assert emulator.serial(3) != before[3]
    emulator.feed(b"\r\n")
    assert emulator.serial(-1) == before[0]
    assert [emulator.serial(y) for y in range(2)] == before[1:3]


def test_serials_of_rows_that_rushed_through_are_their_own() -> None:
    emulator = fed("".join(f"line {number}\r\n" for number in range(100)))
    first = {emulator.row_text(y): emulator.serial(y) for y in range(-emulator.scrollback, 0)}
    assert len(set(first.values())) == len(first) == 97
    emulator.feed(b"more\r\nand\r\nmore again\r\n")
    second = {emulator.row_text(y): emulator.serial(y) for y in range(-emulator.scrollback, 0)}
    assert {text: second[text] for text in first} == first


def test_scrollback_keeps_rows_in_order_with_their_looks() -> None:
    emulator = fed("\x1b[32mone\x1b[m\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix")
    assert emulator.scrollback == emulator.pushed == 2
    assert rows(emulator) == ["one", "two", "three", "four", "five", "six"]
    assert emulator.row(-2) == (Run("one", 3, CellStyle(fg=2)),)


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7, 50])
@pytest.mark.parametrize(
    "start", ["", "x", "\r\n\r\nold\x1b[H", "\x1b[3;5H", "\x1b[?1049h", "\x1b[31m", "\x1b[2;3r\x1b[2;1H"]
)
def test_a_flood_of_lines_ends_as_the_lines_one_by_one(start: str, count: int) -> None:
    lines = [f"line {number}".ljust(20 if number % 3 == 0 else 0) for number in range(count)]
    flood = fed(start + "".join(f"{line}\r\n" for line in lines))
    slow = fed(start)
    for line in lines:
        slow.feed(line.encode())
        slow.feed(b"\r")
        slow.feed(b"\n")
    assert rows(flood) == rows(slow)
    assert [flood.wrapped(y) for y in range(4)] == [slow.wrapped(y) for y in range(4)]
    assert (flood.cursor.x, flood.cursor.y) == (slow.cursor.x, slow.cursor.y)


def test_scrollback_is_limited_by_lines_and_by_bytes() -> None:
    few = Emulator(20, 4, scrollback_lines=10)
    few.feed(b"".join(b"line %d\r\n" % number for number in range(1000)))
    assert few.scrollback == 10
    assert few.row_text(-1) == "line 996"
    assert few.pushed == 997
    small = Emulator(20, 4, scrollback_bytes=5000)
    for number in range(1000):
        small.feed(b"\x1b[3%dmline %d\r\n" % (number % 8, number))
    assert 5 < small.scrollback < 30
    assert small.row_text(-1) == "line 996"


def test_the_alternate_screen_has_no_scrollback_and_gives_the_main_one_back() -> None:
    emulator = fed("one\r\ntwo\x1b[?1049h" + "x\r\n" * 20)
    inside = emulator.modes.alternate, emulator.scrollback
    assert inside == (True, 0)
    emulator.feed(b"\x1b[?1049l!")
    assert not emulator.modes.alternate
    assert rows(emulator) == ["one", "two!", "", ""]


def test_clearing_the_scrollback_leaves_the_screen() -> None:
    emulator = fed("1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b[3J")
    assert emulator.scrollback == 0
    assert rows(emulator) == ["3", "4", "5", "6"]


def test_text_joins_wrapped_rows_and_bounds_the_lines() -> None:
    emulator = fed("x" * 45 + "\r\nlast\r\n")
    assert emulator.text() == "x" * 45 + "\nlast"
    assert emulator.text(last_lines=1) == "last"
    assert fed("").text() == ""


def test_display_has_the_full_width_of_cells() -> None:
    emulator = fed("你好e\u0301\r\nab")
    assert emulator.display == ["你好e\u0301" + " " * 15, "ab" + " " * 18, " " * 20, " " * 20]


def test_direction_controls_are_not_kept() -> None:
    assert fed("safe\u202eevil\u202c\u2066x\u2069").row_text(0) == "safeevilx"


@pytest.mark.parametrize(
    ("data", "field", "value"),
    [
        ("\x1b[?1h", "application_cursor", True),
        ("\x1b=", "application_keypad", True),
        ("\x1b=\x1b>", "application_keypad", False),
        ("\x1b[?2004h", "bracketed_paste", True),
        ("\x1b[?2004h\x1b[?2004l", "bracketed_paste", False),
        ("\x1b[?1004h", "focus_events", True),
        ("\x1b[?1000h", "mouse", MouseTracking.CLICKS),
        ("\x1b[?9h", "mouse", MouseTracking.CLICKS),
        ("\x1b[?1000h\x1b[?1002h", "mouse", MouseTracking.DRAGS),
        ("\x1b[?1000;1002;1003h", "mouse", MouseTracking.ALL),
        ("\x1b[?1003h\x1b[?1003l", "mouse", MouseTracking.OFF),
        ("\x1b[?1006h", "mouse_sgr", True),
        ("\x1b[?1007h", "alternate_scroll", True),
        ("\x1b[20h", "newline", True),
        ("\x1b[?1049h", "alternate", True),
        ("\x1b[?2004h\x1b[?1h\x1bc", "bracketed_paste", False),
        ("\x1b[?1;2004s\x1b[?1;2004h\x1b[?1;2004r", "bracketed_paste", False),
    ],
)
def test_modes(data: str, field: str, value: object) -> None:
    assert getattr(fed(data).modes, field) == value


def test_cursor_look() -> None:
    emulator = fed("\x1b[?25l")
    assert (emulator.cursor_visible, emulator.cursor_shape) == (False, CursorShape.BLOCK)
    shapes = []
    for style in range(8):
        emulator.feed(b"\x1b[%d q" % style)
        shapes.append(emulator.cursor_shape.value)
    assert shapes == ["block", "block", "block", "underline", "underline", "bar", "bar", "block"]


def test_synchronized_output_can_be_ended_by_the_owner() -> None:
    emulator = fed("\x1b[?2026h")
    seen = [emulator.synchronized]
    emulator.end_synchronized()
    seen.append(emulator.synchronized)
    emulator.feed(b"\x1b[?2026h")
    seen.append(emulator.synchronized)
    emulator.feed(b"\x1b[?2026l")
    seen.append(emulator.synchronized)
    assert seen == [True, False, True, False]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("\x1b[c", "\x1b[?62;22c"),
        ("\x1b[0c", "\x1b[?62;22c"),
        ("\x1b[?c", ""),
        ("\x1b[>c", "\x1b[>41;354;0c"),
        ("\x1b[=c", "\x1bP!|00000000\x1b\\"),
        ("\x1b[>q", "\x1bP>|LLMMixer\x1b\\"),
        ("\x1b[5n", "\x1b[0n"),
        ("ab\r\nc\x1b[6n", "\x1b[2;2R"),
        ("\x1b[?6n", "\x1b[?1;1;1R"),
        ("x" * 20 + "\x1b[6n", "\x1b[1;20R"),
        ("\x1b[2;3r\x1b[?6h\x1b[6n", "\x1b[1;1R"),
        ("\x1b[?25$p", "\x1b[?25;1$y"),
        ("\x1b[?2004$p", "\x1b[?2004;2$y"),
        ("\x1b[?7777$p", "\x1b[?7777;0$y"),
        ("\x1b[4h\x1b[4$p", "\x1b[4;1$y"),
        ("\x1b[18t", "\x1b[8;4;20t"),
        ("\x1b]0;secret\x07\x1b[21t", "\x1b]l\x1b\\"),
        ("\x1b]10;?\x07", "\x1b]10;rgb:e5e5/e5e5/e5e5\x07"),
        ("\x1b]11;?\x1b\\", "\x1b]11;rgb:0000/0000/0000\x1b\\"),
        ("\x1b]10;?;?\x07", "\x1b]10;rgb:e5e5/e5e5/e5e5\x07\x1b]11;rgb:0000/0000/0000\x07"),
        ("\x1b]4;1;?;300;?\x07", "\x1b]4;1;rgb:cdcd/0000/0000\x07"),
        ("\x1b[?996n", "\x1b[?997;1n"),
        ("\x1b[1;31m\x1bP$qm\x1b\\", "\x1bP1$r0;1;31m\x1b\\"),
        ("\x1b[2;3r\x1bP$qr\x1b\\", "\x1bP1$r2;3r\x1b\\"),
        ("\x1bP$qz\x1b\\", "\x1bP0$r\x1b\\"),
        ("\x1bP$qt\x1b\\", "\x1bP1$r4t\x1b\\"),
        ('\x1bP$q"q\x1b\\', '\x1bP1$r0"q\x1b\\'),
        ("\x1bP+q544E\x1b\\", "\x1bP1+r544e=787465726d2d323536636f6c6f72\x1b\\"),
        ("\x1bP+q436f;6B31;524742\x1b\\", "\x1bP1+r436f=323536\x1b\\\x1bP0+r\x1b\\\x1bP1+r524742=382f382f38\x1b\\"),
        ("\x1bP+q;746f756368;\x1b\\", "\x1bP0+r\x1b\\" * 3),
        ("\x1bP+q" + "544e;" * 99 + "\x1b\\", "\x1bP1+r544e=787465726d2d323536636f6c6f72\x1b\\" * 16),
        ("\x1b[14t", "\x1b[4;64;160t"),
        ("\x1b[16t", "\x1b[6;16;8t"),
        ("\x1b[13$p\x1b[12$p", "\x1b[13;4$y\x1b[12;0$y"),
        ("\x1b[?2031$p\x1b[?2031h\x1b[?2031$p", "\x1b[?2031;2$y\x1b[?2031;1$y"),
        ("\x1b[?2048$p", "\x1b[?2048;0$y"),
        ("\x1b]52;c;?\x07", ""),
        ("\x1b[?u", ""),
    ],
)
def test_replies(query: str, answer: str) -> None:
    emulator = fed(query)
    assert emulator.take_replies() == answer.encode()
    assert emulator.take_replies() == b""


def test_colors_of_the_theme_are_told() -> None:
    emulator = Emulator(20, 4)
    emulator.set_colors((1, 2, 3), (250, 250, 250), ((9, 9, 9),))
    emulator.feed(b"\x1b]10;?\x07\x1b]11;?\x07\x1b]4;0;?\x07\x1b]4;255;?\x07\x1b[?996n")
    assert emulator.take_replies() == (
        b"\x1b]10;rgb:0101/0202/0303\x07\x1b]11;rgb:fafa/fafa/fafa\x07\x1b]4;0;rgb:0909/0909/0909\x07"
        b"\x1b]4;255;rgb:eeee/eeee/eeee\x07\x1b[?997;2n"
    )


def test_another_scheme_of_colors_is_told_to_who_asked_for_it() -> None:
    told = []
    emulator = Emulator(20, 4)
    for data, background in (
        (b"", (255, 255, 255)),
        (b"\x1b[?2031h", (250, 250, 240)),
        (b"", (0, 0, 0)),
        (b"", (9, 9, 9)),
        (b"", (255, 255, 255)),
        (b"\x1b[?2031l", (0, 0, 0)),
    ):
        emulator.feed(data)
        emulator.set_colors((128, 128, 128), background)
        told.append(emulator.take_replies())
    assert told == [b"", b"", b"\x1b[?997;1n", b"", b"\x1b[?997;2n", b""]


def test_long_addresses_of_folders_are_dropped() -> None:
    emulator = fed("\x1b]7;file://host/" + "%41" * 4096 + "\x07")
    assert [isinstance(event, WentTo) and event.path[:4000] for event in emulator.take_events()] == ["/" + "A" * 3999]
    emulator.feed(b"\x1b]7;file://host/" + b"%41" * 300_000 + b"\x07")
    assert emulator.take_events() == ()


def test_events_in_order_and_cleaned() -> None:
    text = base64.b64encode("grüße".encode()).decode()
    emulator = fed(
        f"\x1b]2;my \x1b]2;evil\u202e\ttitle\x07\x07\x07\x1b]7;file://host/tmp/a%20b\x1b\\\x1b]52;c;{text}\x07"
        "\x1b]133;A\x07\x1b]133;D;130\x07\x1b]133;D\x07\x1b]52;c;%%%\x07"
    )
    title = "evil⟨U+202E⟩ title"
    assert emulator.take_events() == (
        Titled(title), Rang(), WentTo("/tmp/a b", "host"), ClipboardWrite("grüße"), PromptMark("A"),
        PromptMark("D", 130), PromptMark("D"),
    )  # fmt: skip
    assert emulator.title == title
    assert emulator.take_events() == ()


def test_titles_are_kept_and_brought_back() -> None:
    emulator = fed("\x1b]0;one\x07\x1b[22;0t\x1b]0;two\x07\x1b[23;0t")
    assert emulator.title == "one"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("\x1b(0lqk\x1b(Bq", "┌─┐q"),
        ("\x1b)0\x0eq\x0fq", "─q"),
        ("\x1b*0\x1bnq\x0fq", "─q"),
        ("\x1b+0\x1boq\x0fq", "─q"),
        ("\x1b7\x1b(0\x1b8q", "q"),
        ("\x1b(0\x1b[!pq", "q"),
    ],
)
def test_character_sets(data: str, expected: str) -> None:
    assert fed(data).row_text(0) == expected
