"""Masking line by line: private keys over many lines, a value on the line after its name, very long lines.

One state machine serves whole texts and streams alike, so both give the same result.
"""

import hashlib
import hmac
import os
import re
from typing import Final

from tui.core import secret_rules
from tui.core.secret_names import LABEL, Strength, is_harmless, name_strength
from tui.core.secret_rules import KEYWORDS, Span, lowered
from tui.core.secret_shapes import BARE

LONGEST: Final = 8192
"""Characters of a line that are looked at together; a longer line is worked on in pieces of at most this size."""
_TAIL: Final = 1024
_ROUNDS: Final = 5
_SALT: Final = os.urandom(16)

_BEGIN: Final = re.compile(r"-{4,5} ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_END: Final = re.compile(r"-{4,5} ?END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_SAME_LINE: Final = re.compile(
    r"(?:\s*(?:\\+[nr]|[A-Za-z-]+: [^\\\n]{1,80}(?=\\+n)|[A-Za-z0-9+/=]{16,}|(?<=n)[A-Za-z0-9+/=]{1,15}|\\+/))+"
)
_BODY_LINE: Final = re.compile(r"""[\s>|+#*"'-]{0,40}[A-Za-z0-9+/=]+(?:\\[nr])*["',+\s\\]*""")
_FIRST_BODY: Final = re.compile(r"[A-Za-z0-9+/=]{16,}")
_HEADER_LINE: Final = re.compile(r"[\s>|+#]{0,40}[A-Za-z-]+: .{1,120}")
_OPEN: Final = re.compile(
    r"""(?:^[\s-]*|[{,(<][\s<]*)(?:\\*["'`])?(?P<name>[\w.-]{1,60})(?:\\*["'`])?\s*(?:[:=]\s*(?P<block>[|>][+-]?)?|>)\s*\Z"""
)
_OPEN_LONGEST: Final = 200
_NAME_FIELD: Final = re.compile(
    r"""\s*-?\s*["']?(?:name|key|Name|Key)["']?\s*[:=]\s*["']?(?P<name>[\w.-]+)["']?,?\s*"""
)
_NEXT_VALUE: Final = re.compile(
    r"""\s*(?:["']?[Vv]alue["']?\s*[:=]\s*)?(?:(?P<quote>["'`])(?P<text>[^"'`\n]+)(?P=quote).*|(?P<bare>[^\s"'`<>]+)\s*)""",
    re.DOTALL,
)
_PAIR: Final = re.compile(r"\s*(?:- )?[\w.-]+\s*[:=]\s.*", re.DOTALL)
_SWALLOWED: Final = re.compile(r"""[^\s"'`<>]*""")


def label(kind: str, secret: str) -> str:
    """Return what stands in place of `secret`: its kind and four digits that are the same for the same secret."""
    return _label(kind, hmac.new(_SALT, secret.encode("utf-8", "replace"), hashlib.sha256))


def _label(kind: str, digest: hmac.HMAC) -> str:
    return f"[masked:{kind}:{digest.hexdigest()[:4]}]"


def replace(line: str, spans: list[Span]) -> str:
    """Return `line` with every span replaced by its label."""
    parts: list[str] = []
    position = 0
    for span in spans:
        parts += (line[position : span.start], label(span.kind, line[span.start : span.end]))
        position = span.end
    parts.append(line[position:])
    return "".join(parts)


def masked_line(line: str) -> str:
    """Return a line with its secrets replaced, until nothing more is found in what is left."""
    for _ in range(_ROUNDS):
        spans = secret_rules.find(line)
        if not spans:
            break
        line = replace(line, spans)
    return line


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t-"))


def _of_interest(line: str) -> bool:
    lower = lowered(line)
    return any(text in lower for text in KEYWORDS) or BARE.search(line) is not None


class Lines:
    """Masks lines given one after another.

    `line` returns what is safe to pass on, `end` what is still kept back; `open` says that something is kept back
    or that the next line depends on this one.
    """

    def __init__(self) -> None:
        self._key: hmac.HMAC | None = None
        self._marker = ""
        self._sure = False
        self._broken = False
        self._name = ""
        self._indent: int | None = None
        self._swallowing = False

    @property
    def open(self) -> bool:
        """Whether the meaning of the next line depends on the lines before."""
        return self._key is not None or bool(self._name) or self._swallowing

    def line(self, line: str) -> str:
        """Take one line with its line break (the last one may have none)."""
        parts: list[str] = []
        while len(line) > LONGEST:
            done, used = self._piece(line[:LONGEST])
            parts.append(done)
            line = line[used:]
        parts.append(self._take(line))
        return "".join(parts)

    def _piece(self, window: str) -> tuple[str, int]:
        """Take the beginning of a line that is longer than `LONGEST`; return what came of how many characters."""
        if self._key is not None or self._swallowing:
            return self._take(window), len(window)
        cut = len(window) - _TAIL
        begin = window.rfind("-----BEGIN ", cut - _TAIL)
        spans = secret_rules.find(window)
        for span in spans:
            if span.context < cut < span.end or (span.start < cut and span.end == len(window)):
                cut = span.context
        if cut <= 0:
            first = spans[0]
            self._swallowing = first.end == len(window)
            return replace(window[: first.end], [first]), first.end
        if 0 <= begin < cut:
            cut = begin
        return self._take(window[:cut]), cut

    def end(self) -> str:
        """Return what is kept back; the text is over."""
        self._name, self._indent, self._swallowing = "", None, False
        return self._close_key()

    def _take(self, line: str) -> str:
        if self._swallowing:
            gone = _SWALLOWED.match(line)
            end = gone.end() if gone else 0
            self._swallowing = end == len(line)
            line = line[end:]
        if self._key is not None:
            return self._in_key(line)
        if self._name:
            return self._after_name(line)
        if "PRIVATE KEY" in line:
            begin = _BEGIN.search(line)
            if begin is not None:
                return self._begin_key(line, begin)
        return self._plain(line)

    def _plain(self, line: str) -> str:
        if not _of_interest(line):
            return line
        masked = masked_line(line)
        if line.endswith("\n"):
            self._note_name(masked)
        return masked

    def _note_name(self, line: str) -> None:
        """Remember a secret's name at the end of a line; its value may follow on the next."""
        field = _NAME_FIELD.fullmatch(line)
        opened = field or _OPEN.search(line) if len(line) <= _OPEN_LONGEST else None
        if opened is None or name_strength(opened["name"]) < Strength.RANDOM:
            return
        self._name = opened["name"]
        self._indent = None
        if field is None and opened["block"]:
            self._indent = _indentation(line)

    def _after_name(self, line: str) -> str:
        name, indent = self._name, self._indent
        deeper = indent is not None and _indentation(line) > indent
        if not line.strip() or not line.endswith("\n"):
            self._name = name if not line.strip() else ""
        elif not deeper:
            self._name, self._indent = "", None
        if not line.strip() or (indent is not None and not deeper):
            return line if not line.strip() else self._take(line)
        match = _NEXT_VALUE.fullmatch(line)
        is_value = "alue" in line or not _PAIR.fullmatch(line)
        if "PRIVATE KEY" in line or match is None or not is_value or LABEL.search(line):
            self._name, self._indent = "", None
            return self._take(line)
        quoted = match["text"] is not None
        start = match.start("text" if quoted else "bare")
        value = match["text"] if quoted else match["bare"].rstrip(" \t\r,;")
        if is_harmless(value, name_strength(name), name=name, quoted=quoted, code=indent is None):
            return self._plain(line)
        spans = [Span(start, start, start + len(value), "value")]
        return replace(line, spans)

    def _begin_key(self, line: str, begin: re.Match[str]) -> str:
        before, rest = line[: begin.start()], line[begin.end() :]
        done = masked_line(before)
        end = _END.search(rest)
        if end is not None and len(rest[: end.start()].strip(" \\nr\"'.,`")) >= 8:  # prose names both marks
            return done + label("pem", line[begin.start() : begin.end() + end.end()]) + self._take(rest[end.end() :])
        body = _SAME_LINE.match(rest)
        if body is None and rest.strip(" \t\r\n\"'\\+,"):
            return done + line[begin.start() : begin.end()] + self._take(rest)
        self._key = hmac.new(_SALT, begin[0].encode(), hashlib.sha256)
        self._marker = line[begin.start() :]
        self._broken = line.endswith("\n")
        self._sure = False
        if body is None:
            return done
        self._sure = True
        tail = rest[body.end() :]
        if tail.strip(" \t\r\n"):
            self._key.update(body[0].encode())
            self._broken = False
            return done + self._close_key() + self._take(tail)
        return done

    def _in_key(self, line: str) -> str:
        assert self._key is not None  # noqa: S101 - the callers asked
        end = _END.search(line)
        if end is not None:
            self._sure, self._broken = True, False
            return self._close_key() + self._take(line[end.end() :])
        stripped = line.strip()
        blank = not stripped and not self._sure
        body = _HEADER_LINE.fullmatch(stripped) if not self._sure else None
        if body is None and stripped and (self._sure or _FIRST_BODY.search(stripped)):
            body = _BODY_LINE.fullmatch(line)
            self._sure = self._sure or body is not None
        if blank or body is not None:
            self._key.update(line.encode("utf-8", "replace"))
            self._broken = line.endswith("\n")
            if not self._sure:
                self._marker += line
            return ""
        return self._close_key() + self._take(line)

    def _close_key(self) -> str:
        key, self._key = self._key, None
        marker, self._marker = self._marker, ""
        if key is None:
            return ""
        if not self._sure:
            return marker
        return _label("pem", key) + ("\n" if self._broken else "")


def mask_lines(text: str) -> str:
    """Return `text` with the secrets of its lines masked."""
    starts = _lines_of_interest(text)
    if not starts:
        return text
    parts: list[str] = []
    lines = Lines()
    position = 0
    for start in starts:
        if start < position:
            continue
        parts.append(text[position:start])
        position = start
        while True:
            end = text.find("\n", position) + 1 or len(text)
            parts.append(lines.line(text[position:end]))
            position = end
            if not lines.open or position >= len(text):
                break
    parts += (lines.end(), text[position:])
    return "".join(parts)


def _lines_of_interest(text: str) -> list[int]:
    """Return where the lines begin that hold a keyword or a bare shape, in order."""
    lower = lowered(text)
    starts: set[int] = set()
    for keyword in KEYWORDS:
        at = lower.find(keyword)
        while at >= 0:
            starts.add(text.rfind("\n", 0, at) + 1)
            end = text.find("\n", at)
            if end < 0:
                break
            at = lower.find(keyword, end)
    starts.update(text.rfind("\n", 0, found.start()) + 1 for found in BARE.finditer(text))
    return sorted(starts)
