"""The corpus of calls that try to get past the policy: nothing runs unasked, and little is asked in vain."""

from collections import Counter

import pytest

from tests.trust.corpus.cases import Tally, cases
from tests.trust.corpus.judge import Judge, report, tally
from tests.trust.corpus.world import World, build_world

CLASSES = tuple(dict.fromkeys(case.klass for case in cases()))
MOST_SAFE_ASKED = 4 / 143
MOST_ASKED_INSTEAD_OF_DENIED = 5 / 194
MOST_DENIED_INSTEAD_OF_ASKED = 8 / 400


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def tallies(world: World) -> dict[str, Tally]:
    return tally(Judge(world), cases())


def test_there_are_enough_cases_of_each_kind() -> None:
    wanted = Counter("ask" if case.want == "ask_or_deny" else case.want for case in cases())
    assert min(wanted.values()) >= 200, wanted


@pytest.mark.parametrize("klass", CLASSES)
def test_nothing_runs_unasked(tallies: dict[str, Tally], klass: str) -> None:
    unasked = tallies[klass].ran_unasked
    assert not unasked, "\n".join(unasked)


@pytest.mark.parametrize(
    ("field", "wants", "most"),
    [
        ("asked_though_safe", {"allow"}, MOST_SAFE_ASKED),
        ("asked_instead_of_denied", {"deny"}, MOST_ASKED_INSTEAD_OF_DENIED),
        ("denied_instead_of_asked", {"ask"}, MOST_DENIED_INSTEAD_OF_ASKED),
    ],
)
def test_few_are_judged_too_strictly_or_too_mildly(
    tallies: dict[str, Tally], field: str, wants: set[str], most: float
) -> None:
    wrong = [told for one in tallies.values() for told in getattr(one, field)]
    total = sum(case.want in wants for case in cases())
    assert len(wrong) <= most * total, report(tallies) + "\n" + "\n".join(wrong)
