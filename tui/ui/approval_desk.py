"""Shows the card of requests, lets it have the keys at the right moment, and carries out the answers.

The focus goes to the card by itself only while the prompt is empty and its keys are live, and never away from a pane or
a terminal. Whoever goes back to the prompt stays there.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual.timer import Timer

from tui.core.trust import Resolution
from tui.ui.actions import Where, key_text
from tui.ui.approval_answers import Answers
from tui.ui.attention import Attention
from tui.ui.screens.approval import ApprovalScreen
from tui.ui.view.approval_frame import Chip, Situation
from tui.ui.view.approvals import WRITES, Card
from tui.ui.view.approvals import Stage as CardStage
from tui.ui.view.format import Tone
from tui.ui.view.work_state import Closed
from tui.ui.widgets.approval_card import ApprovalCard

if TYPE_CHECKING:
    from tui.core.tool_events import ApprovalRequested
    from tui.ui.screens.main import MainScreen

_TICK: Final = 0.1
_NARROW: Final = 60
_LOW: Final = 20
_LEAST_CARD: Final = 9
_ANSWERING_FOR: Final = 5.0
"""Seconds after an answer within which a person is taken to go on with answers."""
_LONGEST_SLIP: Final = 2
_PANES: Final = 3
"""Rows that stay for the panes at least, and a share of them where there are many."""
_PANES_SHARE: Final = 0.2
_ENDS: Final = {
    Resolution.CANCELLED: "ended with its turn",
    Resolution.NO_ANSWER: "waited too long",
    Resolution.OVERTAKEN: "was settled by another answer",
}


class ApprovalDesk:
    """The card's owner."""

    def __init__(self, screen: "MainScreen") -> None:
        self.screen = screen
        self._stage = screen.stage
        self.card = Card()
        rows = [action for action in screen.actions if action.where is Where.CARD and action.keys]
        self.answers = Answers(self, {key: action.does for action in rows for key in action.keys})
        self.chips: Sequence[Chip] = tuple(
            Chip(does=one.does, key=key_text(one.keys[0]), title=one.hint_title or one.title)
            for one in sorted(rows, key=lambda one: one.hint)
        )
        self._docked: ApprovalCard | None = None
        self.page: ApprovalScreen | None = None
        self._paged = ""
        self.attention = Attention(screen.app, screen.app.title)
        self._hinted: list[tuple[str, str]] = []
        self.answered_at = float("-inf")
        self._given_up = ""
        self._had_keys = False
        self._clock: Timer | None = None

    # ---- what waits

    @property
    def waiting(self) -> "tuple[ApprovalRequested, ...]":
        """The requests nobody has answered, oldest first."""
        return self._stage.view.work.waiting

    def follow(self) -> None:
        """Bring everything up to date with what waits."""
        work, now = self._stage.view.work, self._stage.now()
        work.changed = False
        closed, work.closed = work.closed, []
        if told := ". ".join(ended(one) for one in closed if one.how in _ENDS):
            self.say(told)
        writing = self.card.stage in WRITES and self.has_keys
        if self.card.follow(work.waiting, now) and writing:
            self._given_up = self.card.shown  # who writes must not answer the next request with the rest of a word
            self.close_page()
            self.to_prompt()
        self.attention.mind(frozenset(one.id for one in work.waiting))
        if self.card.shown:
            self._show()
        else:
            self._take_away()
        self.mind()

    def _show(self) -> None:
        if self._docked is None:
            self._docked = ApprovalCard(self._stage, self)
            self.touch()  # it comes at its full height
            self.screen.mount(self._docked, before=self.screen.prompt)
        else:
            self.touch()

    def _take_away(self) -> None:
        had_keys = self.has_keys
        self.close_page()
        docked, self._docked = self._docked, None
        if docked is not None:
            if had_keys:  # before the card goes, or Textual hands the focus to the next widget
                self.to_prompt()
            docked.remove()
        self._given_up = ""

    # ---- room

    @property
    def narrow(self) -> bool:
        """Whether the card needs a screen of its own."""
        size = self.screen.app.size
        return size.width < _NARROW or size.height < _LOW or room_for_card(self.screen, self._docked) < _LEAST_CARD

    @property
    def compact(self) -> bool:
        """Whether one row tells that something waits, in place of the card."""
        return self.card.collapsed or self.narrow

    def touch(self) -> None:
        """Paint what changed."""
        if self.has_keys and (hints := hints_of(self)) != self._hinted:
            self._hinted = hints
            self.screen.show_hints()
        if self._docked is not None:
            self._docked.touch(self.screen.app.size.width, room_for_card(self.screen, self._docked))
        if self.page is not None:
            self.page.touch()

    # ---- who has the keys

    @property
    def has_keys(self) -> bool:
        """Whether keys go to the card."""
        return self.page is not None or (self._docked is not None and self._docked.has_keys)

    def situation(self, *, page: bool) -> Situation:
        """What surrounds the card now."""
        go = self._stage.keys.get("answer_requests") or "/requests"
        if self.screen.dock.focused:  # every key but one goes to the program there
            go = f"{self._stage.keys.get('terminal', '')}, {go}"
        return Situation(
            focused=self.has_keys,
            draft=not self.screen.prompt.is_empty,
            live_in=self.live_in(),
            go=go,
            page=page,
            rows=self.page.card.body.progress if self.page is not None else (0, 0),
        )

    def key_of(self, does: str) -> str:
        """Name of the key that does something on the card."""
        return next((chip.key for chip in self.chips if chip.does == does), "")

    def live_in(self) -> float:
        """Seconds until the card's keys act."""
        self.card.typed = self._stage.typed_at
        return self.card.live_in(self._stage.now())

    def mind(self) -> None:
        """Count down, and give the card the keys when the moment has come."""
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
        if not self.card.shown or self.card.collapsed:
            return
        left = self.live_in()
        if left > 0:
            self._clock = self.screen.set_timer(min(_TICK, left), self._tick)
        early = self._stage.now() < self.answered_at + _ANSWERING_FOR  # a key that comes too soon is no prompt
        mine = self.has_keys or self._given_up == self.card.shown
        if (left == 0 or early) and not mine and keys_are_free(self.screen):
            self._take()

    def _tick(self) -> None:
        self._clock = None
        self.touch()
        self.mind()

    def _take(self) -> None:
        if self.narrow:
            self.open_page()
        elif self._docked is not None and self._docked.is_attached:
            self._docked.body.focus()
        self.touch()

    def drafted(self) -> None:
        """The draft changed; an empty one makes room for the card."""
        if self.screen.prompt.is_empty:
            self._given_up = ""
        self.touch()
        self.mind()

    def focus_moved(self) -> None:
        """Whoever takes the focus out of the card keeps it."""
        has_keys = self.has_keys
        if self._had_keys and not has_keys:
            self._given_up = self.card.shown
        self._had_keys = has_keys
        self.touch()
        self.mind()

    def resumed(self) -> None:
        """The main screen is on top again: the card is as new, unless the page with all of it was above."""
        came_back, self._paged = self._paged == self.card.shown, ""
        if self.page is None and not came_back:
            self.card.since = self._stage.now()
            self.touch()
        if self.page is None:
            self.mind()

    def go(self) -> None:
        """Go into the card; from there to the next request."""
        now = self._stage.now()
        if self.has_keys:
            self.card.next(self.waiting, now)
        elif self.card.collapsed or self.narrow:
            self.card.collapsed = False
            self.card.since = now
        self._given_up = ""
        self.touch()
        if not self.has_keys:
            self._take()
        self.mind()

    def leave(self) -> bool:
        """Let it wait, on one row."""
        if not self.card.shown or self.card.collapsed or (self.narrow and self.page is None):
            return False
        self.card.back()
        self.card.collapsed = True
        self.close_page()
        if self._docked is not None and self._docked.has_keys:
            self.to_prompt()
        self.touch()
        return True

    def to_prompt(self) -> None:
        """Move the focus to the prompt, at once: the next key may be here already."""
        self.screen.set_focus(self.screen.prompt.editor)

    # ---- the page with everything

    def open_page(self) -> None:
        """Show everything on a screen of its own."""
        if self.page is None:
            self.card.offset = 0
            self.page = ApprovalScreen(self._stage, self, self.go)
            self.screen.app.push_screen(self.page)

    def close_page(self) -> None:
        """Go back to the main screen."""
        page, self.page = self.page, None
        if page is not None:
            self._paged = self.card.shown
            page.dismiss(None)

    # ---- for those who carry out answers

    @property
    def widget(self) -> ApprovalCard | None:
        """The card that has the keys."""
        return self.page.card if self.page is not None else self._docked

    def say(self, text: str) -> None:
        """Show one line of news where the person looks."""
        (self.screen if self.page is None else self.page).flash(text, Tone.WARN)


