"""A stand-in without pace for every test, and the check that it leaves nothing behind."""

import threading
from collections.abc import Iterator

import pytest

from tui.demo.server import DemoServer


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(pace="instant", stall=30.0, slow_start=0.05) as running:
        yield running
    assert not [thread for thread in threading.enumerate() if thread.name == "llmmixer-demo"]
