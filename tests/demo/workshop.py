"""Plays whole conversations with the stand-in: through the real providers, with calls carried out on real files."""

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.providers.support import Heard, ask, listen
from tui.core.chat import ChatRequest, Message, StopReason, ToolCall, ToolResult, ToolSpec
from tui.core.tool_arguments import ARGUMENTS
from tui.providers.provider import SdkProvider

TOOLS = tuple(
    ToolSpec(name=name, description=name, parameters={"type": "object", "properties": {}}) for name in ARGUMENTS
)
REFUSED = "Refused by the rules of this session: no. Find another way, or tell the person."
Override = Callable[[ToolCall], str | None]


@dataclass
class Workshop:
    """Carries out calls in `folder`; what `override` returns for one takes the place of doing it."""

    folder: Path
    override: Override = lambda _: None
    done: list[ToolCall] = field(default_factory=list)

    def run(self, call: ToolCall) -> ToolResult:
        self.done.append(call)
        said = self.override(call)
        if said is not None:
            return ToolResult(call_id=call.id, name=call.name, text=said, is_error=True)
        try:
            text = getattr(self, f"_{call.name}")(call.parsed or {})
        except (KeyError, OSError, ValueError) as error:
            return ToolResult(call_id=call.id, name=call.name, text=f"{type(error).__name__}: {error}", is_error=True)
        return ToolResult(call_id=call.id, name=call.name, text=text)

    def _read_file(self, arguments: Mapping[str, Any]) -> str:
        path = str(arguments["path"])
        return f"{path}, all of it\n" + (self.folder / path).read_text(encoding="utf-8")

    def _list_files(self, arguments: Mapping[str, Any]) -> str:
        del arguments
        files = (path for path in self.folder.rglob("*") if ".git" not in path.parts and path.is_file())
        return "\n".join(sorted(str(path.relative_to(self.folder)) for path in files))

    def _search(self, arguments: Mapping[str, Any]) -> str:
        pattern = re.compile(arguments["pattern"])
        found = []
        for path in sorted(self.folder.rglob(arguments.get("glob", "*"))):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if pattern.search(line):
                    found.append(f"{path.relative_to(self.folder)}:{number}: {line}")
        return "\n".join(found)

    def _write_file(self, arguments: Mapping[str, Any]) -> str:
        path = self.folder / arguments["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(arguments["content"], encoding="utf-8")
        return "Written."

    def _edit_file(self, arguments: Mapping[str, Any]) -> str:
        path = self.folder / arguments["path"]
        text = path.read_text(encoding="utf-8")
        if text.count(arguments["old"]) != 1:
            raise ValueError("`old` is not in the file.")
        path.write_text(text.replace(arguments["old"], arguments["new"]), encoding="utf-8")
        return "Changed 1 place."

    def _run_command(self, arguments: Mapping[str, Any]) -> str:
        ran = subprocess.run(  # noqa: S602 - the scenes' own commands, in a folder of the test
            arguments["command"],
            shell=True,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        return f"{ran.stdout}{ran.stderr}\n[exit {ran.returncode}]"

    _run_interactive = _run_command


@dataclass
class Talk:
    """What a conversation came to."""

    rounds: list[Heard]
    messages: list[Message]

    @property
    def closing(self) -> str:
        return self.rounds[-1].text

    def calls(self) -> list[tuple[str, Any]]:
        """(tool, what on) of every call."""
        return [
            (call.name, (call.parsed or {}).get("command") or (call.parsed or {}).get("path"))
            for heard in self.rounds
            for call in heard.calls
        ]


async def converse(
    source: SdkProvider, prompt: str, workshop: Workshop, *, tools: tuple[ToolSpec, ...] = TOOLS, most: int = 20
) -> Talk:
    """Ask and run tools until the model asks for none."""
    first = ask(prompt)
    talk = Talk([], list(first.messages))
    for _ in range(most):
        request = ChatRequest(model=first.model, messages=tuple(talk.messages), tools=tools)
        heard = await listen(source, request)
        assert heard.failure is None, heard.failure
        talk.rounds.append(heard)
        talk.messages.append(heard.message())
        if not heard.calls:
            assert heard.finished.stop is StopReason.END
            return talk
        assert heard.finished.stop is StopReason.TOOL_USE
        talk.messages += [workshop.run(call) for call in heard.calls]
    raise AssertionError("the scene does not end")
