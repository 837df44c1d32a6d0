"""Errors people can act on: what went wrong, where, and what to do next."""

from enum import IntEnum, StrEnum

from tui.core.record import Record, record


class ExitCode(IntEnum):
    """The exit codes other programs rely on."""

    OK = 0
    FAILED = 1
    USAGE = 2
    BUDGET = 3
    APPROVAL = 4
    ALL_MODELS_DOWN = 5
    TIMEOUT = 124
    INTERRUPTED = 130


@record
class Problem(Record):
    """An error as it is shown: a short title, one sentence of what happened, and a remedy (may be empty)."""

    title: str
    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.title}: {self.text}" + (f"\n  → {self.hint}" if self.hint else "")


class LLMMixerError(Exception):
    """Base of every error this program raises on purpose."""

    exit_code = ExitCode.FAILED

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class UsageError(LLMMixerError):
    """The command line or the configuration is wrong."""

    exit_code = ExitCode.USAGE


class Outcome(StrEnum):
    """How an attempt ended. Every attempt ends in exactly one."""

    SUCCESS = "success"
    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    QUOTA_SPENT = "quota_spent"
    CALLER_ERROR = "caller_error"
    AUTH = "auth"
    TRUNCATED = "truncated"
    CANCELLED = "cancelled"
    OFFLINE = "offline"


@record
class Failure(Record):
    """A failed attempt, classified.

    `retry_after` is in seconds, as the provider asked; `status` the HTTP status if there was one; `code` the
    provider's own error type or code.
    """

    outcome: Outcome
    problem: Problem
    retry_after: float | None = None
    status: int | None = None
    code: str = ""
    request_id: str | None = None


class ProviderError(LLMMixerError):
    """A model call failed; `failure` says how."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.problem)
        self.failure = failure
