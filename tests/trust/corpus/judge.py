"""Runs cases of the corpus through the policy and tallies what came of them by class."""

from collections.abc import Iterable
from typing import Any

from tests.trust.corpus.cases import Case, Tally, filled
from tests.trust.corpus.world import World
from tui.config.model_work import Sandbox, TrustConfig
from tui.core.trust import TrustMode, Verdict
from tui.trust.calls import Call, DiskView
from tui.trust.policy import decide
from tui.trust.settings import TrustSettings, compile_settings


class Judge:
    """Judges cases in a world, compiling each set of settings once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._files = DiskView({"PATH": world.path})
        self._compiled: dict[str, TrustSettings] = {}

    def verdict(self, case: Case) -> Verdict:
        """Return what the policy says of a case."""
        args = filled(case.args, self.world.places(case.root))
        return decide(Call(tool=case.tool, args=args, cwd=self.world.top / case.root), self.settings(case), self._files)

    def settings(self, case: Case) -> TrustSettings:
        """Return the compiled settings of a case."""
        key = repr((case.settings, case.project, case.trusted, case.mode, case.root))
        if key not in self._compiled:
            user = _config(case.settings)
            project = None
            if case.project is not None:
                project = _config({**_plain(user), **case.project})
            self._compiled[key] = compile_settings(
                user,
                project,
                project_trusted=case.trusted,
                home=self.world.home,
                root=self.world.top / case.root,
                own_paths=self.world.own,
                mode=TrustMode(case.mode) if case.mode else None,
            )
        return self._compiled[key]


def tally(judge: Judge, cases: Iterable[Case]) -> dict[str, Tally]:
    """Return what came of the cases, by class."""
    tallies: dict[str, Tally] = {}
    for case in cases:
        verdict = judge.verdict(case)
        tallies.setdefault(case.klass, Tally()).add(case, verdict.decision, verdict.reason)
    return tallies


def report(tallies: dict[str, Tally], *, whole: bool = False) -> str:
    """Return a table of the classes, and with `whole` every case that went wrong."""
    lines = [f"{'class':<45} {'all':>4} {'unasked':>8} {'safe asked':>11} {'not denied':>11} {'not asked':>10}"]
    for name, one in tallies.items():
        counts = (one.ran_unasked, one.asked_though_safe, one.asked_instead_of_denied, one.denied_instead_of_asked)
        numbers = [len(items) for items in counts]
        lines.append(f"{name:<45} {one.total:>4} {numbers[0]:>8} {numbers[1]:>11} {numbers[2]:>11} {numbers[3]:>10}")
        if whole:
            lines += [f"    {told}" for items in counts for told in items]
    return "\n".join(lines)


def _config(values: object) -> TrustConfig:
    assert isinstance(values, dict)
    typed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    if "mode" in typed and typed["mode"] is not None:
        typed["mode"] = TrustMode(typed["mode"])
    if "sandbox" in typed:
        typed["sandbox"] = Sandbox(typed["sandbox"])
    return TrustConfig(**typed)


def _plain(config: TrustConfig) -> dict[str, object]:
    return {name: getattr(config, name) for name in config.__dataclass_fields__}
