"""The README says what the program does: generated parts are current, and every picture it shows exists."""

import re
import tomllib
from pathlib import Path

from tests.make_docs import README, renewed
from tui.engine.telemetry import endpoints_of

ROOT = README.parent


def test_the_generated_parts_are_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert renewed(text) == text, "run: make docs"


def test_every_picture_and_link_into_the_project_exists() -> None:
    text = README.read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert any(target.startswith("screenshots/") for target in targets)
    missing = [target for target in targets if not (ROOT / target).exists()]
    assert not missing


def test_no_picture_is_left_that_nobody_draws() -> None:
    from tests.make_screenshots import SHOTS

    drawn = {f"{shot.name}.svg" for shot in SHOTS}
    assert {path.name for path in Path(ROOT / "screenshots").iterdir()} == drawn


def test_the_example_of_a_collector_switches_telemetry_on() -> None:
    chapter = README.read_text(encoding="utf-8").partition("\n## A team\n")[2].partition("\n## ")[0]
    exported = dict(re.findall(r"^export (\w+)=(\S+)$", chapter, re.MULTILINE))
    (address,) = exported.values()
    assert endpoints_of(exported) == {"traces": f"{address}/v1/traces", "metrics": f"{address}/v1/metrics"}
    (extra,) = re.findall(r"pip install 'llmmixer\[(\w+)\]'", chapter)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert any("opentelemetry-sdk" in requirement for requirement in extras[extra])
