"""What the ledger keeps and gives back. Money is integer pico-dollars, times are seconds since the epoch."""

from dataclasses import dataclass, field
from enum import StrEnum

from tui.core.chat import Usage
from tui.spend.budget import Alert, Standing, Window
from tui.spend.prices import CacheWrites, Quote


class State(StrEnum):
    """Where an entry is on its way."""

    HELD = "held"
    """Reserved; the call runs."""
    SETTLED = "settled"
    """Ended, with the provider's own count."""
    ESTIMATED = "estimated"
    """Cut or cancelled: booked with what can be told from what came."""
    ORPHANED = "orphaned"
    """Its program is gone: booked with all that was reserved."""
    RELEASED = "released"
    """Failed before the model began; cost nothing."""
    DUPLICATE = "duplicate"
    """The same answer is booked in another entry; weighs nothing here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that is about to be made.

    `project` is the folder of the git repository, or the folder itself. `input_tokens` is an upper estimate of the
    whole input, `max_tokens` the most output that is wanted. `quote` is None when the price is unknown.
    """

    session: str
    project: str
    provider: str
    model: str
    input_tokens: int
    max_tokens: int
    quote: Quote | None
    pane: str = ""
    turn: str = ""
    attempt: int = 1
    cache_writes: CacheWrites = CacheWrites.FIVE_MINUTES

    @property
    def input_pico(self) -> int | None:
        """The most the input can cost."""
        if self.quote is None:
            return None
        return self.quote.price.most_for_input(self.input_tokens, self.cache_writes)

    @property
    def output_rate(self) -> int | None:
        """The most an output token can cost."""
        return None if self.quote is None else self.quote.price.dearest_output


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Money reserved for a running call.

    `max_tokens` is what the call may ask for; less than `call.max_tokens` when a budget shortened it. `begun` is
    when, and so at which date's price. `amount_pico` is None when the price is unknown.
    """

    id: str
    call: Call
    max_tokens: int
    amount_pico: int | None
    begun: float
    standings: tuple[Standing, ...] = ()
    alerts: tuple[Alert, ...] = ()

    @property
    def shortened(self) -> bool:
        """Whether a budget allows less output than was wanted."""
        return self.max_tokens < self.call.max_tokens

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows the call counts towards."""
        return tuple(standing.window for standing in self.standings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How a hold ended: its state, its cost (None when unknown), how its budgets stand now, and what to tell of them.

    `first` is false when the hold had been ended before and nothing changed.
    """

    state: State
    cost_pico: int | None
    standings: tuple[Standing, ...] = ()
    alerts: tuple[Alert, ...] = ()
    first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call in the ledger. `cost_pico` is None while it runs and when its price is unknown."""

    id: str
    state: State
    session: str
    project: str
    provider: str
    model: str
    pane: str
    turn: str
    attempt: int
    begun: float
    ended: float | None
    held_pico: int | None
    cost_pico: int | None
    saved_pico: int
    usage: Usage
    price_source: str
    price_model: str
    price_date: str
    message_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of the ledger: entries begun in ``[start, end)`` that match every name that is set."""

    start: float | None = None
    end: float | None = None
    session: str | None = None
    project: str | None = None
    provider: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A sum over entries. `cost_pico` leaves out the `unpriced` calls and what is only held (`held_pico`)."""

    key: str
    calls: int = 0
    cost_pico: int = 0
    held_pico: int = 0
    saved_pico: int = 0
    unpriced: int = 0
    estimated: int = 0
    orphans: int = 0
    usage: Usage = field(default_factory=Usage)
