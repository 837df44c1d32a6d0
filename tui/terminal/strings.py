"""OSC and DCS: sequences with a text in them. What is not known is dropped."""

import base64
import binascii
from typing import Final

from tui.core.untrusted import clean_line
from tui.terminal.notices import ClipboardWrite, Notice, PromptMark, Rang, Titled, WentTo
from tui.terminal.replies import Replies
from tui.terminal.scrollback import Scrollback

_TITLE_LIMIT: Final = 200
_LINK_LIMIT: Final = 2083
_FOLDER_LIMIT: Final = 3 * 4096 + 300
_EVENTS: Final = 1000
_TITLES: Final = 10


class Strings(Replies):
    """Titles, links, folders, clipboard, prompt marks, and queries with a text."""

    def __init__(self, columns: int, lines: int, scrollback: Scrollback) -> None:
        super().__init__(columns, lines, scrollback)
        self.title = ""
        self.icon_name = ""
        self._titles: list[str] = []
        self._events: list[Notice] = []

    def take_events(self) -> tuple[Notice, ...]:
        """Return what the program said since the last call."""
        events = tuple(self._events)
        self._events.clear()
        return events

    def _tell(self, event: Notice) -> None:
        if len(self._events) < _EVENTS and not (isinstance(event, Rang) and self._events[-1:] == [event]):
            self._events.append(event)

    def bell(self) -> None:
        """BEL."""
        self._tell(Rang())

    def set_title(self, param: str) -> None:
        """Name the window; the name is cleaned."""
        title = clean_line(param, _TITLE_LIMIT)
        if title != self.title:
            self.title = title
            if self._events and isinstance(self._events[-1], Titled):
                self._events.pop()
            self._tell(Titled(title))

    def set_icon_name(self, param: str) -> None:
        """Name the icon; shown nowhere."""
        self.icon_name = clean_line(param, _TITLE_LIMIT)

    def window(self, what: int = 0, *rest: int) -> None:
        """XTWINOPS: keep (22) and bring back (23) the title, or answer a query."""
        if what == 22:
            self._titles = [*self._titles[-_TITLES + 1 :], self.title]
        elif what == 23:
            if self._titles:
                self.set_title(self._titles.pop())
        else:
            self.report_window(what, *rest)

    def operating_system_command(self, body: str, end: str) -> None:
        """OSC: `end` is what ended it, and will end the answer."""
        number, _, rest = body.partition(";")
        if number in {"0", "2"}:
            self.set_title(rest)
        if number in {"0", "1"}:
            self.set_icon_name(rest)
        elif number == "8":
            self._link(rest)
        elif number == "7":
            self._folder(rest)
        elif number == "52":
            self._clipboard(rest)
        elif number == "133":
            self._mark(rest)
        elif number in {"4", "10", "11", "12"}:
            self._color_query(number, rest, end)

    def _link(self, rest: str) -> None:
        _, _, address = rest.partition(";")
        fg, bg, bits, _ = self.style
        clean = clean_line(address, _LINK_LIMIT) if len(address) <= _LINK_LIMIT else ""
        self.style = (fg, bg, bits, clean if clean == address else "")
        self.history.heavy = True

    def _folder(self, address: str) -> None:
        from urllib.parse import unquote

        if address.startswith("file://") and len(address) <= _FOLDER_LIMIT:
            host, slash, path = address[7:].partition("/")
            if slash:
                self._tell(WentTo(clean_line(unquote("/" + path), 4096), clean_line(host, 255)))

    def _clipboard(self, rest: str) -> None:
        _, _, data = rest.partition(";")
        if not data or data == "?":
            return
        try:
            text = base64.b64decode(data, validate=True).decode()
        except (binascii.Error, ValueError):
            return
        self._events = [event for event in self._events if not isinstance(event, ClipboardWrite)]
        self._tell(ClipboardWrite(text))

    def _mark(self, rest: str) -> None:
        kind, _, options = rest.partition(";")
        code = options.partition(";")[0].removeprefix("err=")
        if kind in {"A", "B", "C", "D"}:
            good = kind == "D" and code.isdecimal() and len(code) < 6
            self._tell(PromptMark(kind, int(code) if good else None))

    def _color_query(self, number: str, rest: str, end: str) -> None:
        values = rest.split(";", 64)[:64]
        if number == "4":
            for index, value in zip(values[::2], values[1::2], strict=False):
                if value == "?":
                    self.report_palette(index, end)
        else:
            for offset, value in enumerate(values):
                if value == "?" and int(number) + offset <= 12:
                    self.report_color(str(int(number) + offset), end)

    def device_control_string(self, body: str) -> None:
        """DCS: settings and capabilities that are asked for; pictures and the like are dropped."""
        if body.startswith("$q"):
            self.report_setting(body[2:])
        elif body.startswith("+q"):
            self.report_capabilities(body[2:])
