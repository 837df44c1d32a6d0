"""Calls of file tools and git over a real tree of links, special files and secrets."""

from collections import Counter
from pathlib import Path

import pytest

from tests.trust.corpus.places_world import Places, build_places, calls, judge

TOOLS = tuple(dict.fromkeys(call["tool"] for call in calls()))


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return build_places(tmp_path_factory.mktemp("places"))


def test_there_are_enough_calls() -> None:
    assert len(calls()) > 700
    wanted = Counter(call["want"] for call in calls())
    assert wanted["allow"] > 150
    assert wanted["deny"] > 150


@pytest.mark.parametrize("tool", TOOLS)
def test_every_call_gets_what_it_must(places: Places, tool: str) -> None:
    wrong = []
    for call in calls():
        if call["tool"] != tool:
            continue
        verdict = judge(places, call)
        if verdict.decision not in call["want"].split("|"):
            wrong.append(f"{str(call)[:300]}: got {verdict.decision} ({verdict.reason[:200]})")
    assert not wrong, "\n".join(wrong)


def test_judging_changes_nothing(tmp_path: Path) -> None:
    places = build_places(tmp_path)

    def tree() -> list[tuple[str, int, int]]:
        found = sorted(path for path in places.home.rglob("*") if not path.is_symlink())
        return [(str(path), path.lstat().st_mode, path.lstat().st_mtime_ns) for path in found]

    before = tree()
    for call in calls():
        judge(places, call)
    assert tree() == before
