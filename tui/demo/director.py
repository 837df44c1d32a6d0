"""Decides what the stand-in says to a call: a scene, a measured stream, or an answer to the words."""

from tui.demo.answers import answer
from tui.demo.measured import measured_script
from tui.demo.scenes import scene_for
from tui.demo.script import Script
from tui.demo.wires.base import Call


def direct(call: Call) -> Script:
    """Return the script for `call`."""
    prompt = call.prompt
    return measured_script(prompt) or scene_for(prompt, call) or answer(call)
