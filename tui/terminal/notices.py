"""What a program tells its terminal besides what is to be seen: titles, bells, folders, clipboard, prompt marks.

Texts come cleaned; a clipboard text comes as the program sent it and is for the person to judge.
"""

from dataclasses import dataclass
from typing import TypeAlias

from tui.core.record import Record


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Titled(Record):
    """The program named its window."""

    title: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rang(Record):
    """The program rang the bell."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WentTo(Record):
    """The shell works in another folder (OSC 7), on `host`, which is empty when it did not say."""

    path: str
    host: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClipboardWrite(Record):
    """The program wants `text` on the clipboard (OSC 52). Reading the clipboard is never answered."""

    text: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PromptMark(Record):
    """A shell's mark (OSC 133): `kind` A prompt, B typing, C output, D done, with the exit code if it said one."""

    kind: str
    exit_code: int | None = None


Notice: TypeAlias = Titled | Rang | WentTo | ClipboardWrite | PromptMark
