"""Masking of secrets on their way to disk, screen log, telemetry and clipboard.

Known values of this process (its API keys) are masked first, then what is recognised by its shape or by the name
beside it. What a model or a file gets is never masked: a masked file that is written back would be destroyed.
"""

import base64
import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Set
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote, quote_plus

__all__ = [
    "StreamMasker", "holds_known", "known_values", "mask", "mask_known", "mask_value", "register",
    "register_environment",
]  # fmt: skip

_MIN_KNOWN: Final = 8
_MIN_VARIABLE: Final = 12
"""Characters from which a variable of the environment is taken for a secret: shorter ones may be ordinary words."""
_MIN_CUT: Final = 8
_PAST_NAME: Final = 4
"""A known value that was cut off is masked from this many characters, and as many after what its kind begins with."""
_KIND: Final = re.compile(r"(?:[A-Za-z0-9]{1,8}[-_.]){1,3}")
_SHORT: Final = 80
"""Characters up to which what was masked is remembered."""
_ESCAPE: Final = re.compile(r"%[0-9A-F]{2}")
_known: set[str] = set()


def register(values: Iterable[str]) -> None:
    """Add exact values to mask wherever they appear. Values under eight characters are ignored.

    They are also found as they stand in JSON text, percent-encoded in URLs, in base64 and in hexadecimal digits.
    """
    _known.update(value for value in values if len(value) >= _MIN_KNOWN)


def register_environment(environ: Mapping[str, str]) -> None:
    """Add the variables that hold a secret by their name and look like one: long, without rhythm, no path."""
    from tui.core.secret_names import Strength, is_harmless, name_strength

    register(
        value
        for name, value in environ.items()
        if len(value) >= _MIN_VARIABLE
        and name_strength(name) >= Strength.RANDOM
        and not is_harmless(value, Strength.RANDOM, name=name, quoted=True, code=False)
    )


def known_values() -> frozenset[str]:
    """Return the exact values registered so far."""
    return frozenset(_known)


@lru_cache(maxsize=8)
def _forms(values: frozenset[str]) -> tuple[str, ...]:
    """Return every way the values are written, the longest first."""
    forms: set[str] = set(values)
    for value in values:
        raw = value.encode("utf-8", "replace")
        sound = raw.decode()
        forms |= {
            json.dumps(value)[1:-1],
            json.dumps(value, ensure_ascii=False)[1:-1],
            json.dumps(value)[1:-1].replace("/", "\\/"),
        }
        escaped = {quote(sound, safe=""), quote(sound), quote_plus(sound)}
        forms |= escaped | {_ESCAPE.sub(lambda match: match[0].lower(), text) for text in escaped}
        forms |= {raw.hex(), raw.hex().upper()}
        forms |= _in_base64(raw)
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _in_base64(raw: bytes) -> set[str]:
    """Return what base64 texts that hold `raw` have in common; their ends depend on what stands beside it."""
    forms: set[str] = set()
    for shift in range(3):
        whole = (shift + len(raw)) // 3 * 4
        inner = base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : whole].decode()
        if len(inner) >= _MIN_KNOWN:
            forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return forms


class _Known(NamedTuple):
    """What finds the forms of some values: the whole ones, where one may begin, and from which length it tells."""

    whole: re.Pattern[str]
    begun: re.Pattern[str]
    begin: dict[str, tuple[str, ...]]
    longest: int

    def cut_from(self, text: str, start: int, *, telling: bool) -> int:
        """Return where the end of `text` begins that could grow into a form; its length when nothing could.

        With `telling` it must be long enough to be one that was cut off.
        """
        begun = self.begun.search(text, max(start, len(text) - self.longest + 1))
        while begun is not None:
            at = begun.start()
            for form in self.begin[text[at : at + 2]]:
                if form.startswith(text[at:]) and not (telling and len(text) - at < _least(form)):
                    return at
            begun = self.begun.search(text, at + 1)
        return len(text)

    def masked(self, text: str) -> str:
        """Return `text` with every form replaced, and at its end the beginning of one that was cut off."""
        end = 0
        parts: list[str] = []
        for match in self.whole.finditer(text):
            parts += (text[end : match.start()], _label_known(match[0]))
            end = match.end()
        cut = self.cut_from(text, end, telling=True)
        parts.append(text[end:cut])
        if cut < len(text):
            parts.append(_label_known(text[cut:]))
        return "".join(parts)


@lru_cache(maxsize=8)
def _finder(values: frozenset[str]) -> _Known:
    forms = _forms(values)
    begin: dict[str, list[str]] = {}
    for form in forms:
        for text in (form[:1], form[:2]):
            begin.setdefault(text, []).append(form)
    pairs, firsts = (sorted(text for text in begin if len(text) == size) for size in (2, 1))
    begun = f"{'|'.join(map(re.escape, pairs))}|(?:{'|'.join(map(re.escape, firsts))})\\Z" if forms else r"(?!)"
    return _Known(
        whole=re.compile("|".join(map(re.escape, forms)) or r"(?!)"),
        begun=re.compile(begun),
        begin={text: tuple(those) for text, those in begin.items()},
        longest=max(map(len, forms), default=1),
    )


@lru_cache(maxsize=1024)
def _least(form: str) -> int:
    """Return how many characters of a form's beginning are more than what all of its kind begin with."""
    kind = _KIND.match(form, 0, len(form) // 2)
    return min(max(_MIN_CUT, (kind.end() if kind else 0) + _PAST_NAME), len(form) - 1)


def _label_known(secret: str) -> str:
    from tui.core.secret_lines import label  # many patterns: not before the first frame

    return label("known", secret)


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
    """Return `text` with the registered values masked and nothing else: for text that is shown as it was said.

    A value whose end is missing where the text ends is masked too, as what it is: the beginning of a secret.
    """
    if _known:
        values = frozenset(_known)
        finder = _finder(values)
        if any(form in text for form in _forms(values)) or finder.cut_from(text, 0, telling=True) < len(text):
            return finder.masked(text)
    return text


def holds_known(text: str) -> bool:
    """Tell whether a registered value stands in `text`, whole, in one of its forms."""
    return bool(_known) and any(form in text for form in _forms(frozenset(_known)))


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
        self._finder = _finder(known_values()) if _known else None
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the masked text that is safe to show now."""
        finder = self._finder
        if finder is None:
            return text
        text = self._held + text
        safe: list[str] = []
        position = 0
        while True:
            hold = finder.cut_from(text, position, telling=False)
            match = finder.whole.search(text, position)
            if match is None or hold <= match.start():
                break
            safe += (text[position : match.start()], _label_known(match[0]))
            position = match.end()
        safe.append(text[position:hold])
        self._held = text[hold:]
        return "".join(safe)

    def flush(self) -> str:
        """Return what was held back, masked, also a long beginning of a known value; the stream is over."""
        held, self._held = self._held, ""
        return self._finder.masked(held) if self._finder is not None else held
