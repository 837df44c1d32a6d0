"""The card as a state machine: what each key does, and when it does nothing."""

from collections.abc import Sequence

import pytest

from tests.ui.requests import command, edit, pipeline
from tui.core.commands import Answer
from tui.core.tool_events import ApprovalRequested
from tui.core.trust import AnswerKind, Decision, Risk, RuleTrial
from tui.ui.actions import ACTIONS, Where
from tui.ui.view import approvals
from tui.ui.view.approvals import Card, Effect, Plain, Say, Scroll, Send, Stage, Type, Write
from tui.ui.view.work_state import is_typing

KEYS = {key: action.does for action in ACTIONS if action.where is Where.CARD for key in action.keys}
LATER = 1_000.0
PYTEST = command("pytest -q")


def card_on(*waiting: ApprovalRequested, seen: bool = True) -> Card:
    card = Card()
    card.follow(waiting, 0.0)
    if seen:
        card.seen |= {one.id for one in waiting}
    return card


def press(card: Card, waiting: Sequence[ApprovalRequested], *keys: str, now: float = LATER) -> Effect:
    """Press keys one after the other, each on its own; return what the last one did."""
    effect: Effect = Plain.NOTHING
    for key in keys:
        character = " " if key == "space" else key if len(key) == 1 else ""
        effect = approvals.press(card, waiting, key, character, now, KEYS)
        if effect is Plain.HELD:
            effect = approvals.settle(card, waiting, KEYS)
    return effect


def answer(request: str, decision: AnswerKind, text: str = "") -> Send:
    return Send((Answer(id=request, decision=decision, text=text),))


@pytest.mark.parametrize(
    ("key", "effect"),
    [
        ("y", answer("r1", AnswerKind.ONCE)),
        ("1", answer("r1", AnswerKind.ONCE)),
        ("s", answer("r1", AnswerKind.SESSION)),
        ("2", answer("r1", AnswerKind.SESSION)),
        ("w", Write("allow run_command pytest -q")),
        ("3", Write("allow run_command pytest -q")),
        ("n", answer("r1", AnswerKind.DENY)),
        ("4", answer("r1", AnswerKind.DENY)),
        ("tab", Write("")),
        ("5", Write("")),
        ("e", Write("pytest -q")),
        ("6", Write("pytest -q")),
        ("d", Plain.DETAILS),
        ("7", Plain.DETAILS),
        ("escape", Plain.LEAVE),
        ("pagedown", Scroll(2)),
        ("f1", Plain.OTHER),
        ("ctrl+n", Plain.OTHER),
    ],
)
def test_each_key_has_one_meaning(key: str, effect: Effect) -> None:
    card = card_on(PYTEST)
    assert press(card, [PYTEST], key) == effect


@pytest.mark.parametrize("key", ["enter", "ctrl+j", "space", "backspace"])
def test_no_other_key_is_an_answer(key: str) -> None:
    card = card_on(PYTEST)
    assert not isinstance(press(card, [PYTEST], key), Send)
    assert card.stage is Stage.CHOOSE


@pytest.mark.parametrize(
    ("now", "typed", "live"),
    [
        (0.0, None, False),
        (0.49, None, False),
        (0.5, None, True),
        (5.0, 4.1, False),
        (5.0, 4.0, True),
        (0.3, 0.2, False),
    ],
)
def test_keys_are_dead_at_first_and_while_somebody_types(now: float, typed: float | None, live: bool) -> None:
    card = card_on(PYTEST)
    if typed is not None:
        card.typed = typed
    assert (card.live_in(now) == 0) is live
    effect = press(card, [PYTEST], "y", now=now)
    assert isinstance(effect, Send) is live
    assert (press(card, [PYTEST], "tab", now=now) == Write("")) is live


def test_the_next_request_is_dead_at_first_again() -> None:
    first, second = PYTEST, command("ls", "r2")
    card = card_on(first, second)
    assert card.follow([second], 50.0)
    card.seen.add("r2")
    assert card.shown == "r2"
    assert isinstance(press(card, [second], "y", now=50.4), Say)
    assert isinstance(press(card, [second], "y", now=50.6), Send)


def test_letters_that_follow_each_other_are_typing() -> None:
    card = card_on(PYTEST)
    assert approvals.press(card, [PYTEST], "y", "y", LATER, KEYS) is Plain.HELD
    assert approvals.press(card, [PYTEST], "e", "e", LATER, KEYS) == Type("ye")
    assert approvals.settle(card, [PYTEST], KEYS) is Plain.NOTHING
    assert approvals.press(card, [PYTEST], "h", "h", LATER, KEYS) == Type("h")
    assert approvals.press(card, [PYTEST], "space", " ", LATER, KEYS) == Type(" ")


