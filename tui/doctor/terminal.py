"""What the terminal can do: from the environment, and, where a person sits at one, by asking it."""

import contextlib
import os
import re
import select
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tui.core.untrusted import clean_line
from tui.doctor.report import Check, Status
from tui.ui.glyphs import is_cjk_locale

_GROUP: Final = "Terminal"
_ANSWER_S: Final = 1.0
_SMALL: Final = (60, 16)
_PANE_COLUMNS: Final = 38
_SYNC_QUERY: Final = b"\x1b[?2026$p"
_WIDTH_QUERY: Final = "\r●\x1b[6n\r\x1b[K".encode()
_LAST_QUERY: Final = b"\x1b[c"
_SYNC_ANSWER: Final = re.compile(rb"\x1b\[\?2026;(\d+)\$y")
_WIDTH_ANSWER: Final = re.compile(rb"\x1b\[\d+;(\d+)R")
_LAST_ANSWER: Final = re.compile(rb"\x1b\[\?[\d;]*c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What is known of the terminal. `size` is columns and lines, None without one; `answers` what it said."""

    is_tty: bool
    encoding: str
    size: tuple[int, int] | None = None
    answers: bytes | None = None


def look(ask: Callable[[], bytes | None] | None = None) -> Terminal:
    """Return what is known of the terminal of standard input and output."""
    is_tty = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower()
    if not is_tty:
        return Terminal(is_tty=False, encoding=encoding)
    size: tuple[int, int] | None = None
    with contextlib.suppress(OSError):
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
        size = (columns, lines)
    return Terminal(is_tty=True, encoding=encoding, size=size, answers=(ask or _ask)())


def terminal_checks(terminal: Terminal, environ: Mapping[str, str]) -> list[Check]:
    """Return the checks of the group “Terminal”."""
    if not terminal.is_tty:
        text = "standard input or output is no terminal; only llmmixer -p works like this"
        checks = [_check("tty", "terminal", Status.SKIP, text)]
    else:
        checks = [_check("tty", "terminal", Status.OK, "input and output are a terminal")]
    checks += [_term(environ), _colours(environ)]
    if terminal.size is not None:
        checks.append(_size(*terminal.size))
    checks.append(_locale(environ, terminal.encoding))
    around = [name for name, variable in (("tmux", "TMUX"), ("GNU screen", "STY")) if environ.get(variable)]
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        around.append("SSH (low-bandwidth mode is on unless ui.low_bandwidth says otherwise)")
    checks.append(_check("around", "around it", Status.OK, ", ".join(around) or "neither tmux nor SSH"))
    return checks + _asked(terminal)


def width_of_symbols(terminal: Terminal) -> int | None:
    """Return how many cells the terminal gives to a symbol of ambiguous width, None when it did not say."""
    match = _WIDTH_ANSWER.search(terminal.answers or b"")
    return int(match[1]) - 1 if match is not None else None


def _term(environ: Mapping[str, str]) -> Check:
    name = environ.get("TERM", "")
    if name in ("", "dumb"):
        detail = f"TERM is {name!r}" if name else "TERM is not set"
        remedy = "Use a terminal emulator, or set TERM to what it is, for example xterm-256color."
        return _check("term", "TERM", Status.WARN, detail, remedy)
    return _check("term", "TERM", Status.OK, clean_line(name))


def _colours(environ: Mapping[str, str]) -> Check:
    if environ.get("NO_COLOR"):
        return _check("colours", "colours", Status.OK, "off, because NO_COLOR is set")
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return _check("colours", "colours", Status.OK, "16 million (COLORTERM)")
    name = environ.get("TERM", "")
    if "256color" in name or "direct" in name or "kitty" in name:
        return _check("colours", "colours", Status.OK, "256 (TERM)")
    remedy = "If your terminal shows true colour, set COLORTERM=truecolor."
    return _check("colours", "colours", Status.WARN, "16 at most, as far as TERM tells", remedy)


def _size(columns: int, lines: int) -> Check:
    beside = columns // _PANE_COLUMNS
    how = f"{beside} panes fit side by side" if beside > 1 else "panes become tabs"
    detail = f"{columns} × {lines} cells; {how}"
    if columns < _SMALL[0] or lines < _SMALL[1]:
        remedy = f"Make the window at least {_SMALL[0]} × {_SMALL[1]}."
        return _check("size", "size", Status.WARN, detail, remedy)
    return _check("size", "size", Status.OK, detail)


def _locale(environ: Mapping[str, str], encoding: str) -> Check:
    name = _locale_name(environ) or "C"
    if encoding.replace("-", "") not in ("utf8", "utf8sig"):
        detail = f"{name}; output is {encoding or 'of unknown encoding'}, not UTF-8"
        return _check("locale", "locale", Status.WARN, detail, "Set LANG to a UTF-8 locale, for example C.UTF-8.")
    cjk = ", Chinese, Japanese or Korean: symbols may be two cells wide" if is_cjk_locale(environ) else ""
    return _check("locale", "locale", Status.OK, f"{name}, UTF-8{cjk}")


def _locale_name(environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")


def _asked(terminal: Terminal) -> list[Check]:
    if not terminal.is_tty:
        why = "no terminal to ask"
    elif terminal.answers is None:
        why = "the terminal does not answer questions"
    else:
        return [_synchronized(terminal.answers), _width(terminal)]
    titles = (("synchronized", "synchronized output"), ("width", "symbol width"))
    return [_check(name, title, Status.SKIP, why) for name, title in titles]


def _synchronized(answers: bytes) -> Check:
    match = _SYNC_ANSWER.search(answers)
    if match is not None and match[1] in (b"1", b"2", b"3"):
        return _check("synchronized", "synchronized output", Status.OK, "yes; frames appear whole")
    remedy = "Nothing breaks; a newer terminal (or tmux 3.4 and newer) flickers less."
    return _check("synchronized", "synchronized output", Status.WARN, "no; fast text may flicker", remedy)


def _width(terminal: Terminal) -> Check:
    cells = width_of_symbols(terminal)
    if cells is None:
        return _check("width", "symbol width", Status.SKIP, "the terminal does not tell where its cursor is")
    if cells == 1:
        return _check("width", "symbol width", Status.OK, "symbols such as a filled circle take one cell")
    remedy = 'Set ui.glyphs = "ascii", or let the terminal draw ambiguous characters narrow.'
    return _check("width", "symbol width", Status.WARN, f"symbols such as a filled circle take {cells} cells", remedy)


def _ask() -> bytes | None:
    """Ask the terminal all questions at once; None when it gives no answer to the one every terminal answers."""
    import termios
    import tty

    fd_in, fd_out = sys.stdin.fileno(), sys.stdout.fileno()
    try:
        before = termios.tcgetattr(fd_in)
    except termios.error:
        return None
    sys.stdout.flush()
    received = b""
    try:
        tty.setcbreak(fd_in, termios.TCSANOW)
        mode = termios.tcgetattr(fd_in)
        mode[3] &= ~termios.ECHO
        termios.tcsetattr(fd_in, termios.TCSANOW, mode)
        os.write(fd_out, _SYNC_QUERY + _WIDTH_QUERY + _LAST_QUERY)
        end = time.monotonic() + _ANSWER_S
        while not _LAST_ANSWER.search(received):
            ready, _, _ = select.select([fd_in], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return None
            data = os.read(fd_in, 1024)
            if not data:
                return None
            received += data
        return received
    except OSError:
        return None
    finally:
        termios.tcsetattr(fd_in, termios.TCSAFLUSH, before)


def _check(name: str, title: str, status: Status, detail: str, remedy: str = "") -> Check:
    return Check(id=f"terminal.{name}", group=_GROUP, title=title, status=status, detail=detail, remedy=remedy)
