"""Masking of secrets on their way to disk, screen log, telemetry and clipboard.

Known values of this process (its API keys) are masked first, then what is recognised by its shape or by the name
beside it. What a model or a file gets is never masked: a masked file that is written back would be destroyed.
"""

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Set
from enum import Enum
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, quote_plus

__all__ = ["LineMasker", "StreamMasker", "known_values", "mask", "mask_known", "mask_value", "register"]

_MIN_KNOWN: Final = 8
_SHORT: Final = 80
"""Characters up to which what was masked is remembered."""
_known: set[str] = set()


def register(values: Iterable[str]) -> None:
    """Add exact values to mask wherever they appear. Values under eight characters are ignored.

    They are also found as they stand in JSON text and percent-encoded in URLs.
    """
    _known.update(value for value in values if len(value) >= _MIN_KNOWN)


def known_values() -> frozenset[str]:
    """Return the exact values registered so far."""
    return frozenset(_known)


@lru_cache(maxsize=8)
def _forms(values: frozenset[str]) -> tuple[str, ...]:
    """Return every way the values are written, the longest first."""
    forms: set[str] = set(values)
    for value in values:
        sound = value.encode("utf-8", "replace").decode()
        forms |= {
            json.dumps(value)[1:-1],
            json.dumps(value, ensure_ascii=False)[1:-1],
            json.dumps(value)[1:-1].replace("/", "\\/"),
        }
        forms |= {quote(sound, safe=""), quote(sound), quote_plus(sound)}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


@lru_cache(maxsize=8)
def _known_pattern(values: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _forms(values))) or r"(?!)")


def _mask_known(match: re.Match[str]) -> str:
    from tui.core.secret_lines import label  # many patterns: not before the first frame

    return label("known", match[0])


def mask(text: str) -> str:
    """Return `text` with every known or recognisable secret replaced by ``[masked:kind:xxxx]``.

    The four hexadecimal digits are the same for the same secret within one run, so that two places can be
    seen to hold the same one; no character of the secret is kept. Masking twice changes nothing more, and JSON
    stays JSON.
    """
    if len(text) <= _SHORT:
        return _mask_short(text, frozenset(_known))
    return _mask_whole(text)


@lru_cache(maxsize=4096)
def _mask_short(text: str, values: frozenset[str]) -> str:
    """Mask names and ids, which are the same again and again; the answer depends on the known `values` too."""
    del values
    return _mask_whole(text)


def _mask_whole(text: str) -> str:
    from tui.core.secret_lines import mask_lines

    return mask_lines(mask_known(text))


def mask_known(text: str) -> str:
    """Return `text` with the registered values masked and nothing else: for text that is shown as it was said."""
    if _known:
        values = frozenset(_known)
        if any(form in text for form in _forms(values)):
            return _known_pattern(values).sub(_mask_known, text)
    return text


def mask_value(value: Any) -> Any:
    """Return a JSON-ready copy of `value` with the secrets in it masked at any depth, in keys and in values.

    A text under a name that holds secrets is masked as a whole. Mappings become dicts; sequences, sets and tuples
    lists; dataclasses dicts of their fields; exceptions their type, message, notes and causes; bytes text.
    """
    return _walk(value, "", ())


_DEEPEST: Final = 60


