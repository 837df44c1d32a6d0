"""One stand-in server for all tests of a module."""

from collections.abc import Iterator

import pytest

from tui.demo.server import DemoServer


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(pace="instant") as running:
        yield running
