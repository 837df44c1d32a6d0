"""Keys take effect in the order they were pressed, however fast they come.

Every widget has a queue of its own. A key goes to the focused widget, from there up through its parents, and what it
is bound to is done when it has come back to the application; a focus that is to move, a message of a widget and a new
screen take such ways too. Textual does not wait: a letter typed right behind Ctrl+U is in the text before Ctrl+U
empties it. Here the next key waits until the one before has gone all its way.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from textual import events

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.screen import Screen
    from textual.widget import Widget

PATIENCE: Final = 3.0
"""Seconds after which a key that does not come back holds up the others no longer."""


class KeyOrder:
    """Hands input on, one after the other. All of it runs in the application's own task.

    A focused widget may have two methods. `keeps_key(key)`: whether a key is the widget's own and changes nothing about
    where the next one goes, as a letter in a text; such keys follow each other without waiting. `settle_before(key)`:
    do what an earlier key still leaves open; true when that did something others have to follow first.
    """

    def __init__(
        self, app: "App[None]", deliver: Callable[[events.Event], Awaitable[None]], heir: "Callable[[], Widget | None]"
    ) -> None:
        self._app = app
        self._deliver = deliver
        self._heir = heir
        self._waiting: deque[events.Event] = deque()
        self._way = 0
        self._under_way = True
        self._held = self._acted = False
        self._screen: Screen[object] | None = None
        self._again: DOMNode | None = None
        self._kept_by: Widget | None = None
        self._watch: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> bool:
        """Whether there is input nobody has got yet."""
        return bool(self._waiting)

    async def take(self, event: events.Event) -> None:
        """Hand on a key, a paste or what the mouse did, at once or in its turn."""
        self._waiting.append(event)
        await self._go_on()
        self._watch_over()

    def open(self) -> None:
        """Let the first key in; those typed before the application was there come now."""
        if not self._way:
            self._under_way = False
            self._app.call_later(self._go_on)

    def follow(self, node: "DOMNode") -> None:
        """Let the next key wait until everything a widget has got, and sends up from there, is done."""
        if self._under_way and self._way:
            self._again = node
            return
        self._under_way = True
        self._way += 1
        self._again = None
        self._screen = self._app.screen
        self._step(node, self._way)

    def hold(self) -> None:
        """Let the next key wait for `let_go`, because what it is for is still to come."""
        self._held = True

    def let_go(self) -> None:
        """End `hold`."""
        if self._held:
            self._held = False
            self._app.call_later(self._go_on)

    def acted(self) -> None:
        """A key did what it is bound to; widgets may have messages for others now."""
        self._acted = True

    # ---- inside

    async def _go_on(self) -> None:
        while self._waiting and not (self._under_way or self._held):
            await self._hand_on(self._waiting.popleft())

    def _watch_over(self) -> None:
        """See to it that what waits does not wait for ever."""
        if self._waiting and self._under_way and self._way and self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(PATIENCE, self._give_up, self._way)

    async def _hand_on(self, event: events.Event) -> None:
        key = event.key if isinstance(event, events.Key) else ""
        if not key and not isinstance(event, events.Paste):
            await self._deliver(event)  # the mouse waits for keys; no key was ever pressed in the wake of a click
            return
        focused = self._heir() or self._app.focused
        keeps, settle = getattr(focused, "keeps_key", None), getattr(focused, "settle_before", None)
        if focused is not None and settle is not None and settle(event):
            self._kept_by = focused
        elif focused is not None and keeps is not None and key and keeps(event):
            self._kept_by = focused
            await self._deliver(event)
            return
        if self._kept_by is not None:  # what it was given may not be done yet
            self._waiting.appendleft(event)
            kept_by, self._kept_by = self._kept_by, None
            self.follow(kept_by)
            return
        node = focused or self._app.screen
        await self._deliver(event)
        self.follow(node if event.is_forwarded else self._app)

    def _step(self, node: "DOMNode | None", way: int) -> None:
        """Go behind everything in the queue of a node, then to its parent's."""
        if way != self._way:
            return
        while node is not None and node is not self._app:
            if node.call_later(self._step, node.parent, way):
                return
            node = node.parent
        self._app.call_later(self._arrived, way)

    async def _arrived(self, way: int) -> None:
        if way != self._way or not self._under_way:
            return
        self._under_way = False
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        screen = self._app.screen
        if self._again is not None or self._acted or screen is not self._screen:
            self._acted = False
            self.follow(self._again or self._app.focused or screen)
        await self._go_on()
        self._watch_over()

    def _give_up(self, way: int) -> None:
        """A defect somewhere must not make the keyboard dead."""
        self._watch = None
        if self._under_way and way == self._way:
            self._way += 1
            self._under_way = False
            self._app.call_later(self._go_on)


def order_of(app: object) -> KeyOrder | None:
    """Return who lets keys wait in an application; None where nobody does."""
    order: KeyOrder | None = getattr(app, "key_order", None)
    return order


def more_behind(widget: "Widget") -> bool:
    """Whether keys wait behind the one a widget has got."""
    order = order_of(widget.app)
    behind = widget.message_queue_size if order is None else order.waiting
    return bool(behind or widget.app.message_queue_size)
