"""One turn of one pane: an answer, the tools it asks for, the next answer, and exactly one outcome."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tui.core.chat import AssistantMessage, ChatRequest, Message, StopReason
from tui.core.clock import Clock
from tui.core.errors import Failure, ProviderError
from tui.core.events import Event, MessageCompleted, Notice, NoticeLevel, TurnFinished
from tui.engine.answering import Answering
from tui.engine.attempt import Attempt, estimate_input
from tui.engine.guard import Guard, Route
from tui.engine.history import rememberable
from tui.engine.shown import shown_line, shown_message
from tui.engine.spending import BUDGET_CODE
from tui.engine.tool_loop import Round, RoundLimits, Spent, Tools
from tui.engine.verdict import verdict
from tui.resilience.fallback import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """What a turn leaves behind: what the history keeps of it and the final event, which is yet to be published."""

    remembered: tuple[Message, ...]
    complete: AssistantMessage | None
    finished: TurnFinished


@dataclass(slots=True, kw_only=True)
class Turn:
    """The state of a running turn. `run` may be cancelled at any await; `end` then says how it ended.

    `request` is the first call as the pane's own model gets it. Without `tools` a call for one ends the turn.
    """

    pane: str
    turn: str
    request: ChatRequest
    fresh: bool = False
    routes: Mapping[Target, Route]
    guard: Guard
    publish: Callable[[Event], None]
    clock: Clock
    tools: Tools | None = None
    limits: RoundLimits = field(default_factory=RoundLimits)
    _answering: Answering = field(init=False)
    _done: list[Message] = field(default_factory=list)
    _round: Round | None = None
    _asked_tools: Attempt | None = None
    _rounds: int = 1

    def __post_init__(self) -> None:
        self._answering = Answering(
            pane=self.pane,
            turn=self.turn,
            fresh=self.fresh,
            routes=self.routes,
            guard=self.guard,
            publish=self.publish,
            clock=self.clock,
        )

    @property
    def hurry(self) -> asyncio.Event:
        """Set to wait no longer for the next attempt."""
        return self._answering.hurry

    def answer_fallback(self, accept: bool) -> bool:
        """Take the person's answer to an offered fallback; False when none is offered."""
        return self._answering.answer_fallback(accept)

    async def run(self) -> None:
        """Get answers and run the tools they ask for until one asks for none. Raises `ProviderError`."""
        request = self.request
        while True:
            await self._answering.answer(request)
            attempt = self._answering.attempt
            message = None if attempt is None else attempt.message()
            if attempt is None or message is None or self.tools is None or not _asks_for_tools(attempt):
                return
            self.publish(self.completed_event(message))
            self._round, self._asked_tools = Round(message), attempt
            await self._round.run(self.tools, pane=self.pane, turn=self.turn)
            self._close_round()
            request = replace(self.request, messages=(*self.request.messages, *self._done))
            self._rounds += 1
            self._check_limits(request)

    def end(self, failure: Failure | None) -> TurnResult:
        """Return the result; `failure` is None when the provider ended the answer."""
        asked = self._answering
        self._close_round()
        attempt = None if asked.attempt is self._asked_tools else asked.attempt
        text = attempt.text if attempt is not None else ""
        final = attempt.final if attempt is not None else None
        empty = not text.strip() and not (attempt is not None and attempt.calls)
        outcome, problem = verdict(failure, final, empty=empty)
        last = asked.attempt
        finished = TurnFinished(
            pane=self.pane,
            turn=self.turn,
            outcome=outcome,
            stop=final.stop if final is not None else None,
            usage=asked.spent,
            cost_pico=asked.cost_pico,
            attempts=asked.attempts,
            model=shown_line((final.model if final is not None else "") or asked.model or self.request.model),
            request_id=(failure.request_id if failure is not None else None)
            or (last.request_id if last is not None else None),
            first_token_s=last.first_token_s if last is not None else None,
            seconds=round(self.clock.monotonic() - (last.started if last is not None else asked.began), 4),
            retry_after=failure.retry_after if failure is not None else None,
            problem=problem,
            cached=asked.cached,
            refused_by_budget=failure is not None and failure.code == BUDGET_CODE,
            rounds=self._rounds,
        )
        complete = attempt.message() if attempt is not None and failure is None else None
        kept = rememberable(text, attempt.thinking if attempt is not None else "", complete)
        return TurnResult(
            remembered=(*self._done, kept) if kept is not None else tuple(self._done),
            complete=complete,
            finished=finished,
        )

    def completed_event(self, message: AssistantMessage) -> MessageCompleted:
        """Return the event that carries a whole message, as everything that is shown."""
        return MessageCompleted(pane=self.pane, turn=self.turn, message=shown_message(message))

    def _close_round(self) -> None:
        """Keep the messages of a round; a call without a result gets one that says so, as every provider demands."""
        if self._round is not None:
            self._done += self._round.messages()
            self._round = None

    def _check_limits(self, request: ChatRequest) -> None:
        """Raise `ProviderError` when one more round would be too many or too dear."""
        asked, tokens = self._answering, estimate_input(request)
        spent = Spent(
            cost_pico=asked.cost_pico,
            next_pico=self.guard.spending.estimate(asked.plan, tokens, 0),
            tokens=asked.spent.total_input_tokens + asked.spent.output_tokens,
            next_tokens=tokens,
        )
        failure = self.limits.failure(rounds=self._rounds, spent=spent)
        if failure is not None:
            raise ProviderError(failure)
        problem = None if spent.priced else self.limits.notice(shown_line(asked.plan.model))
        if problem is not None and self.guard.spending.first_without_price(asked.plan.model):
            self.publish(Notice(level=NoticeLevel.WARNING, problem=problem, pane=self.pane))


def _asks_for_tools(attempt: Attempt) -> bool:
    """Whether the model waits for results; a call in an answer that was cut may be half of what it meant."""
    return bool(attempt.calls) and attempt.final is not None and attempt.final.stop is StopReason.TOOL_USE
