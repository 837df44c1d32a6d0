"""Telling from a rejection which optional parts of a request a model or server does not know."""

import re
from collections.abc import Iterable
from typing import Final

from tui.providers.evidence import read

_UNSUPPORTED: Final = re.compile(
    r"unsupported|not supported|n[o']t support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|"
    r"extra (?:inputs|fields)|invalid (?:parameter|argument|field)|not (?:available|enabled|compatible)",
    re.IGNORECASE,
)


def rejected_options(error: BaseException, options: Iterable[str]) -> frozenset[str]:
    """Return those of `options` that `error` says are not known.

    Only a rejection of the request (status 400 or 422) that names the option together with a word such as
    "unsupported" counts; anything vaguer is the caller's error. Spaces and underscores are the same in names.
    """
    evidence = read(error)
    if evidence.status not in (400, 422) or not _UNSUPPORTED.search(evidence.message):
        return frozenset()
    said = evidence.message.lower().replace("_", " ")
    return frozenset(option for option in options if option.replace("_", " ").lower() in said)
