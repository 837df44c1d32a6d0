"""Renews the generated parts of README.md: keys, settings, events. ``make docs`` writes, ``--check`` compares."""

import dataclasses
import sys
import typing
from pathlib import Path

from tui.config.reference import reference_markdown
from tui.core import events
from tui.ui.actions import markdown_table

README = Path(__file__).resolve().parent.parent / "README.md"


def event_table() -> str:
    """Return the events of `--output-format stream-json` as a Markdown table."""
    rows = ["| `type` | fields | meaning |", "|---|---|---|"]
    for kind in typing.get_args(events.Event):
        fields = [field.name.replace("_pico", "_usd") for field in dataclasses.fields(kind)]
        meaning = " ".join((kind.__doc__ or "").split("\n\n")[0].split()).replace("cost in pico-dollars", "cost")
        rows.append(
            f"| `{events.event_type(kind.__name__)}` | {', '.join(f'`{name}`' for name in fields)} | {meaning} |"
        )
    return "\n".join(rows)


SECTIONS = {"keys": markdown_table, "config reference": reference_markdown, "events": event_table}


def renewed(text: str) -> str:
    """Return `text` with every generated part made new. Raises ValueError when a marker is missing."""
    for name, make in SECTIONS.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        start, stop = text.find(begin), text.find(end)
        if start < 0 or stop < start:
            raise ValueError(f"README.md needs the lines {begin} and {end}")
        text = f"{text[: start + len(begin)]}\n\n{make().strip()}\n\n{text[stop:]}"
    return text


def main(arguments: list[str]) -> int:
    """Write or check."""
    text = README.read_text(encoding="utf-8")
    new = renewed(text)
    if "--check" in arguments:
        return int(new != text)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
