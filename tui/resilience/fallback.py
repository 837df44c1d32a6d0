"""Who answers in place of a model that cannot: an order of targets, walked one failure at a time.

The chain only names the next target. The caller makes the call with a fresh budget hold and the same trust, and labels
the answer with who was asked, who answered and why. A chain that ends, ends with the last real error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self, TypeAlias

from tui.config.model import FallbackMode
from tui.core.errors import Failure, Outcome

STAYS: Final = frozenset({Outcome.SUCCESS, Outcome.CANCELLED, Outcome.CALLER_ERROR})
"""Outcomes that no other model is asked after: nothing failed, or the request itself is at fault."""


@dataclass(frozen=True, slots=True)
class Target:
    """A model at an endpoint; an empty `model` stands for the endpoint's default."""

    provider: str
    model: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the target written as `openai:gpt-6-luna` or `openai`; a model's name may hold colons itself."""
        provider, _, model = text.partition(":")
        if not provider:
            raise ValueError(f"no endpoint in {text!r}")
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}" if self.model else self.provider


class Stop(StrEnum):
    """Why no other model is asked."""

    OFF = "off"
    SHOWN = "shown"
    OUTCOME = "outcome"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Let `answers` answer what `asked` was asked; `reason` is the failure of the target before it.

    With `confirm` a person decides first.
    """

    asked: Target
    failed: Target
    answers: Target
    reason: Failure
    confirm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Nobody else answers; `failure` is what the person is to see: the last real error of all targets tried."""

    failure: Failure
    stop: Stop


Step: TypeAlias = Switch | Stay


class FallbackChain:
    """The fallbacks of one turn. The first target is the pane's own; a target named twice is tried once."""

    def __init__(self, targets: Sequence[Target], mode: FallbackMode = FallbackMode.ASK) -> None:
        if not targets:
            raise ValueError("a chain needs the target that was asked")
        self.targets = tuple(dict.fromkeys(targets))
        self.mode = mode
        self._failed: set[Target] = set()
        self._last_real: Failure | None = None

    @property
    def asked(self) -> Target:
        """The pane's own target."""
        return self.targets[0]

    def next(
        self,
        after: Target,
        reason: Failure,
        *,
        real: bool = True,
        visible: bool = False,
        usable: Callable[[Target], bool] = lambda _: True,
    ) -> Step:
        """Return what follows the failure of `after`.

        Args:
            after: The target that failed. It is not named again in this turn.
            reason: How it failed.
            real: False when no call was made at all (an open circuit, a refused budget).
            visible: Whether part of its answer is shown; then the person chooses and nobody else answers.
            usable: Tells whether a target can be asked now; those that cannot are passed over for this time.
        """
        self._failed.add(after)
        if real:
            self._last_real = reason
        last = self._last_real or reason
        if visible:
            return Stay(failure=reason, stop=Stop.SHOWN)
        if reason.outcome in STAYS:
            return Stay(failure=reason, stop=Stop.OUTCOME)
        if self.mode is FallbackMode.OFF:
            return Stay(failure=last, stop=Stop.OFF)
        answers = next((target for target in self.targets[1:] if target not in self._failed and usable(target)), None)
        if answers is None:
            return Stay(failure=last, stop=Stop.EXHAUSTED)
        confirm = self.mode is FallbackMode.ASK
        return Switch(asked=self.asked, failed=after, answers=answers, reason=reason, confirm=confirm)
