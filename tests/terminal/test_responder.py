"""The responder's decisions, by tables: every kind of asker gets what is right, and no look-alike gets anything."""

import sys
from dataclasses import replace

import pytest

from tests.terminal.responder_cases import (
    ASKS,
    BUSY,
    KEYS,
    LINE,
    LOOKALIKES,
    SECRET,
    UNSEEN,
    Ask,
    Lookalike,
    by,
    screen,
)
from tests.terminal.responder_cases_more import ASKS_MORE, LOOKALIKES_MORE
from tests.terminal.responder_score import ON, after, outcome, scored
from tui.core.terminal import AutoAnswer
from tui.core.terminal_events import Need
from tui.terminal.evidence import Evidence
from tui.terminal.responder import (
    ANSWERS_PER_COMMAND,
    Abort,
    AskPerson,
    History,
    Nothing,
    Response,
    Screen,
    Settings,
    Type,
    note_answer,
    observe,
    respond,
    shown_prompt,
    weigh,
)


@pytest.mark.parametrize("case", [*ASKS, *ASKS_MORE], ids=lambda case: case.name)
def test_who_asks_gets_what_is_right(case: Ask) -> None:
    assert outcome(after(5.0, case.screen, case.evidence)) == case.right


@pytest.mark.parametrize("case", [*LOOKALIKES, *LOOKALIKES_MORE], ids=lambda case: case.name)
def test_what_looks_alike_gets_nothing(case: Lookalike) -> None:
    for seconds in (0.0, 0.1, 1.0, 2.5, 5.0, 29.0, 600.0):
        assert not isinstance(after(seconds, case.screen, case.evidence), Type)


def test_the_tables_are_large_enough() -> None:
    assert len(LOOKALIKES) + len(LOOKALIKES_MORE) >= 180
    assert len(ASKS) + len(ASKS_MORE) >= 140


def test_words_anywhere_answer_what_they_must_not() -> None:
    score = scored()
    sys.stdout.write(f"\n{score.report()}\n")
    assert score.right == score.asks
    assert score.false == 0
    assert score.words_false >= 20
    assert score.words_right < score.right


@pytest.mark.parametrize("cut", range(1, 16))
def test_a_prompt_over_two_rows_at_every_cut(cut: int) -> None:
    text = "Continue? [Y/n] "
    view = screen(text[:cut], text[cut:], columns=cut, wrapped=1)
    if text[cut:].strip():
        assert outcome(after(0.0, view, LINE)) == "Enter"


def test_it_waits_until_the_prompt_stands_still() -> None:
    view = screen("Continue? [Y/n] ")
    seen = weigh(observe(History(), view, 100.0), LINE, 100.1)
    early = respond(view, LINE, seen, ON, 100.1)
    assert isinstance(early, Nothing)
    assert early.again == pytest.approx(0.2)
    assert isinstance(respond(view, LINE, seen, ON, 100.301), Type)


def test_who_cannot_be_seen_must_be_silent_for_longer() -> None:
    view = screen("Continue? [Y/n] ")
    early = after(0.1, view, replace(UNSEEN, silent_s=0.4))
    assert isinstance(early, Nothing)
    assert early.again == pytest.approx(1.6)
    assert isinstance(after(1.7, view, replace(UNSEEN, silent_s=2.0)), Type)


def test_where_nobody_can_be_seen_a_person_decides() -> None:
    asked = after(0.0, screen("Continue? [Y/n] "), Evidence(echo=True, canonical=True, silent_s=3.0, watched=False))
    assert isinstance(asked, AskPerson)
    assert (asked.suggestion, asked.keys) == ("Enter", b"\r")


def test_a_spinner_is_the_same_question() -> None:
    history = History()
    for number, glyph in enumerate("⠋⠙⠹⠸|/-\\"):
        history = observe(history, screen(f"{glyph} Continue? [Y/n] "), 100 + number / 10)
    assert history.generation == 1
    assert history.calm_since == 100


def test_another_row_column_or_text_is_another_question() -> None:
    history = observe(History(), screen("Name: "), 100)
    for view in (screen("Name: j"), screen("Age: "), replace(screen("Age: "), row=7), screen("Age: ", alternate=True)):
        before = history.generation
        history = observe(history, view, 101)
        assert history.generation == before + 1


