"""Masking of secrets on their way to disk, screen log and clipboard.

Known values of this process (its API keys) are masked first, then the shapes of well-known credentials. What
a model or a file gets is never masked: a masked file that is written back would be destroyed.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_MIN_KNOWN: Final = 8
_SALT: Final = os.urandom(16)
_known: set[str] = set()

_SHAPES: Final = re.compile(
    r"""
    (?P<pem>-----BEGIN[A-Z ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END[A-Z ]*PRIVATE\ KEY-----|\Z))
  | (?P<jwt>\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})
  | (?P<key>\b(?:
        sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{20,}
      | AIza[A-Za-z0-9_-]{35}
      | gh[pousr]_[A-Za-z0-9]{30,} | github_pat_[A-Za-z0-9_]{30,} | glpat-[A-Za-z0-9_-]{20,}
      | AKIA[A-Z0-9]{16} | ASIA[A-Z0-9]{16}
      | xox[abposr]-[A-Za-z0-9-]{10,} | hf_[A-Za-z0-9]{30,} | pypi-[A-Za-z0-9_-]{40,} | npm_[A-Za-z0-9]{36}
      | (?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}
    ))
  | (?P<url>(?<=://)[^\s/:@]*:(?P<password>[^\s/@]{3,})(?=@))
  | (?P<header>(?i:\b(?:authorization|x-api-key|x-goog-api-key|cookie)["']?\s*[:=]\s*["']?(?:bearer\s+|basic\s+)?)
        (?P<header_value>[A-Za-z0-9._~+/=-]{8,}))
    """,
    re.VERBOSE,
)


def register(values: Iterable[str]) -> None:
    """Add exact values to mask wherever they appear. Values under eight characters are ignored."""
    _known.update(value for value in values if len(value) >= _MIN_KNOWN)


def known_values() -> frozenset[str]:
    """Return the exact values registered so far."""
    return frozenset(_known)


def _label(kind: str, secret: str) -> str:
    digest = hmac.new(_SALT, secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:4]
    return f"[masked:{kind}:{digest}]"


def _mask_match(match: re.Match[str]) -> str:
    for kind, value in (("url", match["password"]), ("header", match["header_value"])):
        if value is not None:
            return match[0].replace(value, _label(kind, value))
    return _label(match.lastgroup or "secret", match[0])


@lru_cache(maxsize=8)
def _known_pattern(values: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(value) for value in sorted(values, key=len, reverse=True)) or r"(?!)")


def _mask_known(match: re.Match[str]) -> str:
    return _label("known", match[0])


def mask(text: str) -> str:
    """Return `text` with every known or recognisable secret replaced by ``[masked:kind:xxxx]``.

    The four hexadecimal digits are the same for the same secret within one run, so that two places can be
    seen to hold the same one; no character of the secret is kept. Masking twice changes nothing more.
    """
    if _known:
        text = _known_pattern(frozenset(_known)).sub(_mask_known, text)
    return _SHAPES.sub(_mask_match, text)


class StreamMasker:
    """Masks known values in text that arrives in pieces, with the same result for every way of cutting it.

    Only a tail that could be the beginning of a known value is held back.
    """

    def __init__(self) -> None:
        self._values = known_values()
        self._pattern = _known_pattern(self._values)
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
