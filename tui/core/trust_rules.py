"""A person's own rules of trust, as text and as data: `allow run_command make test`, `deny read_file secrets/**`."""

from collections.abc import Iterable
from typing import Final

from tui.core.record import Record, record
from tui.core.trust import Decision

CATEGORIES: Final = ("file_delete", "system_command", "package_manifest", "env_file", "trusted_config")
"""What `require_confirmation` may name."""
COMMAND_TOOLS: Final = frozenset({"run_command", "run_interactive"})
FILE_TOOLS: Final = frozenset({"read_file", "list_files", "search", "write_file", "edit_file", "delete_file"})
_SHAPE: Final = "write it as `allow`, `ask` or `deny`, a tool, and its words or path: `deny read_file secrets/**`"


@record
class Rule(Record):
    """What happens to calls of `tool` (`*` for all) whose command begins with `words`, or whose path fits `path`.

    `path` is empty for rules of commands and for rules of every path; `words` is empty for rules of files and for
    rules of every command. `text` is the rule as written, with single blanks.
    """

    text: str
    decision: Decision
    tool: str
    words: tuple[str, ...] = ()
    path: str = ""


def parse_rule(text: str) -> Rule:
    """Return the rule that `text` says. Raises `ValueError` that says what to write instead."""
    words = text.split()
    if len(words) < 2:
        raise ValueError(f"A rule has at least two words: {_SHAPE}.")
    kind, tool, *rest = words
    if kind not in {"allow", "ask", "deny"}:
        raise ValueError(f"A rule begins with allow, ask or deny, not `{kind}`: {_SHAPE}.")
    if any(not character.isprintable() for word in words for character in word):
        raise ValueError("A rule holds printable characters only.")
    decision = Decision(kind)
    told = " ".join(words)
    if tool in COMMAND_TOOLS:
        return _command_rule(told, decision, tool, tuple(rest))
    if tool not in FILE_TOOLS and tool != "*":
        known = ", ".join(sorted(COMMAND_TOOLS | FILE_TOOLS))
        raise ValueError(f"There is no tool `{tool}`; write one of {known}, or `*` for all.")
    return _file_rule(told, decision, tool, " ".join(rest))


def _command_rule(text: str, decision: Decision, tool: str, words: tuple[str, ...]) -> Rule:
    if not words and decision is Decision.ALLOW:
        raise ValueError("Allowing every command is not possible; add the words a command begins with.")
    check_words(words)
    return Rule(text=text, decision=decision, tool=tool, words=words)


def check_words(words: Iterable[str]) -> None:
    """Raise `ValueError` where words of a command could never be met, as no command has them once it is parsed."""
    for word in words:
        if any(character in word for character in "'\"\\`$|&;<>(){}*?[]~#"):
            raise ValueError(f"Write the words of a command plainly, without quotes or shell characters: `{word}`.")


def _file_rule(text: str, decision: Decision, tool: str, path: str) -> Rule:
    if decision is Decision.ALLOW and tool == "*":
        raise ValueError("Name the tool that is allowed; `*` is for ask and deny only.")
    if ".." in path.split("/"):
        raise ValueError("Write the path without `..`, as it is seen from the project's folder.")
    return Rule(text=text, decision=decision, tool=tool, path=path)
