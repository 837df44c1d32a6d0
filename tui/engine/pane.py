"""One pane: its conversation, the prompts that wait, and the one turn that runs."""

import asyncio
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tui.core.chat import ChatRequest
from tui.core.clock import Clock
from tui.core.errors import Failure, Problem, ProviderError
from tui.core.events import (
    ConversationCleared,
    Event,
    Notice,
    NoticeLevel,
    PromptDropped,
    PromptQueued,
    ProviderLoading,
    ProviderReady,
    TurnStarted,
)
from tui.core.ids import new_id
from tui.core.secrets import mask
from tui.core.untrusted import clean
from tui.engine.guard import Guard, Route
from tui.engine.history import Exchange, History
from tui.engine.session import PanePlan
from tui.engine.tool_loop import RoundLimits
from tui.engine.tool_runner import ToolRunner
from tui.engine.turn import Turn, TurnResult
from tui.engine.verdict import CANCELLED, internal_failure


@dataclass(frozen=True, slots=True)
class _Waiting:
    prompt_id: str
    text: str


class Pane:
    """Answers prompts one after another. Every method but the coroutines returns at once."""

    def __init__(
        self,
        plan: PanePlan,
        routes: Sequence[Route],
        *,
        guard: Guard,
        publish: Callable[[Event], None],
        clock: Clock,
        tools: ToolRunner | None = None,
        limits: RoundLimits | None = None,
    ) -> None:
        self.name = plan.name
        self.plan = plan
        self._routes = {route.target: route for route in routes}
        self._provider = routes[0].provider
        self._guard = guard
        self._publish = publish
        self._clock = clock
        self._tools = tools
        self._limits = limits or RoundLimits()
        self._history = History()
        self._waiting: deque[_Waiting] = deque()
        self._task: asyncio.Task[None] | None = None
        self._turn: Turn | None = None
        self._ready = False
        self._closing = False
        self._clearing = False

    @property
    def busy(self) -> bool:
        """Whether a turn runs."""
        return self._task is not None

    def submit(self, text: str) -> None:
        """Answer `text` now, or queue it behind the running turn."""
        if self._closing:
            return
        if self._task is None:
            self._start(text, None)
            return
        waiting = _Waiting(new_id("prompt"), text)
        self._waiting.append(waiting)
        self._publish(PromptQueued(pane=self.name, prompt_id=waiting.prompt_id, text=text, waiting=len(self._waiting)))

    def stop(self) -> None:
        """End the running turn; its connection closes at once."""
        if self._task is not None:
            self._task.cancel()

    def drop_newest(self) -> bool:
        """Take back the newest waiting prompt; False when none waits."""
        if not self._waiting:
            return False
        dropped = self._waiting.pop()
        self._publish(PromptDropped(pane=self.name, prompt_id=dropped.prompt_id, waiting=len(self._waiting)))
        return True

    def drop_all(self) -> None:
        """Take back every waiting prompt."""
        while self.drop_newest():
            pass

    def retry(self) -> bool:
        """Send the last prompt again in place of its answer; False when there is none or a turn runs."""
        if self._task is not None or self._closing:
            return False
        prompt = self._history.take_last_prompt()
        if prompt is None:
            return False
        self._start(prompt, None, fresh=True)
        return True

    def clear(self) -> None:
        """Stop, forget the conversation and every waiting prompt."""
        self.drop_all()
        self._guard.repeats.forget(self.name)
        self._history = History()
        if self._task is None:
            self._tell_cleared()
        else:
            self._clearing = True
            self.stop()

    def would_send(self, text: str) -> ChatRequest:
        """Return the request that `text` would be sent with; nothing is sent or remembered."""
        return self._request(Exchange(text))

    def hurry(self) -> None:
        """Wait no longer for the next attempt."""
        if self._turn is not None:
            self._turn.hurry.set()

    def answer_fallback(self, accept: bool) -> bool:
        """Take the person's answer to an offered fallback; False when none is offered."""
        return self._turn is not None and self._turn.answer_fallback(accept)

    async def prepare(self) -> None:
        """Import the SDK and build the client, off the loop. Publishes loading and ready once."""
        if self._ready:
            return
        self._publish(ProviderLoading(pane=self.name))
        problem: Problem | None = None
        try:
            await self._provider.prepare()
        except ProviderError as error:
            problem = error.problem
        await self._guard.spending.prepare(self.plan)
        if problem is not None:
            self._publish(Notice(level=NoticeLevel.ERROR, problem=problem, pane=self.name))
        elif not self._ready:
            self._ready = True
            self._publish(ProviderReady(pane=self.name))

    async def close(self) -> None:
        """Stop the running turn, wait until it has said so, and start no other."""
        self._closing = True
        self._waiting.clear()
        self.stop()
        if self._task is not None:
            await asyncio.wait({self._task})

    def _start(self, text: str, waited: _Waiting | None, *, fresh: bool = False) -> None:
        turn_id = new_id("turn")
        exchange = self._history.begin(text)
        self._publish(
            TurnStarted(
                pane=self.name,
                turn=turn_id,
                prompt=clean(text),
                model=self.plan.model,
                prompt_id=waited.prompt_id if waited else None,
                waiting=len(self._waiting),
            )
        )
        turn = Turn(
            pane=self.name,
            turn=turn_id,
            request=self._request(exchange),
            fresh=fresh,
            routes=self._routes,
            guard=self._guard,
            publish=self._publish,
            clock=self._clock,
            tools=self._tools,
            limits=self._limits,
        )
        self._turn = turn
        self._task = asyncio.get_running_loop().create_task(self._run(turn), name=f"turn {self.name}")
        self._task.add_done_callback(lambda task: self._finish(task, turn, exchange))

    async def _run(self, turn: Turn) -> None:
        await self.prepare()
        if self._tools is not None:
            await self._tools.prompt.load()
            turn.request = replace(turn.request, system=self._system())
        await turn.run()

    def _finish(self, task: asyncio.Task[None], turn: Turn, exchange: Exchange) -> None:
        failure = _failure_of(task)
        result = turn.end(failure)
        exchange.replies = result.remembered
        if self._tools is not None:
            self._tools.end_turn(self.name, turn.turn)
        self._report(task, turn, result)
        self._task = self._turn = None
        if self._clearing:
            self._clearing = False
            self._tell_cleared()
        if self._waiting and not self._closing:
            waited = self._waiting.popleft()
            self._start(waited.text, waited)

    def _tell_cleared(self) -> None:
        if self._tools is not None:
            self._tools.forget(self.name)
        self._publish(ConversationCleared(pane=self.name))

    def _report(self, task: asyncio.Task[None], turn: Turn, result: TurnResult) -> None:
        if result.complete is not None:
            self._publish(turn.completed_event(result.complete))
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ProviderError):
            trace = mask("".join(traceback.format_exception(error)))
            problem = Problem(title="Internal error", text=trace)
            self._publish(Notice(level=NoticeLevel.ERROR, problem=problem, pane=self.name))
        self._publish(result.finished)

    def _request(self, exchange: Exchange) -> ChatRequest:
        tools = self._tools
        return ChatRequest(
            model=self.plan.model,
            messages=self._history.messages(exchange),
            system=self._system(),
            max_tokens=self.plan.max_tokens,
            effort=self.plan.effort,
            tools=() if tools is None else tools.specs,
        )

    def _system(self) -> str:
        tools = "" if self._tools is None else self._tools.prompt.text
        return "\n\n".join(filter(None, (self.plan.system, tools)))


def _failure_of(task: asyncio.Task[None]) -> Failure | None:
    if task.cancelled():
        return CANCELLED
    error = task.exception()
    return None if error is None else internal_failure(error)
