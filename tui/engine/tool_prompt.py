"""What models are told when they have tools: where they are, how calls are decided, and what the project is."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tui.core.untrusted import clean_line

_TOOLS: Final = """\
You work beside other models in a developer's terminal, in the project folder {root}. You have tools to read, search \
and change its files and to run commands there. Look before you answer: read what the question is about, and check \
your changes by running the project's own tests or commands. Prefer the file tools to shell commands for reading and \
changing files; prefer small edits to rewriting whole files. One simple command at a time is decided faster than a \
pipeline. A command has no terminal and no input; for one that asks questions use run_interactive.

Some calls need the developer's approval, some are refused by rules. When a call is refused, do not try the same by \
another way: say what you wanted to do and why, or go on without it. Everything you change can be undone by the \
developer. When you are done, say in a few sentences what you did and how you checked it."""
_FACTS_LIMIT: Final = 8_000


class ToolPrompt:
    """The text before a pane's own system prompt's end. `load` reads the project's facts once, in a thread."""

    def __init__(self, root: Path, *, data_rule: str, facts: Callable[[int], str] | None) -> None:
        self._facts = facts
        self._text = "\n\n".join((_TOOLS.format(root=clean_line(str(root), 1_000)), data_rule))
        self._loading: asyncio.Task[None] | None = None

    @property
    def text(self) -> str:
        """What is known so far; the same for every turn once `load` is done, so that providers' caches work."""
        return self._text

    async def load(self) -> None:
        """Read the project's facts. Further calls wait for the first."""
        if self._facts is None:
            return
        if self._loading is None:
            self._loading = asyncio.get_running_loop().create_task(self._load(self._facts))
        await asyncio.shield(self._loading)

    async def _load(self, facts: Callable[[int], str]) -> None:
        text = await asyncio.to_thread(facts, _FACTS_LIMIT)
        if text:
            self._text = f"{self._text}\n\n{text}"
