"""The same world for every test: fixed time zone, locale and size, an empty home, no keys, no network but loopback."""

import asyncio
import functools
import gc
import inspect
import ipaddress
import itertools
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, settings

from tui.core import secrets

settings.register_profile("project", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

FIXED_ENVIRONMENT = {
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "COLUMNS": "120",
    "LINES": "40",
    "PYTHONHASHSEED": "0",
}
REMOVED_PREFIXES = (
    "ANTHROPIC_",
    "OPENAI_",
    "GEMINI_",
    "GOOGLE_",
    "LITELLM_",
    "LLMMIXER_",
    "OLLAMA_",
    "SSH_",
    "TEXTUAL",
    "XDG_",
)
REMOVED = (
    "ALL_PROXY",
    "CI",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "EDITOR",
    "FORCE_COLOR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_COLOR",
    "NO_PROXY",
    "STY",
    "TERM_PROGRAM",
    "TMUX",
    "VISUAL",
)
LEFTOVER_GRACE_SECONDS = 5.0
LONGEST_NAME = 60
"""Characters of a text that names a case of a parametrized test."""

WaitUntil: TypeAlias = Callable[..., Awaitable[None]]
WaitUntilBlocking: TypeAlias = Callable[..., None]

_HOMES = itertools.count()
_THREADS_BEFORE = pytest.StashKey[set[threading.Thread]]()


def _is_foreign(name: str) -> bool:
    return name.upper() in REMOVED or name.upper().startswith(REMOVED_PREFIXES)


@pytest.fixture(autouse=True)
def _same_world(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Path]:
    """Pin what the surroundings decide otherwise; subprocesses inherit it all."""
    # Numbers of our own: pytest reads the whole folder to find the next one, which is slow with thousands of them.
    home = tmp_path_factory.mktemp(f"home-{next(_HOMES)}", numbered=False)
    for name in [name for name in os.environ if _is_foreign(name)]:
        monkeypatch.delenv(name)
    for name, value in FIXED_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ".local" / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    monkeypatch.setenv("LLMMIXER_HOME", str(home / "llmmixer"))
    monkeypatch.setattr(secrets, "_known", set())  # what one test calls a secret is none to the next
    time.tzset()
    yield home
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def home(_same_world: Path) -> Path:
    """The empty home folder of this test."""
    return _same_world


def _is_loopback(host: object) -> bool:
    if not isinstance(host, str):
        return False
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_outside(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
        raise ConnectionRefusedError(f"a test tried to reach {address!r}; only loopback is allowed")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and name look-up that would leave this machine."""
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self.family, address)
        return connect_ex(self, address)

    def guarded_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not _is_loopback(name):
            raise socket.gaierror(socket.EAI_NONAME, f"a test looked up {name!r}; only loopback is allowed")
        return lookup(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_lookup)


@pytest.fixture
def wait_until() -> WaitUntil:
    """Return ``await wait_until(condition, timeout=50.0)``: polls a callable until it is true, fails in the end."""

    async def wait(condition: Callable[[], object], timeout: float = 50.0) -> None:  # noqa: ASYNC109 - a test's limit
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"not true within {timeout:g} s: {_described(condition)}")
            await asyncio.sleep(0.005)

    return wait


@pytest.fixture
def wait_until_blocking() -> WaitUntilBlocking:
    """Return ``wait_until_blocking(condition, timeout=50.0)``, as `wait_until` for tests without an event loop."""

    def wait(condition: Callable[[], object], timeout: float = 50.0) -> None:
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"not true within {timeout:g} s: {_described(condition)}")
            time.sleep(0.005)

    return wait


def _described(condition: Callable[[], object]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return repr(condition)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Remember which threads were there before a test."""
    item.stash[_THREADS_BEFORE] = set(threading.enumerate())
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that leaves a thread behind which would keep the interpreter from ending."""
    result = yield
    before = item.stash.get(_THREADS_BEFORE, set())

    def left() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread not in before and not thread.daemon]

    end = time.monotonic() + LEFTOVER_GRACE_SECONDS
    while left() and time.monotonic() < end:
        time.sleep(0.005)
    if names := left():
        pytest.fail(f"threads left behind: {', '.join(names)}")
    return result


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case after the beginning of a long text: names go to and fro between workers, and into the report."""
    if isinstance(val, str | bytes) and len(val) > LONGEST_NAME:
        return ascii(val[:LONGEST_NAME])
    return None


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what lasts as long as the session: modules and thousands of tests."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every asynchronous test fail when tasks it started outlive it."""
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.obj = _no_task_left(item.obj)


def _no_task_left(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    @functools.wraps(test)
    async def checked(*args: Any, **kwargs: Any) -> None:
        before = asyncio.all_tasks()
        await test(*args, **kwargs)
        end = time.monotonic() + LEFTOVER_GRACE_SECONDS
        while left := asyncio.all_tasks() - before:
            if time.monotonic() > end:
                pytest.fail(f"asyncio tasks left behind: {', '.join(sorted(map(str, left)))}")
            await asyncio.sleep(0.005)

    return checked
