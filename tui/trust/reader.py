"""A command line read into simple commands: words, redirections, and everything that is not fully understood.

This is one of two readings of a command; the other is the grammar's (`shell`). Only where both see the same words in
the same commands, and neither has a doubt, can a command pass unasked.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from tui.trust.words import Places, Word, read_word

MOST_COMMANDS: Final = 50
_KEYWORDS: Final = frozenset(
    (
        "!", "[[", "]]", "{", "}", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function",
        "if", "in", "select", "then", "time", "until", "while",
    )
)  # fmt: skip
_OPERATOR: Final = re.compile(r"\|\||&&|\|&|;;&|;;|;&|&(?!>)|[|;\n()]")
_REDIRECTION: Final = re.compile(r"&>>|&>|<<<|<<-|<<|<>|<&|<\(|<|>>|>\||>&|>\(|>")
_BLANKS: Final = re.compile(r"(?:[ \t]|\\\n)+")
_STEP: Final = re.compile(r"\\(.)|'[^']*'?|\"|[^\\'\"]+|\\", re.DOTALL)
_STEP_IN_DOUBLE: Final = re.compile(r"\\(.)|\"|[^\\\"]+|\\", re.DOTALL)
_DIGITS: Final = re.compile(r"[0-9]+")
_NAMED: Final = re.compile(r"\{[A-Za-z_]\w*\}")

GROUP: Final = "It groups commands or defines a function."
HERE_DOCUMENT: Final = "It has a here-document."
KEYWORD: Final = "It uses control flow."
COMMENT: Final = "It has a comment."
SYNTAX: Final = "It cannot be read as a command."
BACKGROUND: Final = "It leaves a program running in the background."
PROCESS: Final = "It connects a program as a file."
TOO_MANY: Final = f"It has more than {MOST_COMMANDS} commands."


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirection:
    """One redirection: `operator` without its descriptor, and its target word (None where there is none)."""

    operator: str
    target: Word | None
    start: int
    end: int

    @property
    def writes(self) -> bool:
        """Whether it may write to a file."""
        return ">" in self.operator


@dataclass(slots=True, kw_only=True)
class Simple:
    """One simple command: variables set for it, its words, its redirections."""

    start: int
    end: int = 0
    sets: list[Word] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    redirections: list[Redirection] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    fed: bool = False
    """Whether it surely reads what the command before it prints."""

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where its words stand, in order."""
        return [(word.start, word.end) for word in self.words]

    @property
    def targets(self) -> list[tuple[int, int]]:
        """Where the targets of its redirections stand, in order."""
        return [(each.target.start, each.target.end) for each in self.redirections if each.target is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a command line consists of. `doubts` are sentences about what is not understood as a whole."""

    commands: tuple[Simple, ...]
    doubts: tuple[str, ...]


def spliced(source: str) -> str:
    """Return a command line with its continued lines joined, as bash does before it looks at anything but quotes.

    A backslash and the newline after it may stand in the middle of an operator or of `$(`. Where something else than
    plain quotes tells whether they count, the reading has its doubts anyway.
    """
    if "\\\n" not in source:
        return source
    out: list[str] = []
    quoted = False
    at = 0
    while at < len(source):
        found = (_STEP_IN_DOUBLE if quoted else _STEP).match(source, at)
        if found is None:
            break
        at = found.end()
        if found.group() == '"':
            quoted = not quoted
        if found.group(1) != "\n":
            out.append(found.group())
    return "".join(out)


def read_commands(source: str, places: Places) -> Reading:
    """Read a command line. Total: the worst text gives doubts, never an error."""
    reader = _Reader(source, places)
    reader.read()
    return Reading(commands=tuple(reader.commands), doubts=tuple(dict.fromkeys(reader.doubts)))


class _Reader:
    def __init__(self, source: str, places: Places) -> None:
        self.source = source
        self.places = places
        self.commands: list[Simple] = []
        self.doubts: list[str] = []
        self._current: Simple | None = None
        self._wants_command = False
        self._piped = False

    def read(self) -> None:
        at = 0
        while at < len(self.source):
            blanks = _BLANKS.match(self.source, at)
            if blanks is not None:
                at = blanks.end()
                continue
            if len(self.commands) > MOST_COMMANDS:
                break
            at = self._step(at)
            if at < 0:
                break
        self._finish()
        if len(self.commands) > MOST_COMMANDS:
            self.doubts.append(TOO_MANY)
        if self._wants_command:
            self.doubts.append(SYNTAX)

    def _step(self, at: int) -> int:
        source = self.source
        if source[at] == "#":
            self.doubts.append(COMMENT)
            end = source.find("\n", at)
            return len(source) if end < 0 else end
        operator = _OPERATOR.match(source, at)
        if operator is not None:
            self._operator(operator.group())
            return operator.end()
        redirection = self._redirection_at(at)
        if redirection >= 0:
            return self._redirect(at, redirection)
        word = read_word(source, at, self.places)
        if word.end == at:  # nothing that can begin a word; never stand still
            self.doubts.append(SYNTAX)
            return at + 1
        self._word(word)
        return word.end

    def _operator(self, operator: str) -> None:
        had_command = self._finish()
        if operator in {"(", ")"}:
            self.doubts.append(GROUP)
        elif operator in {";;", ";&", ";;&"}:
            self.doubts.append(KEYWORD)
        elif operator != "\n" and not had_command:
            self.doubts.append(SYNTAX)
        elif operator == "&":
            self.doubts.append(BACKGROUND)
        if operator in {"|", "|&", "||", "&&"}:
            self._wants_command = True
        self._piped = operator in {"|", "|&"}

    def _finish(self) -> bool:
        current, self._current = self._current, None
        if current is None:
            return False
        self.commands.append(current)
        return True

    def _command(self, at: int) -> Simple:
        if self._current is None:
            self._current = Simple(start=at, fed=self._piped)
            self._wants_command = False
        return self._current

    def _word(self, word: Word) -> None:
        command = self._command(word.start)
        command.end = word.end
        if not command.words and word.assigns:
            command.sets.append(word)
            return
        if not command.words and not word.quoted and word.raw in _KEYWORDS:
            self.doubts.append(KEYWORD)
            return
        command.words.append(word)

    def _redirection_at(self, at: int) -> int:
        """Return where the operator of a redirection stands that begins at `at`, or -1."""
        digits = _DIGITS.match(self.source, at) or _NAMED.match(self.source, at)
        operator = digits.end() if digits else at
        if self.source[operator : operator + 1] not in {"<", ">"} and not self.source.startswith("&>", operator):
            return -1
        return -1 if digits and self.source.startswith("&>", operator) else operator

    def _redirect(self, at: int, operator_at: int) -> int:
        command = self._command(at)
        found = _REDIRECTION.match(self.source, operator_at)
        operator = found.group() if found else "<"
        end = operator_at + len(operator)
        if self.source[at] == "{":
            command.doubts.append("It opens a descriptor by a name.")
        if operator in {"<(", ">("}:
            self.doubts.append(PROCESS)
            self._finish()
            return end
        if operator in {"<<", "<<-"}:
            self.doubts.append(HERE_DOCUMENT)
            return -1
        if operator == "<<<":
            command.doubts.append("It has a here-string.")
        return self._target(command, operator, at, end)

    def _target(self, command: Simple, operator: str, start: int, at: int) -> int:
        blanks = _BLANKS.match(self.source, at)
        at = blanks.end() if blanks else at
        if at >= len(self.source) or _OPERATOR.match(self.source, at) or self.source[at] in "<>":
            self.doubts.append(SYNTAX)
            command.end = at
            return at
        word = read_word(self.source, at, self.places)
        command.fed = command.fed and "<" not in operator
        command.redirections.append(Redirection(operator=operator, target=word, start=start, end=word.end))
        command.end = word.end
        return max(word.end, at + 1)
