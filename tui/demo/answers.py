"""Answers to what was typed."""

from tui.demo.script import Script, Text, Thinking
from tui.demo.wires.base import Call


def answer(call: Call) -> Script:
    """Answer."""
    return Script(steps=(Thinking("A thought about the question."), Text(f"You said: {call.prompt}\n")))
