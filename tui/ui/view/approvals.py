"""The card of a request as a state machine: what is shown, when its keys are live, what a key does. No widgets here.

The card never takes a key that was meant for something else. Its keys are dead for half a second after it appeared and
for a second after the last typed key. A letter is held for a moment: when another follows at once, a person types, and
both go to the prompt; a letter on its own is an answer. Nothing is ever the default of Enter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from tui.core.commands import Answer
from tui.core.tool_events import ApprovalRequested
from tui.core.trust import AnswerKind, Decision, Risk, RuleTrial
from tui.core.untrusted import clean
from tui.ui.view.work_state import is_typing

APPEARED_FOR: Final = 0.5
"""Seconds a card must have been on screen before its keys are live."""
QUIET_FOR: Final = 1.0
"""Seconds without a typed key before they are."""
HOLD: Final = 0.15
"""Seconds a letter waits for a second one that would show that a person types."""
STILL_TYPING: Final = 0.4
"""Seconds after a typed key within which a letter belongs to it, wherever the focus is by now."""
_SCROLLS: Final = {"up": -1, "down": 1, "pageup": -2, "pagedown": 2, "home": -3, "end": 3}


class Stage(StrEnum):
    """What the card waits for."""

    CHOOSE = "choose"
    CONFIRM = "confirm"
    EDIT = "edit"
    REASON = "reason"
    RULE = "rule"
    BATCH = "batch"
    BATCH_CONFIRM = "batch confirm"


WRITES: Final = frozenset({Stage.EDIT, Stage.REASON, Stage.RULE})
"""Stages with a text field."""
LISTS: Final = frozenset({Stage.BATCH, Stage.BATCH_CONFIRM})


@dataclass(frozen=True, slots=True)
class Send:
    """Send answers to the engine."""

    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Type:
    """The person types: this belongs into the prompt."""

    text: str


@dataclass(frozen=True, slots=True)
class Write:
    """Open the text field with this in it."""

    text: str


@dataclass(frozen=True, slots=True)
class Scroll:
    """Show other lines: by 1 a line, by 2 a page, by 3 to the end; negative is up."""

    step: int


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the person why nothing happened."""

    text: str


class Plain(StrEnum):
    """Effects without data."""

    NOTHING = "the key is used up"
    OTHER = "the key is not the card's"
    HELD = "the letter waits"
    DETAILS = "show or leave the page with all of it"
    LEAVE = "let it wait"
    REDRAW = "the card looks different"


Effect: TypeAlias = Send | Type | Write | Scroll | Say | Plain


@dataclass(slots=True)
class Card:
    """What the person sees of the queue. Times are monotonic seconds.

    `shown` is the id of the request on the card, `since` when it appeared there. `seen` are requests all of which is
    on the screen, or that are in `read`: scrolled to their end; others cannot be allowed. `cut` is the id of the one
    that does not fit the card. `batch` are the ids listed together, `left_out` those not answered; while `to_cursor`
    is true the list is scrolled so that the row of the cursor is seen. `trial` is what the rule `tried` would do.
    """

    shown: str = ""
    since: float = 0.0
    typed: float = float("-inf")
    stage: Stage = Stage.CHOOSE
    intent: AnswerKind = AnswerKind.ONCE
    collapsed: bool = False
    seen: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    cut: str = ""
    pending: str = ""
    pending_live: bool = False
    batch: tuple[str, ...] = ()
    left_out: set[str] = field(default_factory=set)
    cursor: int = 0
    offset: int = 0
    to_cursor: bool = True
    tried: str = ""
    trial: RuleTrial | None = None

    def follow(self, waiting: Sequence[ApprovalRequested], now: float) -> bool:
        """Keep to the queue; True when another request is shown than before, or none."""
        ids = [one.id for one in waiting]
        self.seen &= set(ids)
        self.read &= set(ids)
        self.batch = tuple(one for one in self.batch if one in ids)
        self.cursor = min(self.cursor, max(len(self.batch) - 1, 0))
        if self.stage in LISTS and len(self.batch) < 2:
            self.back()
        if self.shown in ids:
            return False
        if not ids:
            self.collapsed = False
            changed, self.shown = bool(self.shown), ""
            self.back()
            return changed
        self.show(ids[0], now)
        return True

    def fits(self, request: str, whole: bool) -> None:
        """Take in whether all of a request is on the card now; while something is written or confirmed, less is."""
        if whole:
            self.seen.add(request)
        elif request not in self.read and self.stage is Stage.CHOOSE:
            self.seen.discard(request)
            self.cut = request

    def show(self, request: str, now: float) -> None:
        """Put a request on the card; its keys are dead for a moment."""
        self.shown, self.since = request, now
        self.back()

    def back(self) -> None:
        """Go back to the choice of an answer."""
        self.stage, self.pending, self.offset, self.trial = Stage.CHOOSE, "", 0, None

    def next(self, waiting: Sequence[ApprovalRequested], now: float) -> None:
        """Show the next request, going round."""
        ids = [one.id for one in waiting]
        if ids:
            place = ids.index(self.shown) + 1 if self.shown in ids else 0
            self.show(ids[place % len(ids)], now)

    def live_in(self, now: float) -> float:
        """Seconds until the keys act; 0 when they do."""
        return max(self.since + APPEARED_FOR - now, self.typed + QUIET_FOR - now, 0.0)


