"""Decides what the stand-in says to a call: a scene, a measured stream, or an answer to the words."""

from collections import OrderedDict
from dataclasses import replace
from typing import Final

from tui.core.chat import Wire
from tui.demo.answers import answer
from tui.demo.measured import measured_script
from tui.demo.scenes import scene_for
from tui.demo.script import Script
from tui.demo.wires.base import Call, Turn

_REMEMBERED: Final = 1_000


def direct(call: Call) -> Script:
    """Return the script for `call`."""
    return measured_script(call.prompt) or scene_for(call) or answer(call)


class Patience:
    """Counts, conversation by conversation, the requests that a script refuses before it plays."""

    def __init__(self) -> None:
        self._refused: OrderedDict[tuple[Wire, str, tuple[Turn, ...]], int] = OrderedDict()

    def judge(self, call: Call, script: Script) -> Script:
        """Return `script` as this request gets it: refused, or played because it has been refused often enough.

        Once it has been played the count begins anew.
        """
        if script.refusal is None or script.refusals is None:
            return script
        asked = (call.wire, call.model, call.turns)
        refused = self._refused.pop(asked, 0)
        if refused >= script.refusals:
            return replace(script, refusal=None)
        self._refused[asked] = refused + 1
        if len(self._refused) > _REMEMBERED:
            self._refused.popitem(last=False)
        return script
