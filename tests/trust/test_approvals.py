"""Questions to the person: asked once, answered once, and always closed."""

import asyncio

import pytest

from tests.conftest import WaitUntil
from tui.core.commands import Answer
from tui.core.tool_events import ApprovalRequested, ApprovalResolved
from tui.core.trust import AnswerKind, Decision, Resolution, Risk, RuleTrial
from tui.trust.approvals import Approvals

REQUEST = ApprovalRequested(
    id="", pane="claude", turn="t", call_id="c", tool="run_command", text="make", cwd="/p", reason="Not on the list.",
    rule="unknown", risk=Risk.RUN,
)  # fmt: skip


class Desk:
    def __init__(self) -> None:
        self.events: list[ApprovalRequested | ApprovalResolved] = []
        self.approvals = Approvals(self.events.append)
        self.settled = False

    def ask(self) -> asyncio.Task[Answer | None]:
        return asyncio.create_task(self.approvals.ask(REQUEST, lambda: self.settled, self._trial))

    async def asked(self, wait_until: WaitUntil, number: int = 1) -> str:
        await wait_until(lambda: sum(isinstance(event, ApprovalRequested) for event in self.events) >= number)
        return [event.id for event in self.events if isinstance(event, ApprovalRequested)][number - 1]

    def closed(self) -> list[tuple[str, Resolution]]:
        return [(event.id, event.how) for event in self.events if isinstance(event, ApprovalResolved)]

    @staticmethod
    def _trial(rule: str) -> RuleTrial:
        return RuleTrial(rule=rule, problem="", decision=Decision.ALLOW, reason="tried")


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        (AnswerKind.ONCE, Resolution.ONCE),
        (AnswerKind.OUTSIDE, Resolution.OUTSIDE),
        (AnswerKind.SESSION, Resolution.SESSION),
        (AnswerKind.RULE, Resolution.RULE),
        (AnswerKind.EDITED, Resolution.EDITED),
        (AnswerKind.DENY, Resolution.DENIED),
    ],
)
async def test_an_answer_reaches_who_asked_and_closes_the_question(
    kind: AnswerKind, how: Resolution, wait_until: WaitUntil
) -> None:
    desk = Desk()
    task = desk.ask()
    approval = await desk.asked(wait_until)
    assert desk.approvals.answer(Answer(id=approval, decision=kind, text="why"))
    answer = await task
    assert answer is not None
    assert (answer.decision, answer.text) == (kind, "why")
    assert desk.closed() == [(approval, how)]


async def test_unknown_and_finished_questions_take_no_answer(wait_until: WaitUntil) -> None:
    desk = Desk()
    assert not desk.approvals.answer(Answer(id="approval-x", decision=AnswerKind.ONCE))
    task = desk.ask()
    approval = await desk.asked(wait_until)
    assert desk.approvals.answer(Answer(id=approval, decision=AnswerKind.DENY))
    assert not desk.approvals.answer(Answer(id=approval, decision=AnswerKind.ONCE))
    answer = await task
    assert answer is not None
    assert answer.decision is AnswerKind.DENY
    assert not desk.approvals.answer(Answer(id=approval, decision=AnswerKind.ONCE))


async def test_a_cancelled_question_is_closed(wait_until: WaitUntil) -> None:
    desk = Desk()
    task = desk.ask()
    approval = await desk.asked(wait_until)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.closed() == [(approval, Resolution.CANCELLED)]
    assert desk.approvals.try_rule(approval, "allow run_command make") is None


async def test_what_was_allowed_since_settles_a_question(wait_until: WaitUntil) -> None:
    desk = Desk()
    first, second = desk.ask(), desk.ask()
    approval = await desk.asked(wait_until, 2)
    desk.approvals.reconsider()
    assert not first.done()
    desk.settled = True
    desk.approvals.reconsider()
    assert await first is None
    assert await second is None
    assert desk.closed()[1] == (approval, Resolution.OVERTAKEN)


async def test_a_rule_is_tried_on_the_call_it_is_about(wait_until: WaitUntil) -> None:
    desk = Desk()
    task = desk.ask()
    trial = desk.approvals.try_rule(await desk.asked(wait_until), "allow run_command make")
    assert trial is not None
    assert trial.reason == "tried"
    task.cancel()
