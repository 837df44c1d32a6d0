"""Records: what `dataclass` promises holds, although most of the work is put off."""

import dataclasses
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, field, replace
from typing import ClassVar

import pytest

from tui.core.record import Mutable, Record, mutable, record


@record
class Point(Record):
    """A place."""

    x: int
    y: int = 2
    tags: tuple[str, ...] = field(default_factory=tuple)
    unit: ClassVar[str] = "cm"

    @property
    def total(self) -> int:
        """Both together."""
        return self.x + self.y


@record
class Place(Point):
    """A named place."""

    name: str = ""


@record(kw_only=False)
class Pair(Record):
    """Two values."""

    left: int
    right: int = 0


@mutable
class Counter(Mutable):
    """Sums, and a list of its own."""

    count: int = 0
    names: list[str] = field(default_factory=list)


def test_fields_defaults_and_inheritance() -> None:
    place = Place(x=1, name="here")
    assert (place.x, place.y, place.tags, place.name, place.total, place.unit) == (1, 2, (), "here", 3, "cm")
    assert [item.name for item in dataclasses.fields(Place)] == ["x", "y", "tags", "name"]
    assert dataclasses.is_dataclass(place)
    assert not hasattr(place, "__dict__")
    assert Place.__doc__ == "A named place."


def test_equality_hash_and_representation() -> None:
    assert Point(x=1) == Point(x=1) != Point(x=2)
    assert Point(x=1) != Place(x=1)
    assert len({Point(x=1), Point(x=1), Point(x=3)}) == 2
    assert repr(Point(x=1)) == "Point(x=1, y=2, tags=())"


def test_replace() -> None:
    assert replace(Point(x=1), y=5) == Point(x=1, y=5)


def test_immutable() -> None:
    point = Point(x=1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x


def test_values_by_position() -> None:
    assert Pair(1) == Pair(left=1, right=0)
    match Pair(1, 2):
        case Pair(left, right):
            assert (left, right) == (1, 2)


def test_mutable_values() -> None:
    one, other = Counter(2), Counter(count=2)
    assert one == other
    one.names.append("a")
    one.count += 1
    assert (other, repr(one)) == (Counter(2, []), "Counter(count=3, names=['a'])")
    assert not hasattr(one, "__dict__")
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


@pytest.mark.parametrize("values", [{}, {"x": 1, "z": 2}])
def test_wrong_arguments_are_refused(values: dict[str, int]) -> None:
    for _ in range(2):  # the first instance is made in another way than the second
        with pytest.raises(TypeError, match="argument"):
            Point(**values)  # type: ignore[arg-type]


def test_fields_can_be_asked_for_before_the_first_instance() -> None:
    @record
    class Fresh(Record):
        one: int = 1

    assert [item.name for item in dataclasses.fields(Fresh)] == ["one"]
    assert Fresh().one == 1


def test_defining_compiles_nothing() -> None:
    script = (
        "import dataclasses\n"
        "from tui.core.record import Mutable, Record, mutable, record\n"
        "def refuse(*_, **__): raise SystemExit('compiled')\n"
        "dataclasses._process_class = refuse\n"
        "@record\n"
        "class A(Record):\n"
        "    x: int = 1\n"
        "@mutable(kw_only=True)\n"
        "class B(Mutable):\n"
        "    x: int = 1\n"
        "print('ok')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "ok\n", done.stderr


def test_threads_may_make_the_first_instances_of_a_class_at_once() -> None:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns as often as they can
    try:
        _make_at_once()
    finally:
        sys.setswitchinterval(usual)


def _make_at_once() -> None:
    for _ in range(30):

        @record
        class Fresh(Record):
            x: int
            y: int = 0

        start = threading.Barrier(4)

        def make(start: threading.Barrier, made: type[Fresh]) -> object:
            start.wait(20)
            return made(x=1)

        with ThreadPoolExecutor(4) as threads:
            waiting = [threads.submit(make, start, Fresh) for _ in range(4)]
            assert [repr(each.result(20)) for each in waiting] == [repr(Fresh(x=1))] * 4
