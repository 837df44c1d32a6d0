"""Which of a person's own rules fit a call."""

from collections.abc import Sequence

from tui.core.trust_rules import COMMAND_TOOLS, FILE_TOOLS, Rule, parse_rule

__all__ = ["COMMAND_TOOLS", "FILE_TOOLS", "Rule", "begins_with", "holds", "parse_rule"]


def begins_with(words: Sequence[str], prefix: Sequence[str]) -> bool:
    """Tell whether a command begins with exactly these words."""
    return tuple(words[: len(prefix)]) == tuple(prefix)


def holds(words: Sequence[str], run: Sequence[str]) -> bool:
    """Tell whether these words occur one after another anywhere in a command."""
    return any(begins_with(words[start:], run) for start in range(len(words) - len(run) + 1))