def similar(request: ApprovalRequested, waiting: Sequence[ApprovalRequested]) -> tuple[ApprovalRequested, ...]:
    """The requests like this one, itself included: the same tool in the same pane, or the same text in any."""
    return tuple(
        one
        for one in waiting
        if one.tool == request.tool and (one.pane == request.pane or (one.text, one.cwd) == (request.text, request.cwd))
    )


def press(
    card: Card, waiting: Sequence[ApprovalRequested], key: str, character: str, now: float, keys: Mapping[str, str]
) -> Effect:
    """Take a key while the card has the focus. `character` is what it types, if anything; `keys` says what keys do."""
    request = next((one for one in waiting if one.id == card.shown), None)
    if request is None:
        return Plain.OTHER
    if card.stage in LISTS:
        return _press_in_list(card, waiting, key, now)
    if card.stage is Stage.CONFIRM:
        return _press_to_confirm(card, request, key)
    if character and is_typing(key, True):
        return _letter(card, key, character, now, keys)
    if card.pending:
        text, card.pending = card.pending, ""
        return Plain.NOTHING if key == "escape" else Type(text)
    if key in keys:
        return act(card, waiting, keys[key]) if card.live_in(now) == 0 else Plain.NOTHING
    return _command(key)


def _command(key: str) -> Effect:
    if key in _SCROLLS:
        return Scroll(_SCROLLS[key])
    if key == "enter":
        return Say("Enter has no meaning here: choose a key")
    return Plain.LEAVE if key == "escape" else Plain.OTHER


def _letter(card: Card, key: str, character: str, now: float, keys: Mapping[str, str]) -> Effect:
    text, card.pending = card.pending + character, ""
    if len(text) > 1 or key not in keys or now - card.typed < STILL_TYPING:
        return Type(text)
    card.pending, card.pending_live = text, card.live_in(now) == 0
    return Plain.HELD


def settle(card: Card, waiting: Sequence[ApprovalRequested], keys: Mapping[str, str]) -> Effect:
    """The moment for a second letter is over: a letter on its own is an answer."""
    letter, card.pending = card.pending, ""
    if not letter:
        return Plain.NOTHING
    return act(card, waiting, keys[letter]) if card.pending_live else Say("The keys were not live yet")


def act(card: Card, waiting: Sequence[ApprovalRequested], does: str) -> Effect:
    """Do what a key of the card does."""
    request = next((one for one in waiting if one.id == card.shown), None)
    if request is None:
        return Plain.NOTHING
    if why := obstacle(card, waiting, request, does):
        return Say(why)
    return _ACTS[does](card, waiting, request)


def _open_batch(card: Card, waiting: Sequence[ApprovalRequested], request: ApprovalRequested) -> Effect:
    card.batch = tuple(one.id for one in similar(request, waiting))
    card.stage, card.cursor, card.offset = Stage.BATCH, 0, 0
    card.left_out.clear()
    return Plain.REDRAW


def _write(card: Card, stage: Stage, text: str) -> Write:
    card.stage, card.trial = stage, None
    return Write(text)


def _allow(card: Card, request: ApprovalRequested, kind: AnswerKind) -> Effect:
    if request.risk is Risk.DESTRUCTIVE or kind is AnswerKind.OUTSIDE:
        card.stage, card.intent = Stage.CONFIRM, kind
        return Plain.REDRAW
    return Send((Answer(id=request.id, decision=kind),))


_Act: TypeAlias = Callable[[Card, Sequence[ApprovalRequested], ApprovalRequested], Effect]
_ACTS: Final[Mapping[str, _Act]] = {
    "approve_once": lambda card, _, request: _allow(card, request, AnswerKind.ONCE),
    "approve_outside": lambda card, _, request: _allow(card, request, AnswerKind.OUTSIDE),
    "approve_session": lambda card, _, request: _allow(card, request, AnswerKind.SESSION),
    "approve_rule": lambda card, _, request: _write(card, Stage.RULE, proposed_rule(request)),
    "deny": lambda _card, _, request: Send((Answer(id=request.id, decision=AnswerKind.DENY),)),
    "deny_reason": lambda card, _, _request: _write(card, Stage.REASON, ""),
    "edit_request": lambda card, _, request: _write(card, Stage.EDIT, editable_text(request.text)),
    "request_details": lambda _card, _, _request: Plain.DETAILS,
    "answer_batch": _open_batch,
}


