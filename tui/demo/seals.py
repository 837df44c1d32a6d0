"""Seals on thinking: opaque strings a client must hand back unchanged, as the vendors' signatures are.

A seal holds the digest of what it was made for and a keyed checksum, so it is checked without any memory and
stays valid over restarts. The key is no secret: nothing is protected by it, it only makes alterations visible.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

_CHECKSUM_KEY: Final = b"the stand-in's own seal, no secret"
_PREFIX: Final = b"demo\x01"
_DIGEST_BYTES: Final = 32


def _digest(kind: str, content: str) -> bytes:
    return hashlib.sha256(f"{kind}\n{content}".encode("utf-8", "surrogatepass")).digest()


def _checksum(digest: bytes) -> bytes:
    return hmac.digest(_CHECKSUM_KEY, digest, "sha256")


def seal(kind: str, content: str) -> str:
    """Return the seal (base64) of `content`; `kind` keeps one wire's seals from passing as another's."""
    digest = _digest(kind, content)
    return base64.b64encode(_PREFIX + digest + _checksum(digest)).decode("ascii")


def is_seal(text: object) -> bool:
    """Whether `text` is a seal this stand-in made, unaltered. URL-safe base64 is accepted too."""
    if not isinstance(text, str):
        return False
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return False
    digest = raw[len(_PREFIX) : len(_PREFIX) + _DIGEST_BYTES]
    return raw.startswith(_PREFIX) and hmac.compare_digest(raw[len(_PREFIX) + _DIGEST_BYTES :], _checksum(digest))


def is_seal_of(text: object, kind: str, content: str) -> bool:
    """Whether `text` is the seal of just this `content`."""
    return isinstance(text, str) and hmac.compare_digest(
        text.replace("-", "+").replace("_", "/").encode(), seal(kind, content).encode()
    )
