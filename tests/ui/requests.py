"""Requests of models for tests of the card."""

from typing import Any

from tui.core.tool_events import ApprovalRequested, Preview, PreviewKind
from tui.core.trust import Decision, Part, Risk

ROOT = "/home/ann/shop"
DIFF = """--- a/src/cart.py
+++ b/src/cart.py
@@ -10,4 +10,5 @@ class Cart:
     def total(self) -> int:
-        for item in self.items:
-            total += item.price
+        for item in self.items.values():
+            total += item.price * item.count
+        total -= self.voucher
         return total
"""


def command(text: str, request_id: str = "r1", pane: str = "claude", **changes: Any) -> ApprovalRequested:
    """A command a model wants to run."""
    given: dict[str, Any] = {
        "turn": "turn_1", "call_id": f"call_{request_id}", "tool": "run_command", "cwd": ROOT,
        "reason": "commands ask in this mode", "rule": "mode ask", "risk": Risk.RUN, "grant": f"exactly `{text}`",
        "editable": True, "root": ROOT,
    }  # fmt: skip
    given.update(changes)
    return ApprovalRequested(id=request_id, pane=pane, text=text, **given)


def edit(request_id: str = "r1", pane: str = "gemini", **changes: Any) -> ApprovalRequested:
    """A change of a file, with its diff."""
    preview = Preview(kind=PreviewKind.DIFF, text=DIFF, path=f"{ROOT}/src/cart.py", added=3, removed=2)
    given = {"tool": "edit_file", "risk": Risk.CHANGE, "preview": preview, "editable": False, **changes}
    return command(f"{ROOT}/src/cart.py", request_id, pane, **given)


def pipeline(request_id: str = "r1", **changes: Any) -> ApprovalRequested:
    """Three commands in one, of which the second destroys."""
    parts = (
        Part(text="cd build", decision=Decision.ALLOW, reason="stays in the project", rule="cd"),
        Part(text="rm -rf dist", decision=Decision.ASK, reason="deletes 214 files", rule="file_delete"),
        Part(text="tee clean.log", decision=Decision.ALLOW, reason="writes in the project", rule="rule 7"),
    )
    given = {
        "risk": Risk.DESTRUCTIVE, "parts": parts, "grant": "", "reason": "`rm -rf dist` deletes 214 files",
        "rule": "file_delete", **changes,
    }  # fmt: skip
    return command("cd build && rm -rf dist | tee clean.log", request_id, **given)
