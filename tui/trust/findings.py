"""What the steps of the policy say: findings that only ever raise the level from allow over ask to deny."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tui.core.trust import Decision

_LEVEL: Final = {Decision.ALLOW: 0, Decision.ASK: 1, Decision.DENY: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a step says of a call: a level, one plain sentence, and the rule that says so."""

    decision: Decision
    reason: str
    rule: str


def ask(reason: str, rule: str) -> Finding:
    """Return a finding that a person has to be asked."""
    return Finding(Decision.ASK, reason, rule)


def deny(reason: str, rule: str) -> Finding:
    """Return a finding that refuses."""
    return Finding(Decision.DENY, reason, rule)


def level(decision: Decision) -> int:
    """Return how strict a decision is: 0 allows, 1 asks, 2 refuses."""
    return _LEVEL[decision]


def worst(findings: Iterable[Finding]) -> Finding | None:
    """Return the strictest finding, the first of several; None when there is none."""
    return max(findings, key=lambda finding: _LEVEL[finding.decision], default=None)


def quoted(text: str, limit: int = 80) -> str:
    """Return foreign text for a sentence: short, on one line, between backticks."""
    line = " ".join(text.split())
    return f"`{line if len(line) <= limit else line[: limit - 1] + '…'}`"