def _walk(value: Any, name: str, above: tuple[int, ...]) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        value = value.value if isinstance(value.value, str | int | float) else value.name
    if isinstance(value, bytes | bytearray | memoryview):
        value = bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return _mask_named(value, name) if name else mask(value)
    if id(value) in above or len(above) > _DEEPEST:
        return "[repeated]"
    above = (*above, id(value))
    if isinstance(value, BaseException):
        return _walk_error(value, above)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {item.name: getattr(value, item.name, None) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return _walk_mapping(value, above)
    if isinstance(value, list | tuple | Set):
        return [_walk(item, name, above) for item in value]
    return mask(_text_of(value))


def _walk_mapping(value: Mapping[Any, Any], above: tuple[int, ...]) -> dict[str, Any]:
    from tui.core.secret_names import name_strength

    result: dict[str, Any] = {}
    for key, item in value.items():
        text = str(key)
        masked = mask(text)
        while masked in result:
            masked += "'"
        result[masked] = _walk(item, text if name_strength(text) else "", above)
    return result


def _walk_error(error: BaseException, above: tuple[int, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {"type": type(error).__name__, "message": mask(_text_of(error))}
    if notes := getattr(error, "__notes__", None):
        told["notes"] = _walk(notes, "", above)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["cause"] = _walk(cause, "", above)
    if isinstance(error, BaseExceptionGroup):
        told["errors"] = _walk(error.exceptions, "", above)
    return told


def _text_of(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a foreign object's own text may fail in any way
        return f"<{type(value).__name__}: no text, {type(error).__name__}>"


def _mask_named(value: str, name: str) -> str:
    from tui.core.secret_lines import label
    from tui.core.secret_names import Strength, is_harmless, name_strength

    masked = mask(value)
    strength = name_strength(name)
    if masked != value or strength is Strength.NONE:
        return masked
    return value if is_harmless(value, strength, name=name, quoted=True, code=False) else label("value", value)


class StreamMasker:
    """Masks known values in text that arrives in pieces, with the same result for every way of cutting it.

    Only a tail that could be the beginning of a known value is held back.
    """

    def __init__(self) -> None:
        values = known_values()
        self._values = _forms(values)
        self._pattern = _known_pattern(values)
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the masked text that is safe to show now."""
        if not self._values:
            return text
        text = self._held + text
        safe: list[str] = []
        position = 0
        while True:
            hold = self._hold_from(text, position)
            match = self._pattern.search(text, position)
            if match is None or hold <= match.start():
                break
            safe += (text[position : match.start()], _mask_known(match))
            position = match.end()
        safe.append(text[position:hold])
        self._held = text[hold:]
        return "".join(safe)

    def flush(self) -> str:
        """Return what was held back, masked; the stream is over."""
        held, self._held = self._held, ""
        return self._pattern.sub(_mask_known, held)

    def _hold_from(self, text: str, start: int) -> int:
        """Return where the text begins that could still grow into a known value; its length when nothing could."""
        hold = len(text)
        for value in self._values:
            at = text.find(value[0], max(start, len(text) - len(value) + 1))
            while 0 <= at < hold:
                if value.startswith(text[at:]):
                    hold = at
                at = text.find(value[0], at + 1)
        return hold


class LineMasker:
    """Masks a text that arrives in pieces as `mask` does, for what is kept: logs, recorded output.

    Text comes out line by line. A line longer than eight thousand characters comes out in parts, cut where no secret
    is; a private key comes out as one label when it is over.
    """

    def __init__(self) -> None:
        from tui.core.secret_lines import LONGEST, Lines

        self._longest = LONGEST
        self._known = StreamMasker()
        self._lines = Lines()
        self._parts: list[str] = []
        self._length = 0

    def feed(self, text: str) -> str:
        """Return the masked text that is complete now."""
        return self._take(self._known.feed(text))

    def flush(self) -> str:
        """Return the rest, masked; the stream is over."""
        safe = self._take(self._known.flush())
        rest = "".join(self._parts)
        self._parts.clear()
        self._length = 0
        return safe + (self._lines.line(rest) if rest else "") + self._lines.end()

    def _take(self, text: str) -> str:
        self._parts.append(text)
        self._length += len(text)
        if "\n" not in text and self._length <= self._longest:
            return ""
        *whole, rest = "".join(self._parts).split("\n")
        done = [self._lines.line(line + "\n") for line in whole]
        while len(rest) > self._longest:
            masked, used = self._lines.piece(rest[: self._longest])
            done.append(masked)
            rest = rest[used:]
        self._parts = [rest]
        self._length = len(rest)
        return "".join(done)