def test_a_letter_and_enter_at_once_are_a_paste_and_no_answer() -> None:
    request = pipeline()
    card = card_on(request)
    assert approvals.press(card, [request], "y", "y", LATER, KEYS) is Plain.HELD
    assert approvals.press(card, [request], "enter", "", LATER, KEYS) == Type("y")
    assert card.stage is Stage.CHOOSE


@pytest.mark.parametrize(("keys", "kind"), [(("y", "enter"), AnswerKind.ONCE), (("s", "enter"), AnswerKind.SESSION)])
def test_what_destroys_takes_two_keys(keys: tuple[str, str], kind: AnswerKind) -> None:
    request = pipeline(grant="exactly this", parts=())
    card = card_on(request)
    assert press(card, [request], keys[0]) is Plain.REDRAW
    assert card.stage is Stage.CONFIRM
    assert press(card, [request], keys[1]) == answer("r1", kind)


@pytest.mark.parametrize("key", ["y", "escape", "space", "tab", "n", "d"])
def test_any_other_key_than_enter_takes_the_first_one_back(key: str) -> None:
    request = pipeline()
    card = card_on(request)
    press(card, [request], "y")
    assert isinstance(press(card, [request], key), Say)
    assert card.stage is Stage.CHOOSE


def test_a_confirmation_belongs_to_its_request() -> None:
    first, second = pipeline("r1"), pipeline("r2")
    card = card_on(first, second)
    press(card, [first, second], "y")
    card.follow([second], LATER)
    assert card.stage is Stage.CHOOSE
    assert isinstance(press(card, [second], "enter", now=LATER + 1), Say)


@pytest.mark.parametrize("key", ["y", "s", "w", "e"])
def test_nothing_runs_before_it_was_read_to_its_end(key: str) -> None:
    card = card_on(PYTEST, seen=False)
    assert isinstance(press(card, [PYTEST], key), Say)
    assert press(card, [PYTEST], "n") == answer("r1", AnswerKind.DENY)
    card.seen.add("r1")
    assert not isinstance(press(card, [PYTEST], key), Say)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (pipeline(), "several commands"),
        (command("rm x", grant="", risk=Risk.DESTRUCTIVE), "what destroys"),
        (command("python -c 1", grant=""), "one time only"),
    ],
)
def test_without_a_grant_there_is_no_answer_for_the_session(request_: ApprovalRequested, says: str) -> None:
    card = card_on(request_)
    effect = press(card, [request_], "s")
    assert isinstance(effect, Say)
    assert says in effect.text


def test_only_commands_are_edited() -> None:
    card = card_on(edit())
    assert isinstance(press(card, [edit()], "e"), Say)


def test_edited_text_holds_nothing_that_cannot_be_seen() -> None:
    assert approvals.editable_text("ls\x1b[2J \u202e-l\u200b\n\tx") == "ls␛[2J ⟨U+202E⟩-l\n\tx"


def test_the_field_of_each_stage() -> None:
    card = card_on(PYTEST)
    press(card, [PYTEST], "tab")
    assert approvals.submit(card, " use tox ") == answer("r1", AnswerKind.DENY, "use tox")
    card.back()
    press(card, [PYTEST], "e")
    assert isinstance(approvals.submit(card, "  "), Say)
    assert approvals.submit(card, "pytest -x") == answer("r1", AnswerKind.EDITED, "pytest -x")


@pytest.mark.parametrize(
    ("tried", "problem", "decision", "saved"),
    [
        ("allow run_command pytes", "", Decision.ALLOW, False),
        ("allow run_command pytest", "no such tool", Decision.ASK, False),
        ("allow run_command pytest", "", Decision.ASK, False),
        ("allow run_command pytest", "", Decision.ALLOW, True),
        ("allow run_command pytest", "", Decision.DENY, True),
    ],
)
def test_a_rule_is_saved_only_after_a_trial_of_exactly_it(
    tried: str, problem: str, decision: Decision, saved: bool
) -> None:
    card = card_on(PYTEST)
    press(card, [PYTEST], "w")
    rule = "allow run_command pytest"
    assert isinstance(approvals.submit(card, rule), Say)
    card.tried = tried
    card.trial = RuleTrial(rule="in its plain form", problem=problem, decision=decision, reason="")
    effect = approvals.submit(card, f" {rule} ")
    assert effect == answer("r1", AnswerKind.RULE, rule) if saved else isinstance(effect, Say)


