"""What a measure says: figures against what must be reached and what is hoped for."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a benchmark.

    `must` and `goal` are limits of `value`, upper ones unless `at_least`; without `must` the figure is information.
    """

    name: str
    value: float
    must: float | None = None
    goal: float | None = None
    at_least: bool = False
    unit: str = "x"
    note: str = ""

    @property
    def verdict(self) -> str:
        """GOAL, PASS, MISS, or nothing for information."""
        if self.must is None:
            return ""
        if self.goal is not None and self._within(self.goal):
            return "GOAL"
        return "PASS" if self._within(self.must) else "MISS"

    def _within(self, limit: float) -> bool:
        if math.isnan(self.value):
            return False
        return self.value >= limit if self.at_least else self.value <= limit

    def to_json(self) -> dict[str, Any]:
        """The line as JSON-ready data."""
        return {**asdict(self), "verdict": self.verdict}


def row(line: Line) -> str:
    """`line` as one row of a table; `heading` names the columns."""
    sign = ">=" if line.at_least else "<="
    must = "" if line.must is None else f"{sign} {line.must:g}"
    goal = "" if line.goal is None else f"{sign} {line.goal:g}"
    return f"{line.name:<56} {_figure(line):>12} {must:>9} {goal:>9}  {line.verdict:<4}  {line.note}".rstrip()


def heading() -> str:
    """The names of the columns of `row`."""
    return f"{'measure':<56} {'value':>12} {'must':>9} {'goal':>9}"


def _figure(line: Line) -> str:
    digits = 3 if abs(line.value) < 1 else 2 if abs(line.value) < 100 else 0
    return f"{line.value:.{digits}f}{'' if line.unit == 'x' else ' '}{line.unit}"


def median(values: Iterable[float]) -> float:
    """The median, NaN of nothing."""
    known = list(values)
    return statistics.median(known) if known else math.nan


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest value at `percent`, NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(percent / 100 * (len(ordered) - 1))))]


def ratio(above: float, below: float) -> float:
    """`above` / `below`, NaN when there is nothing to divide by."""
    return above / below if below else math.nan
