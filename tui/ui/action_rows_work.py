"""Rows of the table of actions: requests of models, the trust mode, changes of files."""

from typing import Final

from tui.ui.action_types import Action, Group, When, Where

_CARD = Where.CARD

# fmt: off
WORK_ROWS: Final[tuple[Action, ...]] = (
    Action(id="answer_requests", keys=("ctrl+n", "alt+r"), title="Answer what models ask", group=Group.APPROVALS,
           when=When.ASKED, slash="requests", hint=2, hint_title="Requests",
           help="Go to the requests that wait for you; again for the next one. The draft is kept."),
    Action(id="approve_once", keys=("y", "1"), title="Allow once", group=Group.APPROVALS, where=_CARD, hint=1,
           hint_title="once", palette=False,
           help="Let exactly this run, this one time. Destructive calls want Enter after it."),
    Action(id="approve_session", keys=("s", "2"), title="Allow in this session", group=Group.APPROVALS, where=_CARD,
           hint=2, hint_title="this session", palette=False,
           help="Let exactly this run, now and whenever it comes again in this session."),
    Action(id="approve_rule", keys=("w", "3"), title="Write a rule", group=Group.APPROVALS, where=_CARD, hint=3,
           hint_title="write a rule", palette=False,
           help="Write a rule for your configuration; it is tried on this call while you type, and saved by Enter."),
    Action(id="deny", keys=("n", "4"), title="Deny", group=Group.APPROVALS, where=_CARD, hint=4, hint_title="deny",
           palette=False,
           help="Refuse it; the model is told."),
    Action(id="deny_reason", keys=("tab", "5"), title="Deny and say why", group=Group.APPROVALS, where=_CARD, hint=5,
           hint_title="deny, say why", palette=False,
           help="Refuse it with a sentence for the model."),
    Action(id="edit_request", keys=("e", "6"), title="Edit the command", group=Group.APPROVALS, where=_CARD, hint=6,
           hint_title="edit", palette=False,
           help="Change the command and let that run; it is judged again."),
    Action(id="request_details", keys=("d", "7"), title="Details", group=Group.APPROVALS, where=_CARD, hint=7,
           hint_title="details", palette=False,
           help="Show all of it on a page of its own, every character as it is; again to go back."),
    Action(id="approve_outside", keys=("o", "8"), title="Allow once outside the sandbox", group=Group.APPROVALS,
           where=_CARD, hint=8, hint_title="outside the sandbox", palette=False,
           help="Let a command run this one time with the network and all your files in reach; wants Enter after it."),
    Action(id="answer_batch", keys=("b",), title="Answer similar ones together", group=Group.APPROVALS, where=_CARD,
           hint=9, hint_title="similar", palette=False,
           help="List the requests like this one; Space leaves one out, y then Enter allows the others, n denies."),
    Action(id="mode_next", keys=("shift+tab",), title="Next trust mode", group=Group.APPROVALS, hint=7,
           hint_title="Mode",
           help="Go from plan (reads only) to ask, to auto-edit, to auto, and round."),
    Action(id="mode", keys=(), title="Set the trust mode", group=Group.APPROVALS, slash="mode",
           argument="plan, ask, auto-edit or auto",
           help="How much happens without a question: /mode plan, ask, auto-edit or auto."),
    Action(id="undo", keys=(), title="Undo a change of files", group=Group.APPROVALS, slash="undo",
           argument="turn, and a pane's name",
           help="Take back the newest change a model made to a file; /undo turn takes back all of its turn."),
)
# fmt: on
