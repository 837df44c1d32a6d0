"""A stand-in server and the four providers pointed at it."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeAlias

import pytest

from tests.providers.support import provider
from tui.config.model import WireName
from tui.demo.server import DemoServer
from tui.providers.base import Deadlines
from tui.providers.provider import SdkProvider

MakeProvider: TypeAlias = Callable[..., SdkProvider]


@pytest.fixture(params=list(WireName), ids=lambda wire: wire.value)
def wire(request: pytest.FixtureRequest) -> WireName:
    name: WireName = request.param
    return name


@pytest.fixture
def server() -> Iterator[DemoServer]:
    """A server of its own for each test: its record of requests and hang-ups begins empty."""
    with DemoServer(pace="instant", stall=600.0, slow_start=600.0) as running:
        yield running


@pytest.fixture
async def connect(server: DemoServer) -> AsyncIterator[MakeProvider]:
    """Make providers that talk to `server`, closed at the end."""
    made: list[SdkProvider] = []

    def make(wire: WireName, *, deadlines: Deadlines | None = None, key: str = "demo-key") -> SdkProvider:
        made.append(provider(wire, server.url, deadlines=deadlines, key=key))
        return made[-1]

    yield make
    for one in made:
        await one.close()
