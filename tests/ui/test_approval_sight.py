"""Nothing is allowed that was not on the screen, and the card stands still while a person reads it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.ui.requests import ROOT, command, edit, pipeline
from tests.ui.test_approval_card import Asking, asking
from tests.ui.test_approval_text import CHIPS, LIVE, body, text
from tui.core.commands import Answer, Submit
from tui.core.tool_events import ApprovalRequested, Preview, PreviewKind
from tui.core.trust import AnswerKind, Decision, Part, Resolution, Risk, RuleTrial
from tui.ui.glyphs import UNICODE
from tui.ui.view import approval_frame as frame
from tui.ui.view import approval_text as content
from tui.ui.view.approvals import Card, Stage, obstacle, unfit

LONG = "\n".join(f"echo {number}" for number in range(12))


async def test_what_the_screen_shows_no_more_cannot_be_allowed_unread(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home, (80, 40)) as at:
        await at.live(command(LONG))
        assert "echo 5" in at.text()
        await at.table.pilot.resize_terminal(80, 21)
        await at.table.shown("rows more")
        await at.come_alive()
        await at.key("y")
        assert at.answers == []
        await at.table.shown("Not all of it was shown yet")
        await at.key("d")
        await at.table.wait(lambda: at.desk.page is not None and at.desk.page.card.body.has_focus)
        await at.key("end")
        await at.table.wait(lambda: "r1" in at.desk.card.read)
        await at.key("escape")
        await at.table.wait(lambda: at.table.app.screen is at.table.main and at.desk.has_keys)
        assert "rows more" in at.text()
        await at.key("y")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.ONCE)]


async def test_the_page_gives_the_card_back_as_it_was(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("pytest -q"))
        await at.table.press("d")
        await at.table.wait(lambda: at.desk.page is not None)
        await at.key("escape")
        await at.table.wait(lambda: at.table.app.screen is at.table.main and at.desk.has_keys)
        assert at.desk.live_in() == 0
        await at.key("y")
        assert at.answers == [Answer(id="r1", decision=AnswerKind.ONCE)]


@pytest.mark.parametrize("seen", [True, False])
def test_keys_keep_their_places_whether_all_was_seen_or_not(seen: bool) -> None:
    request = pipeline(sandbox="bubblewrap", leavable=True)
    waiting = [request, replace(request, id="r2")]
    card = Card(shown="r1", seen={"r1"} if seen else set())
    keys = {does for _, _, _, does in frame.foot(card, waiting, request, CHIPS, 80, UNICODE, LIVE).spots}
    assert keys == {chip.does for chip in CHIPS}
    assert bool(obstacle(card, waiting, request, "edit_request")) is not seen
    assert not unfit(waiting, request, "edit_request")


def test_a_required_sandbox_is_not_offered_to_be_left() -> None:
    request = command("make", sandbox="bubblewrap")
    card = Card(shown="r1", seen={"r1"})
    rows = "".join(text(frame.foot(card, [request], request, CHIPS, 200, UNICODE, LIVE).rows))
    assert "outside" not in rows
    assert "require the sandbox" in obstacle(card, [request], request, "approve_outside")
    assert "not run in a sandbox" in obstacle(card, [request], command("make"), "approve_outside")


def test_a_card_is_not_seen_before_all_of_it_is_there() -> None:
    card = Card(shown="r1")
    card.fits("r1", True)
    card.fits("r1", False)
    assert (card.seen, card.cut) == (set(), "r1")
    card.read.add("r1")
    card.seen.add("r1")
    card.fits("r1", False)
    assert card.seen == {"r1"}
    other = Card(shown="r2", seen={"r2"}, stage=Stage.EDIT)
    other.fits("r2", False)
    assert other.seen == {"r2"}, "the field takes rows that come back"


async def test_who_goes_on_answering_types_no_prompt_by_a_key_too_soon(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("touch a"))
        await at.key("n")
        at.resolve("r1", Resolution.DENIED)
        await at.table.wait(lambda: "wants to run" not in at.text())
        at.ask(command("touch b", "r2"))
        await at.table.wait(lambda: at.desk.has_keys)
        assert at.desk.live_in() > 0
        await at.key("n")
        await at.table.shown("The keys were not live yet")
        assert (len(at.answers), at.table.main.prompt.text) == (1, "")
        await at.table.press(*"nothing")
        await at.table.wait(lambda: at.table.main.prompt.text == "nothing")


@pytest.mark.parametrize(
    ("typed", "sent"), [("ny", False), ("y", False), ("1", False), ("no!", True), ("@gpt y", True)]
)
async def test_a_key_of_the_card_is_never_sent_as_a_prompt(
    typed: str, sent: bool, wait_until: WaitUntil, home: Path
) -> None:
    async with asking(wait_until, home) as at:
        await at.table.press("h")
        at.ask(command("touch a"))
        await at.table.shown("draft kept")
        at.table.main.prompt.editor.empty()
        at.table.main.prompt.insert_text(typed)
        await at.table.press("enter")
        await at.table.wait(lambda: at.table.main.prompt.is_empty)
        await at.table.pilot.pause()
        assert any(isinstance(one, Submit) for one in at.table.engine.commands) is sent
        assert at.answers == []
        if not sent:
            await at.table.wait(lambda: at.desk.has_keys)
            assert f"“{typed}” was not sent" in at.table.rows()[-1]


async def test_short_words_are_sent_while_a_request_is_left_waiting(wait_until: WaitUntil, home: Path) -> None:
    async with asking(wait_until, home) as at:
        await at.live(command("touch a"))
        await at.key("escape")
        await at.table.shown("1 request waits")
        await at.table.press("y", "enter")
        await at.table.wait(lambda: any(isinstance(one, Submit) for one in at.table.engine.commands))


def parts(*texts: str, reason: str = "`curl` is not an allowed command.") -> ApprovalRequested:
    told = tuple(Part(text=one, decision=Decision.ASK, reason=reason, rule="not in allowed_commands") for one in texts)
    return command(" | ".join(texts), parts=told, grant="", reason=reason, rule="not in allowed_commands")


def test_what_stands_above_is_not_said_again() -> None:
    rows = text(body(parts("curl -s https://get.example.org/a/long/way/clean.sh", "sh"), 76, 20).rows)
    assert rows == [
        "curl -s https://get.example.org/a/long/way/clean.sh | sh",
        "in shop · no sandbox · claude-sonnet-5-5",
        "",
        "▲ `curl` is not an allowed command.",
        "",
        "  ▲ ASK   curl -s https://get.example.org/a/long/way/clean.sh",
        "            <- why it asks",
        "  ▲ ASK   sh  `curl` is not an allowed command.",
    ]


@pytest.mark.parametrize(
    ("cwd", "root", "shown"),
    [
        (ROOT, ROOT, "in shop · "),
        (f"{ROOT}/src/a", ROOT, "in shop/src/a · "),
        (f"{ROOT}-other", ROOT, f"in {ROOT}-other · "),
        ("/etc", ROOT, "in /etc · "),
        (ROOT, "", f"in {ROOT} · "),
        ("/", "/", "in / · "),
    ],
)
def test_a_folder_of_the_project_is_named_from_there(cwd: str, root: str, shown: str) -> None:
    request = command("ls", cwd=cwd, root=root)
    assert text(body(request, 100, 20).rows)[1].startswith(shown)
    everything = text(content.full(content.sections(request, "", 100, UNICODE, whole=True)))
    assert any(row.startswith(f"in {cwd} · ") for row in everything)


def test_a_conflict_is_told_once_and_names_panes_as_they_are() -> None:
    told = "gpt is changing it too."
    rows = "\n".join(text(body(edit(reason=told, conflict=told, rule="another pane", grant=""), 76, 30).rows))
    assert rows.count("is changing it too") == 1
    assert "▲ gpt is" in rows
    assert "at work on the file" in obstacle(Card(seen={"r1"}), [], edit(conflict=told, grant=""), "approve_session")


@pytest.mark.parametrize(
    ("decision", "problem", "saves"),
    [(Decision.ALLOW, "", True), (Decision.DENY, "", True), (Decision.ASK, "", False), (Decision.ALLOW, "no", False)],
)
def test_enter_is_offered_only_for_a_rule_that_will_be_saved(decision: Decision, problem: str, saves: bool) -> None:
    request = command("ls")
    trial = RuleTrial(rule="x", problem=problem, decision=decision, reason="")
    card = Card(shown="r1", stage=Stage.RULE, trial=trial)
    rows = "\n".join(text(frame.foot(card, [request], request, CHIPS, 80, UNICODE, LIVE).rows))
    assert ("Enter saves it in your configuration" in rows) is saves
    assert ("only a rule that settles it" in rows) is not saves


async def test_the_last_line_says_what_esc_does(wait_until: WaitUntil, home: Path) -> None:
    def last(at: Asking) -> str:
        return at.table.rows()[-1]

    async with asking(wait_until, home) as at:
        await at.live(command("touch a"))
        await at.table.wait(lambda: "Leave it waiting" in last(at) and "Next request" not in last(at))
        await at.key("e")
        await at.table.wait(lambda: "Esc Back" in last(at) and "Leave" not in last(at))
        await at.key("escape")
        at.ask(command("touch b", "r2"))
        await at.table.wait(lambda: "Next request" in last(at))


def test_requests_in_a_list_name_another_folder_than_the_projects() -> None:
    requests = [command("make"), command("make", "r2", cwd=f"{ROOT}/docs"), command("make", "r3", cwd="/etc")]
    rows = text(content.batch_rows(requests, set(), 0, 80, UNICODE)[0])
    assert [row for row in rows if "make" in row] == [
        "[x] claude make", "[x] claude make  in shop/docs", "[x] claude make  in /etc"
    ]  # fmt: skip


NEW_FILE = "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n"


def test_a_command_says_how_many_files_it_deletes() -> None:
    files = Preview(kind=PreviewKind.FILES, text="build/a\nbuild/b", removed=2)
    rows = text(body(command("rm -rf build", preview=files, risk=Risk.DESTRUCTIVE), 76, 20).rows)
    assert [row for row in rows if row][-3:] == ["It deletes 2 files", "  build/a", "  build/b"]


def test_a_new_file_is_called_so_and_takes_the_whole_width() -> None:
    preview = Preview(kind=PreviewKind.DIFF, text=NEW_FILE, path="a.txt", added=2)
    rows = text(body(command("a.txt", tool="write_file", preview=preview, risk=Risk.CHANGE), 116, 20).rows)
    assert [row.rstrip() for row in rows[-4:]] == ["New file  +2", "── line 1", "1 + one", "2 + two"]
    assert not any("claude-sonnet" in row for row in rows)
