"""Carries out what a key of the card means: answers, the text field, scrolling, letters meant for the prompt."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from textual.timer import Timer

from tui.core.errors import LLMMixerError
from tui.core.trust import AnswerKind
from tui.ui.ports import RuleTrier
from tui.ui.view import approvals
from tui.ui.view.approvals import LISTS, Effect, Plain, Say, Scroll, Send, Stage, Type, Write

if TYPE_CHECKING:
    from tui.ui.approval_desk import ApprovalDesk

_TRY_AFTER: Final = 0.15
"""Seconds after a key until the rule in the field is tried."""
_SAID: Final = {
    AnswerKind.ONCE: "Allowed once",
    AnswerKind.OUTSIDE: "Allowed once, outside the sandbox",
    AnswerKind.SESSION: "Allowed for this session",
    AnswerKind.RULE: "Rule saved",
    AnswerKind.EDITED: "Changed; it is judged again",
    AnswerKind.DENY: "Denied",
}


class Answers:
    """The input side of the desk."""

    def __init__(self, desk: "ApprovalDesk", keys: Mapping[str, str]) -> None:
        self._desk = desk
        self._keys = keys
        self._hold: Timer | None = None
        self._trial: Timer | None = None
        self._does: Mapping[type, Callable[[Any], None]] = {
            Send: self._send,
            Type: self._type,
            Write: self._write,
            Scroll: self._scroll,
            Say: lambda effect: self._desk.say(effect.text),
            Plain: self._plain,
        }

    def knows(self, key: str) -> bool:
        """Whether a key is one of the card's."""
        return key in self._keys

    def press(self, key: str, character: str) -> bool:
        """Take a key; False when it is not the card's."""
        desk = self._desk
        desk.live_in()
        effect = approvals.press(desk.card, desk.waiting, key, character, desk.screen.stage.now(), self._keys)
        if effect is Plain.OTHER:
            return False
        self._do(effect)
        return True

    def clicked(self, does: str) -> None:
        """A click: into the card, or on a key that is live."""
        desk = self._desk
        if not desk.has_keys:
            desk.go()
        elif does and desk.live_in() == 0:
            self._do(approvals.act(desk.card, desk.waiting, does))

    def scrolled(self, step: int) -> None:
        """The wheel was turned."""
        if self._desk.page is not None or self._desk.card.stage in LISTS:
            self._do(Scroll(step))

    def pasted(self, text: str) -> None:
        """A paste belongs into the prompt."""
        self._do(Type(text))

    def _do(self, effect: Effect) -> None:
        self._does[type(effect)](effect)
        self._desk.touch()

    def _plain(self, effect: Plain) -> None:
        if effect is Plain.HELD:
            if self._hold is not None:
                self._hold.stop()
            self._hold = self._desk.screen.set_timer(approvals.HOLD, self._settle)
        elif effect is Plain.LEAVE:
            self._leave()
        elif effect is Plain.DETAILS:
            self._details()

    def _settle(self) -> None:
        self._do(approvals.settle(self._desk.card, self._desk.waiting, self._keys))

    def _leave(self) -> None:
        desk = self._desk
        if desk.page is not None and not desk.narrow:
            desk.close_page()
        else:
            desk.leave()

    def _details(self) -> None:
        desk = self._desk
        if desk.page is None:
            desk.open_page()
        elif desk.narrow:
            desk.say("This is all of it")
        else:
            desk.close_page()

    def _send(self, effect: Send) -> None:
        desk = self._desk
        desk.answered_at = desk.screen.stage.now()
        work = desk.screen.stage.view.work
        for answer in effect.answers:
            work.answered.add(answer.id)
            desk.screen.engine.handle(answer)
        said = _SAID[effect.answers[0].decision] if effect.answers else ""
        count = len(effect.answers)
        desk.screen.flash(f"{said}: {count} requests" if count > 1 else said)
        desk.card.back()
        desk.follow()

    def _type(self, effect: Type) -> None:
        desk = self._desk
        screen = desk.screen
        screen.stage.typed_at = screen.stage.now()
        if desk.page is not None:
            desk.close_page()
        desk.to_prompt()
        screen.prompt.insert_text(effect.text)

    def _scroll(self, effect: Scroll) -> None:
        desk = self._desk
        widget = desk.widget
        if widget is None:
            return
        if desk.page is None and desk.card.stage not in LISTS:
            if desk.card.shown not in desk.card.seen:
                desk.open_page()
            return
        page = max(widget.body.size.height - 2, 1)
        step = {1: 1, 2: page, 3: widget.body.last}[abs(effect.step)]
        desk.card.to_cursor = False
        desk.card.offset = min(max(desk.card.offset + (step if effect.step > 0 else -step), 0), widget.body.last)

    # ---- the text field

    def _write(self, effect: Write) -> None:
        widget = self._desk.widget
        if widget is not None:
            widget.write(effect.text)
            if self._desk.card.stage is Stage.RULE:
                self._try(effect.text)

    def left_field(self) -> None:
        """Esc in the field."""
        self._desk.card.back()
        self._desk.touch()

    def wrote(self, text: str) -> None:
        """The text in the field changed: a rule is tried soon."""
        if self._trial is not None:
            self._trial.stop()
            self._trial = None
        if self._desk.card.stage is Stage.RULE:
            self._trial = self._desk.screen.set_timer(_TRY_AFTER, lambda: self._try(text))
        self._desk.touch()

    def _try(self, text: str) -> None:
        self._trial = None
        desk, rule = self._desk, text.strip()
        if desk.card.stage is not Stage.RULE or not rule:
            return
        engine = desk.screen.engine
        if not isinstance(engine, RuleTrier):
            desk.say("Rules cannot be tried in this session")
            return
        try:
            desk.card.trial = engine.try_rule(desk.card.shown, rule)
        except LLMMixerError as error:
            desk.say(f"{error.problem.title}: {error.problem.text}")
            return
        desk.card.tried = rule
        desk.touch()

    def submit(self, text: str) -> None:
        """Enter in the field."""
        if self._desk.card.stage is Stage.RULE:
            self._try(text)
        self._do(approvals.submit(self._desk.card, text))