def obstacle(card: Card, waiting: Sequence[ApprovalRequested], request: ApprovalRequested, does: str) -> str:
    """Why an answer cannot be given now, in a sentence; empty when it can."""
    lets_run = does in ("approve_once", "approve_outside", "approve_session", "approve_rule", "edit_request")
    if why := unfit(waiting, request, does):
        return why
    return "Not all of it was shown yet: d shows it" if lets_run and request.id not in card.seen else ""


def unfit(waiting: Sequence[ApprovalRequested], request: ApprovalRequested, does: str) -> str:
    """Why an answer is none for this request at all, in a sentence; empty when it is one."""
    if does == "approve_outside" and not (request.editable and request.leavable):
        return "The settings require the sandbox" if request.sandbox else "It does not run in a sandbox"
    if does == "approve_session" and not request.grant:
        return f"Not for the session: {no_grant(request)}"
    if does == "edit_request" and not request.editable:
        return "Only commands can be edited; Tab says what should change"
    if does == "answer_batch" and len(similar(request, waiting)) < 2:
        return "No other request is like this one"
    return ""


def no_grant(request: ApprovalRequested) -> str:
    """Why a request can be allowed a single time only."""
    if request.conflict:
        return "another model is at work on the file"
    if len(request.parts) > 1:
        return "several commands in one are allowed one time only"
    if request.risk is Risk.DESTRUCTIVE:
        return "what destroys is allowed one time only"
    return "this can be allowed one time only"


def _press_to_confirm(card: Card, request: ApprovalRequested, key: str) -> Effect:
    card.stage = Stage.CHOOSE
    if key == "enter":
        return Send((Answer(id=request.id, decision=card.intent),))
    return Say("Not run; it still waits")


def _press_in_list(card: Card, waiting: Sequence[ApprovalRequested], key: str, now: float) -> Effect:
    if card.stage is Stage.BATCH_CONFIRM:
        card.stage = Stage.BATCH
        return _answer_all(card, AnswerKind.ONCE) if key == "enter" else Plain.REDRAW
    if key in ("y", "n"):
        return _choose_in_list(card, waiting, key)
    if key in ("up", "down"):
        card.to_cursor = True
        card.cursor = (card.cursor + (1 if key == "down" else -1)) % max(len(card.batch), 1)
    elif key == "space":
        card.left_out ^= {card.batch[card.cursor]}
    elif key in ("escape", "b"):
        card.back()
        card.since = now
    elif key in _SCROLLS:
        return Scroll(_SCROLLS[key])
    return Plain.REDRAW


def _choose_in_list(card: Card, waiting: Sequence[ApprovalRequested], key: str) -> Effect:
    chosen = [one for one in waiting if one.id in card.batch and one.id not in card.left_out]
    if not chosen:
        return Say("Every request is left out")
    if key == "n":
        return _answer_all(card, AnswerKind.DENY)
    if any(one.id not in card.seen for one in chosen):
        return Say("Not all of them were shown yet: PgDn goes on")
    card.stage = Stage.BATCH_CONFIRM
    return Plain.REDRAW


def _answer_all(card: Card, kind: AnswerKind) -> Send:
    return Send(tuple(Answer(id=one, decision=kind) for one in card.batch if one not in card.left_out))


def submit(card: Card, text: str) -> Effect:
    """Enter in the text field. A rule is sent only with a trial of exactly this text that found nothing wrong."""
    text = text.strip()
    match card.stage:
        case Stage.REASON:
            return Send((Answer(id=card.shown, decision=AnswerKind.DENY, text=text),))
        case Stage.EDIT if text:
            return Send((Answer(id=card.shown, decision=AnswerKind.EDITED, text=text),))
        case Stage.RULE if text and card.trial is not None and card.tried == text:
            return _save(card, card.trial, text)
        case _:
            return Say("Nothing is written yet")


def _save(card: Card, trial: RuleTrial, text: str) -> Effect:
    if trial.problem:
        return Say(trial.problem)
    if trial.decision is Decision.ASK:
        return Say("This rule leaves the question open, so it is not saved here")
    return Send((Answer(id=card.shown, decision=AnswerKind.RULE, text=text),))


def editable_text(text: str) -> str:
    """A command as it can be put into a text field: without anything invisible."""
    return "".join(character for character in clean(text) if character in "\n\t" or character.isprintable())


def proposed_rule(request: ApprovalRequested) -> str:
    """A rule that allows exactly this; for several commands in one, the one that made it ask."""
    text = request.text
    if request.tool in ("run_command", "run_interactive"):
        asking = [part for part in request.parts if part.decision.value != "allow"]
        if len(request.parts) > 1 and asking:
            text = asking[0].text
    elif request.cwd and text.startswith(request.cwd.rstrip("/") + "/"):
        text = text[len(request.cwd.rstrip("/")) + 1 :]
    return " ".join(f"allow {request.tool} {editable_text(text)}".split())
