"""What is in a prompt: its words, its subject, its entries."""

import re
from typing import Final

_STOP_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can could do does explain for from function give how i in into is it its list me my "
        "of on or please show tell that the this to us want was what when where which who why will with write would "
        "you your python test tests table make need create code program some than then there about between",
    )
)
_FORMS: Final = frozenset(("compare", "comparison", "columns", "rows", "entries", "markdown"))


def key_words(prompt: str, limit: int = 4) -> list[str]:
    """Return the first words of `prompt` that carry its meaning."""
    found = [word for word in re.findall(r"[^\W\d_][\w+#-]{2,}", prompt) if word.lower() not in _STOP_WORDS]
    return list(dict.fromkeys(found))[:limit]


def subject_of(prompt: str) -> str:
    """Return what `prompt` is about in a few of its own words."""
    match = re.search(
        r"\b(?:explain|describe|what (?:is|are)|how (?:does|do)|why (?:is|are|does|do))\b\s+(.+)", prompt, re.I
    )
    text = re.split(r"[.?!:;\n](?:\s|$)", match[1])[0] if match else " ".join(key_words(prompt)) or prompt
    return " ".join(text.split())[:80].strip(" ?.!:,;`*#>|") or "your message"


def entries_in(prompt: str) -> list[str]:
    """Return the words of `prompt` that could be the rows of a table."""
    return [word for word in key_words(prompt, 9) if word.lower() not in _FORMS][:6]
