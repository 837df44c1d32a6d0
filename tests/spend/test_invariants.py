"""Whatever happens to calls in whatever order, the books are right: compared with sums kept by hand."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from tests.spend.support import START, budget, call, quote
from tui.config.model import BudgetScope
from tui.core.chat import Usage
from tui.core.clock import ManualClock
from tui.spend.budget import Budget, Refusal, Window, windows_for
from tui.spend.records import Hold, State
from tui.spend.store import Store

LEAST = 50
BUDGETS = (
    budget(3_000, name="session", scope=BudgetScope.SESSION),
    budget(5_000, name="day"),
    budget(9_000, name="month", scope=BudgetScope.MONTH),
    budget(4_000, name="anthropic", scope=BudgetScope.PROVIDER, provider="anthropic"),
    budget(1, name="soft", hard=False),
)


@dataclass
class Book:
    """What a test knows of one call."""

    hold: Hold
    amount: int
    state: State = State.HELD


@dataclass
class Known:
    """All calls by id."""

    books: dict[str, Book] = field(default_factory=dict)

    def used(self, window: Window) -> int:
        """What the calls in a window weigh."""
        return sum(book.amount for book in self.books.values() if _within(book.hold, window))


def _within(hold: Hold, window: Window) -> bool:
    return (
        window.session in (None, hold.call.session)
        and window.provider in (None, hold.call.provider)
        and (window.start is None or window.start <= hold.begun)
        and (window.end is None or hold.begun < window.end)
    )


class Books(RuleBasedStateMachine):
    """Holds, ends, sweeps and passing days in any order."""

    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock(epoch=START)
        self.store = Store(Path(self.folder.name) / "spend.sqlite", self.clock, lease_s=30 * 3600)
        self.store.connection.execute("PRAGMA synchronous = OFF")  # only speed: nothing is killed here
        self.known = Known()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def windows(self, session: str, provider: str | None, budgets: tuple[Budget, ...] = BUDGETS) -> tuple[Window, ...]:
        return windows_for(budgets, session=session, project="/p", provider=provider, wall=self.clock.wall(), tz=None)

    @rule(
        target=holds,
        session=st.sampled_from(["a", "b"]),
        provider=st.sampled_from(["anthropic", "openai"]),
        tokens=st.integers(1, 400),
        wanted=st.integers(1, 1_500),
    )
    def hold(self, session: str, provider: str, tokens: int, wanted: int) -> Hold | None:
        """Ask for a call; what is allowed is exactly what is left."""
        request = call(session=session, provider=provider, input_tokens=tokens, max_tokens=wanted, quote=quote(2, 3))
        here = self.windows(session, provider)
        left = min(window.budget.limit_pico - self.known.used(window) for window in here if window.budget.hard)
        result = self.store.hold(request, here, LEAST)
        expected = min(wanted, (left - tokens * 2) // 3)
        if isinstance(result, Refusal):
            assert expected < min(LEAST, wanted)
            return None
        assert (result.max_tokens, result.amount_pico) == (expected, tokens * 2 + expected * 3)
        self.known.books[result.id] = Book(result, tokens * 2 + expected * 3)
        return result

    @rule(hold=holds, share=st.floats(0, 1), state=st.sampled_from([State.SETTLED, State.ESTIMATED, State.RELEASED]))
    def end(self, hold: Hold | None, share: float, state: State) -> None:
        """End a call, perhaps again, perhaps after it was swept."""
        if hold is None:
            return
        book = self.known.books[hold.id]
        cost = 0 if state is State.RELEASED else int((hold.amount_pico or 0) * share)
        receipt = self.store.end(hold, state, Usage(output_tokens=cost), cost)
        assert receipt.first == (book.state in (State.HELD, State.ORPHANED))
        if receipt.first:
            book.state, book.amount = state, cost
        assert (receipt.state, receipt.cost_pico) == (book.state, book.amount)

    @rule(hold=consumes(holds))
    def abandon(self, hold: Hold | None) -> None:
        """Nobody will end this call."""
        if hold is not None and self.known.books[hold.id].state is State.HELD:
            assert self.store.sweep([hold.id]) == (hold.id,)
            self.known.books[hold.id].state = State.ORPHANED

    @rule(hours=st.integers(1, 40))
    def wait(self, hours: int) -> None:
        """Let time pass; leases run out."""
        self.clock.advance(hours * 3600)
        over = {
            key
            for key, book in self.known.books.items()
            if book.state is State.HELD and book.hold.begun + 30 * 3600 < self.clock.wall()
        }
        assert set(self.store.sweep()) == over
        for key in over:
            self.known.books[key].state = State.ORPHANED

    @precondition(lambda self: self.known.books)
    @invariant()
    def the_sums_are_right_and_no_limit_is_crossed(self) -> None:
        """Every window of every budget."""
        for session in ("a", "b"):
            for standing in self.store.standings(self.windows(session, None)):
                assert standing.spent_pico + standing.held_pico == self.known.used(standing.window)
                assert standing.left_pico >= 0 or not standing.budget.hard


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=25, stateful_step_count=30)
