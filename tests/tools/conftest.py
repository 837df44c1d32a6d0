"""A project with a toolbox, and short ways to call it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tui.core.chat import ToolCall
from tui.tools.box import Toolbox
from tui.tools.outcome import Limits, Prepared, ToolOutcome
from tui.tools.requests import InvalidCall, Request
from tui.tools.spec import parse_call


def tool_call(name: str, **arguments: Any) -> ToolCall:
    """A call as a provider hands it over."""
    return ToolCall(id="call_1", name=name, arguments=json.dumps(arguments), parsed=arguments)


def request(name: str, **arguments: Any) -> Request:
    """An understood call."""
    parsed = parse_call(tool_call(name, **arguments))
    assert not isinstance(parsed, InvalidCall), parsed.text
    return parsed


@dataclass
class Bench:
    """A project folder and the toolbox at work in it."""

    root: Path
    box: Toolbox
    state: Path

    def write(self, path: str, content: str | bytes) -> Path:
        """Put a file into the project, past the tools."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def prepare(self, name: str, **arguments: Any) -> Prepared:
        """Prepare a call of the pane `pane` (claude) in its turn `turn` (t1)."""
        pane, turn = arguments.pop("pane", "claude"), arguments.pop("turn", "t1")
        return self.box.prepare(request(name, **arguments), pane, turn)

    def call(self, name: str, **arguments: Any) -> ToolOutcome:
        """Prepare and run a call."""
        prepared = self.prepare(name, **arguments)
        return asyncio.run(self.box.run(prepared))


@pytest.fixture
def new_bench(tmp_path: Path) -> Callable[..., Bench]:
    """Return a function that opens the project with other limits, or again."""

    def make(limits: Limits | None = None, allowed: Callable[[Path], bool] | None = None) -> Bench:
        root = tmp_path / "project"
        root.mkdir(exist_ok=True)
        state = tmp_path / "state" / "session"
        more = {"allowed": allowed} if allowed else {}
        return Bench(root=root.resolve(), box=Toolbox(root, state=state, limits=limits, **more), state=state)

    return make


@pytest.fixture
def bench(new_bench: Callable[..., Bench]) -> Bench:
    """A project and its toolbox."""
    return new_bench()
