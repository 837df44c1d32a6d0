"""The prompt of a headless run: from the command line, from standard input, or from both."""

import os
import select
import sys
import time
from typing import Final

from tui.core.errors import Problem, UsageError

MOST_BYTES: Final = 32 * 1024 * 1024
_SAY_AFTER_S: Final = 3.0
_STDIN: Final = 0


def read_prompt(word: str, *, deadline: float | None = None) -> str:
    """Return the prompt for the `-p` word, with whatever is piped in below it after a blank line.

    The word ``-`` means standard input alone, read also from a terminal. `deadline` is on the monotonic clock;
    TimeoutError when it passes before the input ends. Raises UsageError for a prompt no model can be sent.
    """
    piped = ""
    if sys.stdin is not None and (word == "-" or not sys.stdin.isatty()):
        if sys.stdin.isatty():
            _tell("reading the prompt from the terminal; Ctrl+D ends it")
        piped = decode(_read_all(deadline))
    return join_prompt("" if word == "-" else word, piped)


def join_prompt(word: str, piped: str) -> str:
    """Put the piped text below the word, and refuse what cannot be sent.

    Both stay as they are, but for the line ends around the seam and at the end. Raises UsageError.
    """
    piped = piped.rstrip("\r\n")
    prompt = f"{word}\n\n{piped}" if word.strip() and piped.strip() else (word if word.strip() else piped)
    if not prompt.strip():
        raise _refused("Empty prompt", "There is nothing to send.", 'Write -p "…", or pipe the prompt in.')
    if "\0" in prompt:
        raise _refused("Not text", "The prompt has a NUL character in it.", "Is it a binary file?")
    if any("\ud800" <= character <= "\udfff" for character in prompt):
        raise _refused("Not text", "The prompt is not valid UTF-8.", "Convert it to UTF-8 first.")
    return prompt


def decode(data: bytes) -> str:
    """Return piped bytes as text. Raises UsageError naming the first byte that is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = f"Standard input is not UTF-8 text: byte 0x{data[error.start]:02x} at position {error.start}."
        raise _refused("Not text", text, "Convert it first, for example with iconv.") from error


def _read_all(deadline: float | None) -> bytes:
    parts: list[bytes] = []
    size = 0
    told_at = time.monotonic() + _SAY_AFTER_S
    told = False
    while True:
        if not told and not parts and time.monotonic() >= told_at:
            told = True
            _tell("waiting for standard input to end; use </dev/null if there is none")
        if not _readable(deadline, None if told or parts else told_at):
            continue
        data = os.read(_STDIN, 1 << 16)
        if not data:
            return b"".join(parts)
        parts.append(data)
        size += len(data)
        if size > MOST_BYTES:
            text = f"Standard input has more than {MOST_BYTES >> 20} MiB, more than any model reads."
            raise _refused("Too long", text, "Send a part of it.")


def _readable(deadline: float | None, wake: float | None) -> bool:
    """Wait for input until `wake`; False when it came first. Raises TimeoutError at the deadline."""
    now = time.monotonic()
    if deadline is not None and now >= deadline:
        raise TimeoutError
    ends = [end for end in (deadline, wake) if end is not None]
    ready, _, _ = select.select([_STDIN], [], [], max(0.0, min(ends) - now) if ends else None)
    return bool(ready)


def _tell(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"llmmixer: {text}\n")
        sys.stderr.flush()


def _refused(title: str, text: str, hint: str) -> UsageError:
    return UsageError(Problem(title=title, text=text, hint=hint))
