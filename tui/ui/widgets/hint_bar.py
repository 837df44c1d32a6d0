"""The last line of the screen: keys that help now, or for a few seconds a piece of news."""

from collections.abc import Sequence
from typing import Final

from textual.timer import Timer

from tui.core.untrusted import clean_line
from tui.ui.view.format import Line, Span, Tone, cells, clip, ellipsis
from tui.ui.widgets.span_widget import SpanWidget, Stage

_SHOWN_FOR: Final = 4.0


class HintBar(SpanWidget):
    """Hints as (key, title), as many as fit; `flash` covers them for a while."""

    DEFAULT_CSS = """
    HintBar { height: 1; color: $foreground; }
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._hints: Sequence[tuple[str, str]] = ()
        self._news: Span | None = None
        self._over: Timer | None = None

    def show_hints(self, hints: Sequence[tuple[str, str]]) -> None:
        """Replace the hints."""
        if hints != self._hints:
            self._hints = hints
            self.touch()

    def flash(self, text: str, tone: Tone = Tone.PLAIN, *, seconds: float = _SHOWN_FOR) -> None:
        """Show one line of news; the next replaces it."""
        self._news = (f" {clean_line(text, 400)}", tone)
        if self._over is not None:
            self._over.stop()
        self._over = self.set_timer(seconds, self._end_of_news)
        self.touch()

    @property
    def news(self) -> str:
        """The news on show, or an empty string."""
        return self._news[0].strip() if self._news else ""

    def dismiss(self) -> None:
        """Take the news away; a click does the same."""
        if self._over is not None:
            self._over.stop()
        self._end_of_news()

    def on_click(self) -> None:
        """Take the news away."""
        self.dismiss()

    def _end_of_news(self) -> None:
        self._news = self._over = None
        self.touch()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return the news, or the hints that fit."""
        if self._news is not None:
            return (((clip(self._news[0], width, ellipsis(self.stage.glyphs)), self._news[1]),),)
        spans: list[Span] = []
        used = 0
        for key, title in self._hints:
            text = f" {key} "
            used += cells(text) + cells(title) + 1
            if used > width:
                break
            spans += [(text, Tone.ACCENT), (f"{title} ", Tone.MUTED)]
        return (tuple(spans),)
