"""Answers kept on disk for the very same request, for those who switch it on.

The key is made of everything that is sent, byte for byte: no text is normalised, because a model may well answer
differently. Turns with tools are never kept, since their answers depend on the state of the world.
"""

import asyncio
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tui.core.chat import (
    AssistantMessage,
    Json,
    Message,
    NativeContent,
    StopReason,
    ToolResult,
    ToolSpec,
    Usage,
    Wire,
)
from tui.core.errors import Problem
from tui.core.secrets import mask

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from tui.resilience.cache_store import CacheStore

_T = TypeVar("_T")
_FORM: Final = 1
"""Number of the form of keys and answers; another form is another key."""


@dataclass(frozen=True, slots=True)
class CacheKey:
    """The canonical hash of a request. `refused` says why its answer is never kept; empty if it may be."""

    digest: str
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedAnswer:
    """A complete answer as it was first given.

    `usage` and `cost_pico` are what it cost then, so what is saved now. `age_s` is in seconds; `stale` answers are
    older than the cache's bound and only come when asked for.
    """

    message: AssistantMessage
    model: str
    usage: Usage
    cost_pico: int | None
    stop: StopReason
    age_s: float = 0.0
    stale: bool = False


def canonical_key(
    model: str,
    system: str,
    messages: Sequence[Message],
    tools: Sequence[ToolSpec] = (),
    parameters: Mapping[str, Json] | None = None,
    *,
    provider: str = "",
) -> CacheKey:
    """Return the key of a request.

    The order of keys in objects does not matter; every character, the order of messages and the difference between
    1 and 1.0 do. `provider` tells apart endpoints that serve models of the same name.

    Raises:
        ValueError: A parameter is no JSON (not a number, infinite).
    """
    parts = {
        "form": _FORM,
        "provider": provider,
        "model": model,
        "system": system,
        "messages": [[type(message).__name__, _plain(message)] for message in messages],
        "tools": [_plain(tool) for tool in tools],
        "parameters": _plain(parameters or {}),
    }
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return CacheKey(hashlib.sha256(text.encode("ascii")).hexdigest(), _refusal(messages, tools))


def _refusal(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> str:
    if tools:
        return "the model may use tools"
    for message in messages:
        if isinstance(message, ToolResult) or (isinstance(message, AssistantMessage) and message.tool_calls):
            return "tools were used in this conversation"
    return ""


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        if any(not isinstance(key, str) for key in value):
            raise ValueError("the keys of JSON objects are texts")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


class ResponseCache:
    """The cache in one SQLite file, readable by its owner alone, shared by all sessions.

    All work is done in one thread of its own. Trouble with the file is told once by `on_notice` (called on the event
    loop) and otherwise means that nothing is found or kept.

    Args:
        path: The file.
        ttl_s: Seconds an answer stays fresh.
        max_bytes: Most bytes of all answers; those not used for longest go first.
        wall: Seconds since the epoch, the same for all processes.
        on_notice: Is told of trouble.
    """

    def __init__(
        self,
        path: Path,
        *,
        ttl_s: float = 86_400.0,
        max_bytes: int = 64_000_000,
        wall: Callable[[], float] = time.time,
        on_notice: Callable[[Problem], None] = lambda _: None,
    ) -> None:
        self._path = path
        self._ttl_s = ttl_s
        self._max_bytes = max_bytes
        self._wall = wall
        self._on_notice = on_notice
        self._told: set[str] = set()
        self._store: CacheStore | None = None
        self._worker: ThreadPoolExecutor | None = None
        self._closed = False

    async def get(self, key: CacheKey, *, allow_stale: bool = False) -> CachedAnswer | None:
        """Return the answer kept for `key`, or None.

        With `allow_stale` it may be past its time; who asks for that shows it as old and calls the model anew.
        """
        if key.refused:
            return None
        found = await self._run(lambda store: store.get(key.digest, self._wall()), None)
        if found is None:
            return None
        data, stored = found
        age = max(0.0, self._wall() - stored)
        if age >= self._ttl_s and not allow_stale:
            return None
        try:
            answer = _decode(data)
        except (ValueError, TypeError, KeyError):
            await self.forget(key)
            return None
        return dataclasses.replace(answer, age_s=age, stale=age >= self._ttl_s)

    async def put(self, key: CacheKey, answer: CachedAnswer) -> bool:
        """Keep a complete answer in place of an older one; return whether it was kept.

        Answers of turns with tools, such that hold something secret, and such that are larger than the whole cache
        are not kept.
        """
        if key.refused or answer.message.tool_calls:
            return False
        if any(mask(text) != text for text in (answer.message.text, answer.message.thinking)):
            return False
        data = _encode(answer)
        return await self._run(lambda store: store.put(key.digest, data, self._wall()), False)

    async def forget(self, key: CacheKey) -> None:
        """Remove the answer of `key`."""
        await self._run(lambda store: store.remove(key.digest), None)

    async def clear(self) -> None:
        """Remove all answers."""
        await self._run(lambda store: store.clear(), None)

    async def size(self) -> tuple[int, int]:
        """Return how many answers there are and their bytes."""
        return await self._run(lambda store: store.size(), (0, 0))

    async def close(self) -> None:
        """Finish what is under way and close the file. Afterwards nothing is found or kept."""
        self._closed = True
        if self._worker is not None:
            worker, self._worker = self._worker, None
            if self._store is not None:
                await asyncio.get_running_loop().run_in_executor(worker, self._store.close)
            worker.shutdown(wait=False)

    async def _run(self, work: "Callable[[CacheStore], _T]", otherwise: _T) -> _T:
        if self._closed:
            return otherwise
        if self._worker is None:
            from concurrent.futures import ThreadPoolExecutor

            self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cache")
        result, problems = await asyncio.get_running_loop().run_in_executor(
            self._worker, self._in_thread, work, otherwise
        )
        for problem in problems:
            if problem.text not in self._told:
                self._told.add(problem.text)
                self._on_notice(problem)
        return result

    def _in_thread(self, work: "Callable[[CacheStore], _T]", otherwise: _T) -> tuple[_T, list[Problem]]:
        from tui.resilience.cache_store import CacheStore

        if self._store is None:
            self._store = CacheStore(self._path, ttl_s=self._ttl_s, max_bytes=self._max_bytes)
        return self._store.attempt(work, otherwise)


def _encode(answer: CachedAnswer) -> str:
    native = answer.message.native
    value = {
        "text": answer.message.text,
        "thinking": answer.message.thinking,
        "native": None if native is None else [native.wire.value, native.model, _plain(native.payload)],
        "model": answer.model,
        "usage": dataclasses.asdict(answer.usage),
        "cost_pico": answer.cost_pico,
        "stop": answer.stop.value,
    }
    return json.dumps(value, separators=(",", ":"))


def _decode(data: str) -> CachedAnswer:
    value = json.loads(data)
    native = value["native"]
    return CachedAnswer(
        message=AssistantMessage(
            text=value["text"],
            thinking=value["thinking"],
            native=native and NativeContent(wire=Wire(native[0]), model=native[1], payload=native[2]),
        ),
        model=value["model"],
        usage=Usage(**value["usage"]),
        cost_pico=value["cost_pico"],
        stop=StopReason(value["stop"]),
    )