def hints_of(desk: ApprovalDesk) -> list[tuple[str, str]]:
    """What helps besides the keys on the card itself: keys and what they do."""
    if desk.card.stage is not CardStage.CHOOSE:
        return [("Esc", "Back")]
    keys = {one.does: key_text(one.keys[0]) for one in desk.screen.actions if one.where is Where.ANYWHERE and one.keys}
    more = [("answer_requests", "Next request")] if len(desk.waiting) > 1 else []
    others = [*more, ("mode_next", "Mode"), ("help", "Help")]
    return [("Esc", "Leave it waiting"), *((keys[one], title) for one, title in others if one in keys)]


def is_slip(desk: ApprovalDesk, text: str) -> bool:
    """Whether what was sent to all models is but letters that are keys of the card in sight."""
    in_sight = bool(desk.card.shown) and not desk.compact
    return in_sight and len(text) <= _LONGEST_SLIP and all(desk.answers.knows(letter) for letter in text)


def room_for_card(screen: "MainScreen", card: ApprovalCard | None) -> int:
    """Rows the docked card may take, so that the panes keep their share."""
    taken = sum(
        child.outer_size.height
        for child in screen.children
        if child.display and child is not card and child.id != "work"
    )
    room = screen.app.size.height - taken
    return room - max(_PANES, int(room * _PANES_SHARE))


def keys_are_free(screen: "MainScreen") -> bool:
    """Whether nobody else needs the keys: the prompt has them, and nothing is written there."""
    focused = screen.focused
    in_prompt = focused is None or screen.prompt in focused.ancestors
    return screen.app.screen is screen and in_prompt and screen.prompt.is_empty


def ended(closed: Closed) -> str:
    """How a request ended without an answer of this screen."""
    return f"The request of {closed.request.pane} {_ENDS[closed.how]}"
