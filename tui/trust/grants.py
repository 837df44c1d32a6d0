"""What a person allowed for the rest of a session: exactly this command in this folder, or exactly this file."""

import os
from typing import TypeAlias

from tui.core.trust import Decision, Verdict
from tui.trust.calls import Call
from tui.trust.shape import command_folder

_Key: TypeAlias = tuple[str, str, tuple[str, ...]]


class Grants:
    """The grants of one session. Nothing is ever widened: no prefixes, no patterns. Looks where folders lead."""

    def __init__(self) -> None:
        self._granted: set[_Key] = set()

    def add(self, verdict: Verdict, call: Call) -> bool:
        """Remember that this call may run again; False when its verdict allows only a single time."""
        key = _key(verdict, call)
        if key is None:
            return False
        self._granted.add(key)
        return True

    def allows(self, call: Call, verdict: Verdict) -> bool:
        """Tell whether a call the policy would ask about was granted before. A refused call never is."""
        return _key(verdict, call) in self._granted

    def clear(self) -> None:
        """Forget every grant."""
        self._granted.clear()


def _key(verdict: Verdict, call: Call) -> _Key | None:
    if verdict.decision is not Decision.ASK or not verdict.grant:
        return None
    if verdict.argv:
        return call.tool, os.path.realpath(command_folder(call)), verdict.argv
    return (call.tool, "", verdict.paths) if verdict.paths else None
