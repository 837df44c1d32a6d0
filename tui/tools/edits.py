"""Replacing exact text, and telling a model precisely why a text could not be replaced. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from tui.tools.requests import Edit
from tui.tools.textfile import Positions, TextFile

_SHOWN_PLACES: Final = 8
_NEAREST_LINES: Final = 20_000
_LONGEST_COMPARED: Final = 300
_CANDIDATES: Final = 3


class EditError(ValueError):
    """A replacement cannot be made.

    When the text is not there, `near` shows the lines of the file that resemble it, if any; else it is None.
    """

    def __init__(self, text: str, near: str | None = None) -> None:
        super().__init__(text)
        self.near = near


def apply_edits(file: TextFile, edits: Sequence[Edit]) -> str:
    """Return the file's text after all `edits`, in order; what they do not touch stays as it is to the last byte.

    Texts are compared with newlines for line ends, and written with the file's own. Raises EditError.
    """
    text = file.text
    for number, edit in enumerate(edits, 1):
        text = _apply(file, text, edit, f"Edit {number} of {len(edits)}: " if len(edits) > 1 else "")
    return text


def _apply(file: TextFile, text: str, edit: Edit, which: str) -> str:
    flat, old = text.replace("\r\n", "\n"), edit.old.replace("\r\n", "\n")
    places = list(_places(flat, old))
    if not places:
        raise EditError(f"{which}`old` is not in the file.{_reason(flat, old)}", _nearest(flat, old))
    if len(places) > 1 and not edit.all:
        lines = ", ".join(str(flat.count("\n", 0, place) + 1) for place in places[:_SHOWN_PLACES])
        more = ", …" if len(places) > _SHOWN_PLACES else ""
        raise EditError(
            f"{which}`old` is in the file {len(places)} times, at lines {lines}{more}. Give more of the text around "
            "the place you mean, or set `all` to replace every one."
        )
    positions, new = Positions(text), file.with_ends(edit.new)
    parts: list[str] = []
    end = 0
    for place in places:
        parts += (text[end : positions.original(place)], new)
        end = positions.original(place + len(old))
    parts.append(text[end:])
    return "".join(parts)


def _places(text: str, old: str) -> Iterator[int]:
    at = text.find(old)
    while at >= 0:
        yield at
        at = text.find(old, at + len(old))


def _reason(text: str, old: str) -> str:
    """Return a sentence on what differs when the text is there but for something easily overlooked, or nothing."""
    if (loose := _squeezed(old)).strip() and loose in _squeezed(text):
        return " It is there with other spaces or tabs: copy the indentation exactly."
    if (words := " ".join(old.split())) and words in " ".join(text.split()):
        return " It is there with other white space or line breaks: copy it exactly."
    if old.casefold() in text.casefold():
        return " It is there in other upper and lower case."
    numbered = re.sub(r"(?m)^ *\d+(?:[\t|→]|: ?)", "", old)
    if numbered != old and numbered.strip() and numbered in text:
        return " It is there without the line numbers in front."
    return ""


def _squeezed(text: str) -> str:
    """Return `text` with one space for every run of spaces and tabs within a line, none at its ends."""
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def _nearest(text: str, old: str) -> str:
    """Return the lines of the file that resemble the first line of `old`, with their numbers."""
    import difflib

    wanted = next((line.strip() for line in old.split("\n") if line.strip()), "")[:_LONGEST_COMPARED]
    if not wanted:
        return ""
    lines = text.split("\n")[:_NEAREST_LINES]
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    best: list[tuple[float, int]] = []
    for index, line in enumerate(lines):
        matcher.set_seq1(line.strip()[:_LONGEST_COMPARED])
        floor = best[-1][0] if len(best) == _CANDIDATES else 0.6
        if matcher.real_quick_ratio() > floor and matcher.quick_ratio() > floor and (ratio := matcher.ratio()) > floor:
            best = sorted([*best, (ratio, index)], key=lambda item: (-item[0], item[1]))[:_CANDIDATES]
    return "\n".join(
        f"{index + 1}: {lines[index][:_LONGEST_COMPARED]}" for _, index in sorted(best, key=lambda b: b[1])
    )
