"""The card of a request: what is asked, a text field where one is needed, the keys. It decides nothing itself."""

from collections.abc import Sequence
from typing import ClassVar, Final, Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import TextArea

from tui.core.tool_events import ApprovalRequested
from tui.ui.view import approval_frame as frame
from tui.ui.view import approval_text as content
from tui.ui.view.approval_frame import Chip, Foot, Situation
from tui.ui.view.approvals import LISTS, WRITES, Card, editable_text
from tui.ui.view.format import Line
from tui.ui.view.prompt_text import from_terminal
from tui.ui.widgets.span_widget import SpanWidget, Stage

_FIELD_ROWS: Final = 6
_SCROLLS: Final = frozenset({"pageup", "pagedown"})
_FOR_ANSWER: Final = 3
"""Rows the card leaves to the panes when it can say the same denser."""
_LEAST_BODY: Final = 3


class Input(Protocol):
    """Where keys, clicks and texts go."""

    def press(self, key: str, character: str) -> bool:
        """Take a key; False when it is not the card's."""

    def clicked(self, does: str) -> None:
        """A key's name was clicked, or, when `does` is empty, something else."""

    def scrolled(self, step: int) -> None:
        """The wheel was turned."""

    def pasted(self, text: str) -> None:
        """Something was pasted while the card had the keys: it belongs into the prompt."""

    def wrote(self, text: str) -> None:
        """The text in the field changed."""

    def submit(self, text: str) -> None:
        """Enter in the field."""

    def left_field(self) -> None:
        """Esc in the field."""


class Host(Protocol):
    """What the card asks of its owner."""

    card: Card
    chips: Sequence[Chip]

    @property
    def answers(self) -> Input:
        """Where keys, clicks and texts go."""

    @property
    def compact(self) -> bool:
        """Whether one row tells that something waits, in place of the card."""

    def key_of(self, does: str) -> str:
        """Name of the key that does something on the card."""

    def situation(self, *, page: bool) -> Situation:
        """What surrounds the card now."""


