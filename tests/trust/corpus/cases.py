"""Reads the cases of the corpus: one call each, with the settings it is judged under and what must come of it."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
WANTS: Final = ("allow", "ask", "deny", "ask_or_deny")
BASE_COMMANDS: Final = (
    "git status", "git diff", "git log", "ls", "cat", "head", "tail", "wc", "grep", "rg", "find", "pytest", "npm test",
)  # fmt: skip
_FILE_TOOLS: Final = {"read": "read_file", "write": "write_file", "delete": "delete_file"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A call, with the names `{root}`, `{home}` and `{world}` still in it, and its `want`: one of `WANTS`."""

    klass: str
    want: str
    tool: str
    args: Mapping[str, Any]
    settings: Mapping[str, Any]
    project: Mapping[str, Any] | None = None
    trusted: bool = False
    mode: str | None = None
    root: str = "project"

    def __str__(self) -> str:
        shown = json.dumps(self.args)
        return f"{self.tool} {shown if len(shown) < 160 else shown[:80] + ' … ' + shown[-60:]}"


@dataclass(slots=True)
class Tally:
    """What came of the cases of one class."""

    total: int = 0
    ran_unasked: list[str] = field(default_factory=list)
    asked_though_safe: list[str] = field(default_factory=list)
    asked_instead_of_denied: list[str] = field(default_factory=list)
    denied_instead_of_asked: list[str] = field(default_factory=list)

    def add(self, case: Case, decision: str, reason: str) -> None:
        """Count a case the policy answered with `decision`."""
        self.total += 1
        told = f"{case}: wanted {case.want}, got {decision} ({reason})"
        if case.want == "allow":
            if decision != "allow":
                self.asked_though_safe.append(told)
        elif decision == "allow":
            self.ran_unasked.append(told)
        elif case.want == "deny" and decision == "ask":
            self.asked_instead_of_denied.append(told)
        elif case.want == "ask" and decision == "deny":
            self.denied_instead_of_asked.append(told)


@cache
def cases() -> tuple[Case, ...]:
    """Return every case of the corpus."""
    found: list[Case] = []
    for path in sorted(FOLDER.glob("*.toml")):
        for group in tomllib.loads(path.read_text(encoding="utf-8"))["group"]:
            found += _of_group(group)
    return tuple(found)


def _of_group(group: Mapping[str, Any]) -> Iterator[Case]:
    settings = dict(group.get("settings", {"auto_approve": True}))
    if not group.get("defaults"):
        settings.setdefault("allowed_commands", list(BASE_COMMANDS))
    common = {
        "klass": group["class"],
        "settings": settings,
        "project": group.get("project"),
        "trusted": group.get("trusted", False),
        "mode": group.get("mode"),
        "root": group.get("root", "project"),
    }
    for want, tool, args in _calls(group):
        yield Case(want=want, tool=tool, args=args, **common)


def _calls(group: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for want in WANTS:
        for line in _lines(group.get(want, "")):
            yield want, "run_command", {"command": line}
        for item in group.get(f"{want}_repeated", ()):
            yield want, "run_command", {"command": item.get("start", "") + item["text"] * item["times"] + item["end"]}
        for verb, tool in _FILE_TOOLS.items():
            for line in _lines(group.get(f"{verb}_{want}", "")):
                args = {"path": line, "content": "text\n"} if verb == "write" else {"path": line}
                yield want, tool, args
    for item in group.get("calls", ()):
        if "tool" in item:
            yield item["want"], item["tool"], item["args"]
        else:
            yield item["want"], "run_command", {name: item[name] for name in ("command", "cwd") if name in item}
    for item in group.get("sized", ()):
        yield _sized(item)


def _sized(item: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    character = item.get("character", "x")
    text = character * (item["bytes"] // len(character.encode()))
    if item.get("tool") == "edit_file":
        return item["want"], "edit_file", {"path": "src/app.py", "old": "def", "new": text}
    return item["want"], "write_file", {"path": "sized.txt", "content": text}


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def filled(value: Any, places: Mapping[str, str]) -> Any:
    """Return a copy of `value` with the names of places replaced by their paths."""
    if isinstance(value, str):
        for name, path in places.items():
            value = value.replace("{" + name + "}", path)
        return value
    if isinstance(value, Mapping):
        return {name: filled(item, places) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, places) for item in value]
    return value