@pytest.mark.parametrize(
    ("request_", "rule"),
    [
        (command("pytest -q"), "allow run_command pytest -q"),
        (edit(), "allow edit_file src/cart.py"),
        (edit(cwd="/x"), "allow edit_file /home/ann/shop/src/cart.py"),
        (pipeline(), "allow run_command rm -rf dist"),
        (command("grep  -n   x"), "allow run_command grep -n x"),
    ],
)  # fmt: skip
def test_the_proposed_rule_is_for_exactly_this(request_: ApprovalRequested, rule: str) -> None:
    assert approvals.proposed_rule(request_) == rule


def test_requests_are_answered_together_by_two_keys() -> None:
    waiting = [command("ls a", "r1"), command("ls b", "r2"), command("ls", "r3", "gpt"), edit("r4", "claude")]
    card = card_on(*waiting)
    assert press(card, waiting, "b") is Plain.REDRAW
    assert card.batch == ("r1", "r2")
    assert press(card, waiting, "y") is Plain.REDRAW
    assert press(card, waiting, "enter") == Send(
        (Answer(id="r1", decision=AnswerKind.ONCE), Answer(id="r2", decision=AnswerKind.ONCE))
    )


def test_the_same_command_in_other_panes_is_similar() -> None:
    waiting = [
        command("npm test", "r1", "claude"),
        command("npm test", "r2", "gpt"),
        command("npm test", "r3", "gemini"),
    ]
    assert [one.id for one in approvals.similar(waiting[0], waiting)] == ["r1", "r2", "r3"]
    assert approvals.similar(waiting[0], waiting[:1]) == (waiting[0],)


def test_one_is_left_out_and_the_others_are_denied() -> None:
    waiting = [command("ls a", "r1"), command("ls b", "r2"), command("ls c", "r3")]
    card = card_on(*waiting)
    press(card, waiting, "b", "down", "space")
    assert press(card, waiting, "n") == Send(
        (Answer(id="r1", decision=AnswerKind.DENY), Answer(id="r3", decision=AnswerKind.DENY))
    )


def test_in_a_list_nothing_runs_unread_and_no_letter_is_typed() -> None:
    waiting = [command("ls a", "r1"), command("ls b", "r2")]
    card = card_on(*waiting, seen=False)
    card.seen.add("r1")
    press(card, waiting, "b")
    assert isinstance(press(card, waiting, "y"), Say)
    press(card, waiting, "down", "space")
    assert press(card, waiting, "y") is Plain.REDRAW
    assert card.stage == "batch confirm"
    assert press(card, waiting, "h") is Plain.REDRAW
    assert card.stage == "batch"
    press(card, waiting, "up", "space")
    assert isinstance(press(card, waiting, "y"), Say)
    assert press(card, waiting, "escape") is Plain.REDRAW
    assert card.stage is Stage.CHOOSE


def test_a_list_follows_the_queue() -> None:
    waiting = [command("ls a", "r1"), command("ls b", "r2"), command("ls c", "r3")]
    card = card_on(*waiting)
    press(card, waiting, "b", "down", "down")
    card.follow(waiting[:2], LATER)
    assert (card.batch, card.cursor) == (("r1", "r2"), 1)
    card.follow(waiting[:1], LATER)
    assert card.stage is Stage.CHOOSE
    assert isinstance(press(card, waiting[:1], "b"), Say)


def test_the_card_goes_through_the_queue_and_closes_with_it() -> None:
    waiting = [command("a", "r1"), command("b", "r2"), command("c", "r3")]
    card = card_on(*waiting)
    seen = [card.shown]
    for _ in range(3):
        card.next(waiting, LATER)
        seen.append(card.shown)
    assert seen == ["r1", "r2", "r3", "r1"]
    card.collapsed = True
    assert not card.follow(waiting, LATER)
    assert card.follow([], LATER)
    assert (card.shown, card.collapsed) == ("", False)


@pytest.mark.parametrize(
    ("key", "printable", "typing"),
    [("a", True, True), ("enter", False, True), ("backspace", False, True), ("space", True, True), ("f5", False, False),
     ("ctrl+n", False, False), ("alt+r", True, False), ("pagedown", False, False), ("escape", False, False)],
)  # fmt: skip
def test_which_keys_are_typing(key: str, printable: bool, typing: bool) -> None:
    assert is_typing(key, printable) is typing
