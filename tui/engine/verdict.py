"""What the end of an answer means, in one outcome and in words for a person."""

from typing import Final

from tui.core.chat import ChatRequest, Finished, StopReason
from tui.core.errors import Failure, Outcome, Problem, ProviderError
from tui.core.secrets import mask
from tui.core.untrusted import clean_line
from tui.core.validation import size_problem
from tui.engine.attempt import estimate_input
from tui.engine.shown import shown_line
from tui.spend.windows import window_of

_STOP_PROBLEMS: Final = {
    StopReason.MAX_TOKENS: Problem(
        title="Answer cut at its token limit",
        text="The model reached the most tokens one answer may have.",
        hint="Ask it to go on, or raise `max_tokens` of this pane.",
    ),
    StopReason.REFUSAL: Problem(
        title="Refused", text="The model declined to answer.", hint="Rephrase the prompt or ask another model."
    ),
    StopReason.CONTENT_FILTER: Problem(
        title="Filtered", text="The provider's content filter ended the answer.", hint="Rephrase the prompt."
    ),
    StopReason.CONTEXT_FULL: Problem(
        title="Context full",
        text="The conversation no longer fits into the model's window.",
        hint="Start a new conversation with /clear.",
    ),
    StopReason.MALFORMED_CALL: Problem(
        title="Malformed tool call",
        text="The model wrote a tool call that is not valid.",
        hint="Send the prompt again.",
    ),
}


def verdict(failure: Failure | None, final: Finished | None, *, empty: bool) -> tuple[Outcome, Problem | None]:
    """Return the outcome of an answer and what a person should know of it; `failure` is None when it came whole."""
    if failure is not None:
        return failure.outcome, failure.problem
    stop = final.stop if final is not None else StopReason.OTHER
    problem = _STOP_PROBLEMS.get(stop)
    if problem is not None and final is not None and final.stop_detail:
        problem = Problem(title=problem.title, text=shown_line(final.stop_detail), hint=problem.hint)
    if problem is None and empty:
        problem = Problem(
            title="Empty answer", text="The model ended its turn without any text.", hint="Send the prompt again."
        )
    return Outcome.SUCCESS, problem


def oversize(request: ChatRequest) -> Failure | None:
    """Return why a request is not sent: it does not fit its model's window. None where the window is not known."""
    problem = size_problem(estimate_input(request), window_of(request.model), model=clean_line(request.model, 80))
    return None if problem is None else Failure(outcome=Outcome.CALLER_ERROR, problem=problem)


CANCELLED: Final = Failure(outcome=Outcome.CANCELLED, problem=Problem(title="Stopped", text="You stopped this answer."))


def internal_failure(error: BaseException) -> Failure:
    """Return the failure of a turn that ended by a mistake in this program rather than the provider's."""
    if isinstance(error, ProviderError):
        return error.failure
    return Failure(
        outcome=Outcome.CALLER_ERROR,
        problem=Problem(
            title="Internal error",
            text=clean_line(mask(f"{type(error).__name__}: {error}")),
            hint="This is a defect in LLMMixer; the session journal holds the details.",
        ),
    )
