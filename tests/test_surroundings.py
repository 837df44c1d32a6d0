"""What `conftest.py` promises to every test."""

import asyncio
import os
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import WaitUntil, WaitUntilBlocking

OUTSIDE = ("192.0.2.1", 9)
REPOSITORY = Path(__file__).resolve().parent.parent


def test_home_is_empty_and_is_the_one_programs_see(home: Path) -> None:
    assert list(home.iterdir()) == []
    assert Path.home() == home
    assert Path(os.environ["LLMMIXER_HOME"]).parent == home


def test_keys_and_addresses_of_the_developer_are_gone() -> None:
    assert [name for name in os.environ if name.startswith(("ANTHROPIC_", "OPENAI_", "GEMINI_", "GOOGLE_"))] == []


@given(st.integers())
def test_property_tests_have_the_same_world(number: int) -> None:
    assert os.environ["TZ"] == "UTC"
    assert int(str(number)) == number


def test_only_loopback_can_be_reached() -> None:
    with socket.socket() as outside, pytest.raises(ConnectionRefusedError, match="only loopback"):
        outside.connect(OUTSIDE)
    with pytest.raises(socket.gaierror, match="only loopback"):
        socket.getaddrinfo("api.example.com", 443)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


async def test_the_event_loop_can_reach_loopback_only() -> None:
    with pytest.raises(OSError, match="only loopback"):
        await asyncio.open_connection("api.example.com", 443)


async def test_wait_until_waits_for_a_condition(wait_until: WaitUntil) -> None:
    seen: list[int] = []
    asyncio.get_running_loop().call_soon(seen.append, 1)
    await wait_until(lambda: seen)
    with pytest.raises(pytest.fail.Exception, match="not true within"):
        await wait_until(lambda: False, timeout=0.01)


def test_wait_until_blocking_waits_for_a_condition(wait_until_blocking: WaitUntilBlocking) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.set)
    thread.start()
    wait_until_blocking(done.is_set)
    thread.join()
    with pytest.raises(pytest.fail.Exception, match="not true within"):
        wait_until_blocking(lambda: False, timeout=0.01)


LEAVERS = """
    import asyncio, threading

    async def test_leaves_a_task():
        global task
        task = asyncio.create_task(asyncio.sleep(3600))

    def test_leaves_a_thread():
        global stop
        stop = threading.Event()
        threading.Thread(target=stop.wait, name="forgotten").start()

    def test_lets_it_go():
        stop.set()
"""


def test_tasks_and_threads_left_behind_fail_a_test(tmp_path: Path) -> None:
    """The guards themselves are tried on tests that forget."""
    conftest = (REPOSITORY / "tests" / "conftest.py").read_text(encoding="utf-8")
    conftest = conftest.replace("LEFTOVER_GRACE_SECONDS = 5.0", "LEFTOVER_GRACE_SECONDS = 0.05")
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    (tmp_path / "test_leavers.py").write_text(textwrap.dedent(LEAVERS), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "asyncio tasks left behind" in done.stdout
    assert "threads left behind: forgotten" in done.stdout
    assert "1 failed, 2 passed, 1 error" in done.stdout
