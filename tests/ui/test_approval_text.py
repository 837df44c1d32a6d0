"""What stands on the card, at several sizes: nothing is hidden without being counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.requests import ROOT, command, edit, pipeline
from tui.core.tool_events import ApprovalRequested, Preview, PreviewKind
from tui.core.trust import Decision, Risk, RuleTrial
from tui.ui.actions import ACTIONS, Where, key_text
from tui.ui.glyphs import ASCII, UNICODE
from tui.ui.view import approval_frame as frame
from tui.ui.view import approval_text as content
from tui.ui.view.approval_frame import Chip, Situation
from tui.ui.view.approvals import Card, Stage
from tui.ui.view.format import Line, Tone, cells

CHIPS = [
    Chip(does=one.does, key=key_text(one.keys[0]), title=one.hint_title)
    for one in sorted((one for one in ACTIONS if one.where is Where.CARD), key=lambda one: one.hint)
]
LIVE = Situation(focused=True)


def text(lines: "list[Line] | tuple[Line, ...]") -> list[str]:
    return ["".join(part for part, _ in line) for line in lines]


def body(request: ApprovalRequested, width: int, height: int) -> content.Body:
    parts = content.sections(request, "claude-sonnet-5-5", width, UNICODE, whole=False)
    return content.fitted(parts, height, UNICODE, "d")


def drawn(request: ApprovalRequested, width: int, height: int, situation: Situation = LIVE) -> list[str]:
    """The whole card, as it stands on the screen."""
    card = Card(shown=request.id, seen={request.id})
    head = frame.head_line(card, request, None, (1, 2), width, UNICODE, situation)
    rows = frame.framed(body(request, width - frame.SIDES, height).rows, width, Tone.WARN, UNICODE)
    foot = frame.foot(card, [request, command("ls", "other", "gpt")], request, CHIPS, width, UNICODE, situation)
    return text([head, *rows, *foot.rows])


def test_the_card_of_three_commands_in_one() -> None:
    assert drawn(pipeline(), 80, 9) == [
        "╭─ 1 of 2 · claude wants to run a command ───────────────────── ▲ destructive ─╮",
        "│ cd build && rm -rf dist | tee clean.log                                      │",
        "│ in shop · no sandbox · claude-sonnet-5-5                                     │",
        "│                                                                              │",
        "│ ▲ `rm -rf dist` deletes 214 files  (file_delete)                             │",
        "│                                                                              │",
        "│   ✓ allow cd build       stays in the project  (cd)                          │",
        "│   ▲ ASK   rm -rf dist    deletes 214 files  (file_delete)  <- why it asks    │",
        "│   ✓ allow tee clean.log  writes in the project  (rule 7)                     │",
        "│ y once, then Enter  s (once only)  w write a rule  n deny  Tab deny, say why │",
        "│ e edit  d details                                                            │",
        "╰─ Esc leaves it waiting · Ctrl+N next request ────────────────────────────────╯",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("request_", [pipeline(), edit(), command("x" * 500 + " \u202e")])
def test_every_row_is_exactly_as_wide_as_the_card(request_: ApprovalRequested, width: int) -> None:
    for row in drawn(request_, width, 30):
        assert cells(row) == width, row


def test_a_diff_stands_side_by_side_where_there_is_room() -> None:
    narrow, wide = drawn(edit(), 80, 30), drawn(edit(), 120, 30)
    assert any("-         for item in self.items:" in row and "│ 11 +" in row for row in wide)
    assert not any("│ 11 +" in row[4:] for row in narrow)
    assert any("Changes  +3 −2" in row for row in narrow)


def test_what_is_too_long_keeps_its_head_and_its_tail_and_says_what_is_missing() -> None:
    request = command("\n".join(f"line {number}" for number in range(100)))
    short = body(request, 76, 10)
    rows = text(short.rows)
    assert not short.whole
    assert rows[0] == "line 0"
    assert "line 99" in rows
    assert any("rows more" in row and "d shows all" in row for row in rows)
    assert any("no sandbox" in row for row in rows)
    assert len(rows) <= 10
    everything = text(content.full(content.sections(request, "", 76, UNICODE, whole=True)))
    assert [f"line {number}" for number in range(100)] == everything[:100]


@given(st.text(alphabet="ab c\n\u202e", min_size=1, max_size=400), st.integers(20, 60), st.integers(6, 40))
def test_a_card_that_leaves_something_out_says_so(command_text: str, width: int, height: int) -> None:
    request = command(command_text)
    parts = content.sections(request, "m", width, UNICODE, whole=False)
    shown = content.fitted(parts, height, UNICODE, "d")
    assert shown.whole is (sum(len(part.rows) for part in parts) <= height)
    assert len(shown.rows) <= height


def test_warnings_stand_on_the_card() -> None:
    request = command("c\u0430t x\u200b", conflict="gpt is changing this file", because="README.md from outside")
    rows = "\n".join(text(body(request, 100, 30).rows))
    for words in (
        "c\u0430t x\\u200b",
        "Hidden character",
        "Look-alike",
        "▲ gpt is changing this file",
        "README.md from outside",
    ):
        assert words in rows


def test_every_foreign_text_is_escaped() -> None:
    nasty = "\x1b[31m\u202e"
    request = command(
        nasty, reason=nasty, rule=nasty, cwd=nasty, because=nasty, conflict=nasty,
        preview=Preview(kind=PreviewKind.FILES, text=nasty, path=nasty),
    )  # fmt: skip
    rows = "\n".join([*drawn(request, 100, 40), *text(content.batch_rows([request], set(), 0, 80, UNICODE)[0])])
    assert "\x1b" not in rows
    assert "\u202e" not in rows


def test_what_a_delete_would_touch_is_listed() -> None:
    files = Preview(kind=PreviewKind.FILES, text="\n".join(f"old/{number}.txt" for number in range(5)), omitted=7)
    request = command(f"{ROOT}/old", tool="delete_file", preview=files, risk=Risk.DESTRUCTIVE)
    rows = text(body(request, 76, 30).rows)
    assert "12 files" in rows
    assert "  old/4.txt" in rows
    assert any("7 more lines are left out here" in row for row in rows)


@pytest.mark.parametrize(
    ("situation", "words"),
    [
        (Situation(focused=True), "Esc leaves it waiting · Ctrl+N next request"),
        (Situation(focused=True, live_in=0.55), "keys live in 0.6 s"),
        (Situation(live_in=0.31), "keys live in 0.4 s"),
        (Situation(draft=True, live_in=0.31), "Ctrl+N answers · draft kept"),
        (Situation(draft=True), "Ctrl+N answers · draft kept"),
        (Situation(), "Ctrl+N answers"),
        (Situation(focused=True, page=True, rows=(10, 90)), "row 10 of 90 · Esc goes back · Ctrl+N next request"),
    ],
)
def test_the_lower_side_says_whether_keys_act(situation: Situation, words: str) -> None:
    assert f"╰─ {words} ─" in drawn(pipeline(), 80, 12, situation)[-1]


def test_keys_are_bright_only_while_they_act() -> None:
    request = command("ls")
    card = Card(shown="r1", seen={"r1"})

    def tones(situation: Situation) -> set[Tone]:
        foot = frame.foot(card, [request], request, CHIPS, 80, UNICODE, situation)
        return {tone for row in foot.rows for part, tone in row if part in ("y", "s", "n")}

    assert tones(LIVE) == {Tone.ACCENT}
    assert tones(Situation(focused=True, live_in=0.2)) == {Tone.MUTED}
    assert tones(Situation()) == {Tone.MUTED}
    card.seen.clear()
    assert tones(LIVE) == {Tone.ACCENT, Tone.MUTED}


def test_a_click_finds_the_key_under_it() -> None:
    request = command("ls")
    card = Card(shown="r1", seen={"r1"})
    foot = frame.foot(card, [request], request, CHIPS, 80, UNICODE, LIVE)
    rows = text(foot.rows)
    found = {does: rows[row][start:end].split()[0] for row, start, end, does in foot.spots}
    assert found["approve_once"] == "y"
    assert found["deny_reason"] == "Tab"
    assert found["request_details"] == "d"
    assert "answer_batch" not in found


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.CONFIRM, "Enter lets it run: destructive"),
        (Stage.EDIT, "judged again"),
        (Stage.REASON, "claude is told why"),
        (Stage.RULE, "With it this would be denied"),
        (Stage.BATCH, "y allow 1 once"),
        (Stage.BATCH_CONFIRM, "lets all 1 run"),
    ],
)
def test_each_stage_says_what_enter_does(stage: Stage, words: str) -> None:
    request = pipeline()
    trial = RuleTrial(rule="x", problem="", decision=Decision.DENY, reason="forbidden")
    card = Card(shown="r1", stage=stage, batch=("r1", "r2"), left_out={"r2"}, trial=trial)
    foot = frame.foot(card, [request], request, CHIPS, 80, ASCII, LIVE)
    assert words in "\n".join(text(foot.rows))


def test_a_wrong_rule_says_what_to_write() -> None:
    trial = RuleTrial(rule="x", problem="a rule begins with allow, ask or deny", decision=Decision.ASK, reason="")
    card = Card(shown="r1", stage=Stage.RULE, trial=trial)
    request = command("ls")
    assert "begins with allow" in "\n".join(text(frame.foot(card, [request], request, CHIPS, 80, UNICODE, LIVE).rows))


def test_requests_that_were_left_waiting_take_one_row() -> None:
    waiting = [command("pytest\x1b -q"), command("ls", "r2")]
    row = "".join(part for part, _ in frame.collapsed_line(waiting, 90, "Ctrl+N", UNICODE))
    assert row.startswith(" ▲ 2 requests wait · Ctrl+N answers · claude wants to run a command: pytest\\x1b")
    assert cells(row) <= 90
    assert frame.title_words(2, "LLMMixer") == "(2) waiting - LLMMixer"
    assert frame.title_words(0, "LLMMixer") == "LLMMixer"


def test_ascii_cards_are_ascii() -> None:
    request = pipeline()
    card = Card(shown="r1", seen={"r1"})
    parts = content.sections(request, "m", 76, ASCII, whole=False)
    lines = [
        frame.head_line(card, request, None, (1, 1), 80, ASCII, LIVE),
        *frame.framed(content.fitted(parts, 20, ASCII, "d").rows, 80, Tone.BAD, ASCII),
        *frame.foot(card, [request], request, CHIPS, 80, ASCII, LIVE).rows,
        frame.collapsed_line([request], 80, "Ctrl+N", ASCII),
    ]
    assert "\n".join(text(lines)).isascii()


def test_a_list_shows_each_request_in_full() -> None:
    requests = [command("ls " + "x" * 200, "r1"), edit("r2", "claude"), pipeline("r3")]
    rows, at = content.batch_rows(requests, {"r2"}, 1, 60, UNICODE)
    shown = text(rows)
    assert "".join(shown).count("x") >= 200
    assert shown[at].startswith("[ ] claude")
    assert any("self.voucher" in row for row in shown)
    assert any("destructive" in row for row in shown)
    assert all(cells(row) <= 60 for row in shown)


def test_a_change_leaves_out_what_stays_before_any_of_itself() -> None:
    parts = content.sections(edit(), "m", 76, UNICODE, whole=False)
    rows = sum(len(part.rows) for part in parts)
    body = content.fitted(parts, rows - 2, UNICODE, "d")
    text = "\n".join("".join(piece for piece, _ in row) for row in body.rows)
    assert body.whole
    assert "def total" not in text
    assert [line[3] for line in text.split("\n") if line[:2].isdecimal()] == ["-", "-", "+", "+", "+"]
    assert not content.fitted(parts, rows - 3, UNICODE, "d").whole