def test_a_question_is_answered_once() -> None:
    view = screen("Continue? [Y/n] ")
    history = note_answer(observe(History(), view, 100.0))
    assert isinstance(after(1.0, view, LINE, history=history), AskPerson)
    lower = replace(view, row=1)
    assert isinstance(after(1.0, lower, LINE, history=history), Type), "asked again, in another place"


def test_a_question_is_answered_three_times_at_most() -> None:
    history = History()
    for row in range(3):
        view = replace(screen("Again? [Y/n] "), row=row)
        assert isinstance(after(0.0, view, LINE, history=history), Type)
        history = note_answer(observe(history, view, 100.0))
    assert isinstance(after(0.0, replace(screen("Again? [Y/n] "), row=3), LINE, history=history), AskPerson)
    assert isinstance(after(0.0, replace(screen("Other? [Y/n] "), row=4), LINE, history=history), Type)


def test_a_command_is_answered_twenty_times_at_most() -> None:
    history = History()
    for row in range(ANSWERS_PER_COMMAND):
        view = replace(screen(f"Item {row}? [Y/n] "), row=row)
        assert isinstance(after(0.0, view, LINE, history=history), Type)
        history = note_answer(observe(history, view, 100.0))
    assert isinstance(after(0.0, screen("Last? [Y/n] "), LINE, history=history), AskPerson)


def test_the_person_at_the_keys_is_left_alone() -> None:
    view = screen("Continue? [Y/n] ")
    typed = after(0.5, view, LINE, history=History(typed_at=100.0))
    assert isinstance(typed, Nothing)
    assert typed.again == pytest.approx(1.2)
    assert isinstance(after(1.8, view, LINE, history=History(typed_at=100.0)), Type)
    focused = after(600.0, view, LINE, history=History(focused=True))
    assert focused == Nothing()
    assert after(600.0, screen("Password: "), SECRET, history=History(focused=True)) == Nothing()


@pytest.mark.parametrize("mode", [AutoAnswer.ASK, AutoAnswer.OFF])
def test_proposing_and_keeping_silent(mode: AutoAnswer) -> None:
    settings = Settings(mode=mode)
    for case in ASKS:
        response = after(5.0, case.screen, case.evidence, settings)
        assert isinstance(response, AskPerson), case.name
        proposed = mode is AutoAnswer.ASK and case.right in {"Enter", "n", "q"}
        risky = mode is AutoAnswer.ASK and "destructive" in case.name
        assert proposed <= bool(response.suggestion) <= (proposed or risky), case.name
        assert bool(response.keys) == bool(response.suggestion)
    secret = after(0.0, screen("Password: "), SECRET, settings)
    assert isinstance(secret, AskPerson)
    assert secret.need is Need.TYPED_UNSEEN


def test_a_personal_terminal_is_never_ended_nor_nagged() -> None:
    settings = Settings(personal=True)
    for case in ASKS:
        response = after(3600.0, case.screen, case.evidence, settings)
        assert not isinstance(response, Abort), case.name
        assert not isinstance(response, AskPerson) or response.abort_in is None
    for view, evidence in (
        (screen("you@host:~$ "), by("bash", KEYS)),
        (screen(">>> "), LINE),
        (screen("(END)"), by("less", KEYS)),
        (screen(""), LINE),
    ):
        assert isinstance(after(3600.0, view, evidence, settings), Nothing)
    assert isinstance(after(0.0, screen("Continue? [Y/n] "), LINE, settings), Type)
    assert isinstance(after(0.0, screen("Password: "), SECRET, settings), AskPerson)
    off = Settings(personal=True, mode=AutoAnswer.OFF)
    assert after(60.0, screen("Password: "), SECRET, off) == Nothing()


def test_patience_with_who_asks() -> None:
    name = screen("Name: ")
    first = after(0.0, name, LINE)
    assert isinstance(first, Nothing)
    assert first.again == pytest.approx(5.0)
    told = after(5.0, name, LINE)
    assert isinstance(told, AskPerson)
    assert told.abort_in == pytest.approx(25.0)
    assert told.need is Need.QUESTION
    late = after(30.0, name, LINE)
    assert isinstance(late, Abort)
    assert late.reason == "no answer for 30 s: Name:"
    silent = after(30.0, screen(""), LINE, Settings(silence=12.0))
    assert isinstance(silent, Abort)
    assert silent.reason == "no answer for 12 s: waits for input, without a question"


