"""No SDK is loaded before it is needed, and then off the event loop."""

import asyncio
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.providers.support import provider
from tui.config.model import EndpointConfig, WireName
from tui.core.chat import Wire
from tui.providers.base import Deadlines
from tui.providers.registry import ADAPTERS, create_provider

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("anthropic", "openai", "google.genai", "httpx2", "pydantic", "aiohttp", "http.client", "urllib.request")
SCRIPT = f"""
import sys
from tui.config.model import EndpointConfig, WireName
from tui.providers.base import Deadlines
from tui.providers.outcome import StreamEnd, classify
from tui.providers.registry import create_provider
for wire in WireName:
    create_provider(EndpointConfig(wire=wire), api_key="x", base_url="http://x", deadlines=Deadlines())
classify(StreamEnd()); classify(ConnectionResetError())
print(sorted(name for name in {HEAVY!r} if name in sys.modules))
"""


def test_making_providers_and_judging_errors_loads_no_sdk() -> None:
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "[]"


def test_the_table_is_complete() -> None:
    assert set(ADAPTERS) == set(WireName)
    wires = {
        create_provider(EndpointConfig(wire=name), api_key=None, base_url=None, deadlines=Deadlines()).wire
        for name in WireName
    }
    assert wires == set(Wire)


async def test_an_sdk_is_loaded_in_a_thread_and_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    loop_thread, running, most = threading.get_ident(), 0, 0
    threads: list[int] = []

    def build() -> object:
        nonlocal running, most
        running += 1
        most = max(most, running)
        threads.append(threading.get_ident())
        threading.Event().wait(0.01)
        running -= 1
        return object()

    made = [provider(name, "http://127.0.0.1:1") for name in WireName]
    for one in made:
        monkeypatch.setattr(one, "_build", build)
    before = sys.getswitchinterval()
    await asyncio.gather(*(one.prepare() for one in made for _ in range(3)))
    assert len(threads) == len(made), "each client is built once"
    assert loop_thread not in threads
    assert most == 1
    assert sys.getswitchinterval() == before


async def test_debug_logging_of_the_sdks_stays_off(wire: WireName, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_LOG", "OPENAI_LOG"):
        monkeypatch.setenv(name, "debug")
    talker = provider(wire, "http://127.0.0.1:1")
    await talker.prepare()
    sdk = {WireName.ANTHROPIC: "anthropic", WireName.GEMINI: "google_genai"}.get(wire, "openai")
    for name in (sdk, "httpx2", "httpcore2"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    await talker.close()


async def test_vertex_switches_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_API_KEY", "another")
    talker = provider(WireName.GEMINI, "http://127.0.0.1:1", key="mine")
    await talker.prepare()
    assert talker._client.sdk._api_client.api_key == "mine"
    assert not talker._client.sdk.vertexai
    await talker.close()
