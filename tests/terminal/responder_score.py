"""How well questions are answered: our responder, and beside it a rule that goes by words anywhere in the output."""

import re
from dataclasses import dataclass, replace

from tests.terminal.responder_cases import ASKS, LOOKALIKES
from tests.terminal.responder_cases_more import ASKS_MORE, LOOKALIKES_MORE
from tui.terminal.evidence import Evidence
from tui.terminal.responder import (
    Abort,
    AskPerson,
    History,
    Response,
    Screen,
    Settings,
    Type,
    observe,
    respond,
    weigh,
)

ON = Settings()
WORDS = re.compile(r"approve|confirm|allow|\by/n\b", re.IGNORECASE)
"""The simple rule: one of these anywhere in what was printed is answered with yes, whoever printed it."""


def after(
    seconds: float, view: Screen, evidence: Evidence, settings: Settings = ON, history: History | None = None
) -> Response:
    """What the responder says of a screen that stands still and whose asker was first seen `seconds` ago."""
    seen = weigh(observe(history or History(), view, 100.0), evidence, 100.3)
    silent = replace(evidence, silent_s=max(evidence.silent_s, seconds)) if evidence.asks else evidence
    return respond(view, silent, seen, settings, 100.3 + seconds)


def outcome(response: Response) -> str:
    """A response as the tables write it."""
    if isinstance(response, Type):
        assert response.keys in {b"\r", b"n\r", b"q\r", b"q"}
        return response.shown
    if isinstance(response, Abort):
        return f"abort: {response.reason}"
    return "person" if isinstance(response, AskPerson) else "nothing"


@dataclass(frozen=True)
class Score:
    """Askers answered right and look-alikes answered, by us and by words alone."""

    asks: int
    right: int
    lookalikes: int
    false: int
    words_right: int
    words_false: int

    def report(self) -> str:
        """The score in two lines."""
        return (
            f"askers answered right: {self.right} of {self.asks}, by words anywhere {self.words_right}\n"
            f"look-alikes answered: {self.false} of {self.lookalikes}, by words anywhere {self.words_false}"
        )


def scored() -> Score:
    """Run both rules over both tables."""
    asks, alike = (*ASKS, *ASKS_MORE), (*LOOKALIKES, *LOOKALIKES_MORE)
    return Score(
        asks=len(asks),
        right=sum(outcome(after(5.0, case.screen, case.evidence)) == case.right for case in asks),
        lookalikes=len(alike),
        false=sum(isinstance(after(5.0, case.screen, case.evidence), Type) for case in alike),
        words_right=sum(_speaks(case.screen) and case.right == "Enter" for case in asks),
        words_false=sum(_speaks(case.screen) for case in alike),
    )


def _speaks(screen: Screen) -> bool:
    return any(WORDS.search(row) for row in screen.rows)
