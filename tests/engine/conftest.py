"""What several tests of the engine start from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.engine.workbench import ASKING, Workbench, make_project
from tui.config.model_work import TrustConfig

Make = Callable[..., Workbench]


@pytest.fixture
def make(tmp_path: Path, wait_until: WaitUntil) -> Make:
    """Return what makes a workbench; the project lies in ``tmp_path/project``."""
    root = make_project(tmp_path / "project")

    def build(trust: TrustConfig = ASKING, **more: object) -> Workbench:
        return Workbench(root, tmp_path / "home", wait_until, trust=trust, **more)  # type: ignore[arg-type]

    return build
