"""The trust mode and the sandbox in short words."""

from typing import Final

from tui.core.trust import TrustMode
from tui.ui.view.format import Span, Tone
from tui.ui.view.state import SessionView

_MODE_TONES: Final = {
    TrustMode.PLAN: Tone.BUSY,
    TrustMode.ASK: Tone.OK,
    TrustMode.AUTO_EDIT: Tone.WARN,
    TrustMode.AUTO: Tone.FLAG,
}


def mode_tone(mode: TrustMode) -> Tone:
    """The tone of a mode: the more happens without a question, the louder."""
    return _MODE_TONES[mode]


def mode_spans(view: SessionView) -> list[tuple[int, Span]]:
    """The mode and what commands run in, ranked as parts of the first line; nothing before the engine told it."""
    work = view.work
    if work.mode is None:
        return []
    if not work.tools:
        return [(2, ("no tools", Tone.MUTED))]
    tone = mode_tone(work.mode)
    words = f" {work.mode.value} " if tone is Tone.FLAG else work.mode.value
    sandbox = (2, ("sandbox", Tone.MUTED)) if work.sandbox else (0, ("no sandbox", Tone.WARN))
    return [(0, (words, tone)), sandbox]