class CardBody(SpanWidget, can_focus=True):
    """The upper part; it has the keys."""

    DEFAULT_CSS = """
    CardBody { height: 1; width: 1fr; background: $surface; color: $foreground; }
    """
    takes_answers: ClassVar[bool] = True
    """Keys that come here are no typing."""

    def takes_key(self, key: str) -> bool:
        """Keys that are the card's before they are the screen's: those that scroll, while there is more to see."""
        card = self._host.card
        return key in _SCROLLS and (self._page or card.stage in LISTS or card.shown not in card.seen)

    def __init__(self, stage: Stage, host: Host, *, page: bool) -> None:
        super().__init__(stage)
        self._host = host
        self._page = page
        self._known: tuple[object, ...] = ()
        self._sections: list[content.Section] = []
        self._listed: tuple[tuple[object, ...], tuple[list[Line], int]] = ((), ([], 0))
        self.last = 0
        """How far the rows can be scrolled."""
        self.progress = (0, 0)
        """The last row on the screen, counted from 1, and how many there are."""

    def on_key(self, event: events.Key) -> None:
        """Every key goes to the owner first."""
        if self._host.answers.press(event.key, event.character if event.is_printable and event.character else ""):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A paste is never an answer."""
        event.stop()
        self._host.answers.pasted(from_terminal(event.text))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Show what is below."""
        event.stop()
        self._host.answers.scrolled(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Show what is above."""
        event.stop()
        self._host.answers.scrolled(-1)

    def on_click(self) -> None:
        """A click goes into the card; it answers nothing."""
        self._host.answers.clicked("")

    def sections(self, request: ApprovalRequested, width: int) -> list[content.Section]:
        """The sections of a request; laid out once."""
        pane = self.stage.view.panes.get(request.pane)
        known = (request.id, width, self._page, self.stage.glyphs.ascii)
        if known != self._known:
            model = pane.model if pane is not None else ""
            self._known = known
            self._sections = content.sections(request, model, width, self.stage.glyphs, whole=self._page)
        return self._sections

    def wanted(self, width: int, room: int) -> int:
        """Rows that would show everything, the frame's upper side included; fewer where it fits `room` denser."""
        inner = width - frame.SIDES
        request = self.stage.view.work.requests.get(self._host.card.shown)
        if request is None or inner < 1:
            return 1
        if self._host.card.stage in LISTS:
            return len(self._batch(inner)[0]) + 1
        parts: Sequence[content.Section] = self.sections(request, inner)
        if sum(len(part.rows) for part in parts) > room - 1 - _FOR_ANSWER:  # better less context than no answer
            parts = content.dense(content.dense(parts, room - 1), room - 1 - _FOR_ANSWER)
        return sum(len(part.rows) for part in parts) + min(len(parts), 4)

    def _batch(self, width: int) -> tuple[list[Line], int]:
        card, open_requests = self._host.card, self.stage.view.work.requests
        known = (card.batch, frozenset(card.left_out), card.cursor, width, self.stage.glyphs.ascii)
        if known != self._listed[0]:
            requests = [open_requests[one] for one in card.batch if one in open_requests]
            self._listed = known, content.batch_rows(requests, card.left_out, card.cursor, width, self.stage.glyphs)
        return self._listed[1]

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the frame's upper side and what is asked."""
        card, work, glyphs = self._host.card, self.stage.view.work, self.stage.glyphs
        request = work.requests.get(card.shown)
        if request is None:
            return ()
        situation = self._host.situation(page=self._page)
        if self._host.compact and not self._page:
            return (frame.collapsed_line(work.waiting, width, situation.go, glyphs),)
        ids = [one.id for one in work.waiting]
        place = (ids.index(request.id) + 1 if request.id in ids else 1, max(len(ids), 1))
        pane = self.stage.view.panes.get(request.pane)
        head = frame.head_line(card, request, pane, place, width, glyphs, situation)
        rows = self._rows(request, max(width - frame.SIDES, 1), max(height - 1, 0), situation)
        rows += [()] * (height - 1 - len(rows))
        return (head, *frame.framed(rows, width, frame.frame_tone(request, situation), glyphs))

    def _rows(self, request: ApprovalRequested, width: int, height: int, situation: Situation) -> list[Line]:
        card = self._host.card
        if card.stage in LISTS:
            rows, at = self._batch(width)
            if card.to_cursor:
                card.offset = max(min(card.offset, at), at - height + 3)
            return self._window(rows, height, card.batch)
        parts = self.sections(request, width)
        if self._page:
            return self._window(content.full(parts), height, (request.id,))
        del situation
        body = content.fitted(parts, height, self.stage.glyphs, self._host.key_of("request_details"))
        card.fits(request.id, body.whole)
        return list(body.rows)

    def _window(self, rows: Sequence[Line], height: int, ids: Sequence[str]) -> list[Line]:
        card = self._host.card
        self.last = max(len(rows) - height, 0)
        card.offset = min(max(card.offset, 0), self.last)
        self.progress = (min(card.offset + height, len(rows)), len(rows))
        if card.offset == self.last:
            card.seen.update(ids)
            card.read.update(ids)
        return list(rows[card.offset : card.offset + height])


class CardFoot(SpanWidget):
    """The lower part: keys that can be clicked, and whether they are live."""

    DEFAULT_CSS = """
    CardFoot { height: 2; width: 1fr; background: $surface; color: $foreground; }
    """

    def __init__(self, stage: Stage, host: Host, *, page: bool) -> None:
        super().__init__(stage)
        self._host = host
        self._page = page

    def foot(self, width: int) -> Foot:
        """The rows now."""
        card, work = self._host.card, self.stage.view.work
        request = work.requests.get(card.shown)
        if request is None or width <= frame.SIDES:
            return Foot(())
        situation = self._host.situation(page=self._page)
        return frame.foot(card, work.waiting, request, self._host.chips, width, self.stage.glyphs, situation)

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the rows."""
        return self.foot(width).rows

    def on_click(self, event: events.Click) -> None:
        """Do what the key that was clicked does."""
        event.stop()
        for row, start, end, does in self.foot(self.size.width).spots:
            if event.y == row and start <= event.x < end:
                self._host.answers.clicked(does)
                return
        self._host.answers.clicked("")


class CardField(TextArea):
    """A field of one to a few rows: Enter takes it, Ctrl+J breaks the line, Esc goes back."""

    DEFAULT_CSS = """
    CardField {
        display: none; height: auto; min-height: 1; max-height: 6; padding: 0 1; background: $boost;
        border: none; border-left: solid $state-warn; border-right: solid $state-warn; scrollbar-size-vertical: 1;
        &:focus { border: none; border-left: solid $state-warn; border-right: solid $state-warn; }
        &.-shown { display: block; }
        &.-ascii, &.-ascii:focus { border-left: ascii $state-warn; border-right: ascii $state-warn; }
    }
    """

    def __init__(self, host: Host, *, ascii_only: bool) -> None:
        super().__init__(highlight_cursor_line=False, classes="-ascii" if ascii_only else None)
        self._host = host

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows; blank ones for a field that has ended.

        Textual may paint between the end of a widget, which empties its styles, and the layout that drops it.
        """
        if not self.is_attached:
            return [Strip.blank(crop.width)] * crop.height
        return super().render_lines(crop)

    def on_key(self, event: events.Key) -> None:
        """Enter and Esc are the card's."""
        if event.key == "enter":
            self._host.answers.submit(self.text)
        elif event.key == "escape":
            self._host.answers.left_field()
        elif event.key == "ctrl+j":
            self.insert("\n")
        elif event.key not in ("tab", "shift+tab"):
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A paste loses what cannot be seen."""
        event.stop()
        event.prevent_default()
        self.insert(editable_text(from_terminal(event.text)))


class ApprovalCard(Vertical):
    """Body, field and foot. `page` shows everything at full height, with scrolling."""

    DEFAULT_CSS = """
    ApprovalCard { height: auto; width: 1fr; background: $surface; }
    ApprovalCard.-page { height: 1fr; }
    ApprovalCard.-page > CardBody { height: 1fr; }
    ApprovalCard.-collapsed > CardFoot, ApprovalCard.-collapsed > CardField { display: none; }
    """

    def __init__(self, stage: Stage, host: Host, *, page: bool = False) -> None:
        super().__init__(classes="-page" if page else None)
        self._stage = stage
        self._host = host
        self._page = page
        self.body = CardBody(stage, host, page=page)
        self.field = CardField(host, ascii_only=stage.glyphs.ascii)
        self.foot = CardFoot(stage, host, page=page)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self.body
        yield self.field
        yield self.foot

    @property
    def has_keys(self) -> bool:
        """Whether the focus is in the card."""
        return self.body.has_focus or self.field.has_focus

    def touch(self, width: int, most: int) -> None:
        """Take the rows that are needed, at most `most`, on a screen of `width` cells, and paint what changed."""
        card = self._host.card
        self.set_class(self._host.compact and not self._page, "-collapsed")
        self._show_field(card.stage in WRITES)
        foot = len(self.foot.foot(width).rows)
        if not self._page:
            field = min(max(self.field.wrapped_document.height, 1), _FIELD_ROWS) if card.stage in WRITES else 0
            room = max(most - foot - field, _LEAST_BODY)
            rows = 1 if self._host.compact else min(self.body.wanted(width, room), room)
            if self.body.styles.height is None or self.body.styles.height.value != rows:
                self.body.styles.height = rows
        if self.foot.styles.height is None or self.foot.styles.height.value != foot:
            self.foot.styles.height = foot
        self.body.touch()
        self.foot.touch()

    def _show_field(self, shown: bool) -> None:
        if self.field.has_class("-shown") != shown:
            self.field.set_class(shown, "-shown")
            self.screen.set_focus(self.field if shown else self.body)  # at once: the next key may be here already

    def write(self, text: str) -> None:
        """Open the field with a text in it; the caret goes to its end."""
        self.field.load_text(text)
        self.field.move_cursor(self.field.document.end)

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._host.answers.wrote(self.field.text)