def test_what_a_person_is_told_at_once_and_later() -> None:
    at_once = after(0.0, screen("Continue (yes/no)? "), LINE)
    assert isinstance(at_once, AskPerson)
    assert at_once.abort_in == pytest.approx(30.0)
    assert isinstance(after(1.9, screen("? Pick: "), KEYS), Nothing)
    menu = after(2.0, screen("? Pick: "), KEYS)
    assert isinstance(menu, AskPerson)
    assert menu.need is Need.MENU
    silent = after(5.0, screen(""), LINE)
    assert isinstance(silent, AskPerson)
    assert silent.need is Need.SILENCE
    assert silent.prompt, "an empty prompt would say that nobody waits"


def test_patience_begins_anew_with_typing_and_output() -> None:
    view = screen("Name: ")
    history = weigh(observe(History(), view, 100.0), LINE, 100.3)
    typed = weigh(replace(history, typed_at=128.0), LINE, 129.0)
    response = respond(view, replace(LINE, silent_s=31.0), typed, ON, 131.0)
    assert isinstance(response, Nothing)
    printing = respond(view, replace(LINE, silent_s=0.1), history, ON, 140.0)
    assert isinstance(printing, AskPerson)
    assert printing.abort_in == pytest.approx(29.9)


def test_who_works_is_never_ended() -> None:
    for view in (screen("Name: "), screen("building"), screen("")):
        assert isinstance(after(3600.0, view, BUSY), Nothing)
        assert weigh(History(asking_since=5.0), BUSY, 9.0).asking_since is None
    assert isinstance(after(3600.0, screen("building"), replace(UNSEEN, silent_s=3600.0)), Nothing)
    assert isinstance(after(3600.0, screen(""), by("ssh", KEYS)), Nothing), "the other end may be at work"


def test_who_is_stopped_is_told_and_ended_in_the_end() -> None:
    stopped, view = replace(BUSY, stopped=True), screen("Continue? [Y/n] ")

    def said(seconds: float, *, personal: bool = False) -> Response:
        seen = weigh(observe(History(), view, 100.0), stopped, 100.3)
        return respond(view, stopped, seen, replace(ON, personal=personal), 100.3 + seconds)

    assert isinstance(said(1.0), Nothing)
    told = said(6.0)
    assert isinstance(told, AskPerson)
    assert (told.need, told.keys) == (Need.SILENCE, b"")
    ended = said(31.0)
    assert isinstance(ended, Abort)
    assert "background" in ended.reason
    assert isinstance(said(31.0, personal=True), Nothing)


def test_it_looks_less_often_at_who_works() -> None:
    view = screen("Name: ")
    pauses = [after(seconds, view, BUSY) for seconds in (0.1, 2.0, 600.0)]
    again = [pause.again for pause in pauses if isinstance(pause, Nothing)]
    assert again == [pytest.approx(0.3), pytest.approx(1.15), pytest.approx(5.0)]


def test_prompts_are_shown_clean_and_without_secrets() -> None:
    key = "sk-ant-" + "api03-" + "A1b2" * 20
    shown = shown_prompt(f"\x1b[31mToken {key} \u202e[Y/n]")
    assert key not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("before", range(60, 180, 10))
def test_a_long_prompt_is_shown_by_its_end_without_part_of_a_secret(before: int) -> None:
    key = "sk-ant-" + "api03-" + "A1b2" * 20
    shown = shown_prompt("word " * (before // 5) + f"{key} " + "x" * (230 - before) + " Continue? [Y/n] ")
    assert len(shown) <= 200
    assert shown.endswith(" Continue? [Y/n]")
    assert "A1b2" not in shown
    value = "value " * (before // 10) + key
    response = after(0.0, screen(f"package name: ({value}) ", columns=400), by("npm init"))
    assert isinstance(response, Type)
    assert "A1b2" not in response.why


def test_the_reasons_are_said() -> None:
    def why(view: Screen, evidence: Evidence = LINE) -> str:
        response = after(0.0, view, evidence)
        assert isinstance(response, Type)
        return f"typed {response.shown}: {response.why}"

    assert why(screen("Proceed (Y/n)? ")) == "typed Enter: default of (Y/n)"
    assert why(screen("Go on? [y/N] ")) == "typed Enter: default of [y/N]"
    assert why(screen("rm: remove 'z'? "), by("rm")) == "typed n: no default is shown, so no"
    assert why(screen("package name: (thing) "), by("npm init")) == "typed Enter: default (thing)"
    assert why(screen("Stage [y,n,q]? "), by("git")) == "typed q: leaves the menu"
