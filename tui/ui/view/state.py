"""What the screen shows, as plain data. Text of answers is not kept here: it passes through as pane operations."""

from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum
from typing import Final, TypeAlias

from tui.core.chat import Usage
from tui.core.events import Notice, PaneInfo
from tui.core.record import Mutable, Record, mutable, record
from tui.ui.view.document import SectionKind
from tui.ui.view.guard_state import GuardView, Offer, Wait
from tui.ui.view.terminals import Terminals
from tui.ui.view.tool_line import OutputTail, ToolLine, ToolState
from tui.ui.view.work_state import WorkView

TAIL_CHARACTERS: Final = 600
"""How much of the end of an answer is kept for the rail."""


class Phase(StrEnum):
    """What a pane is doing, or how its last turn ended. The value is the word people read."""

    READY = "ready"
    CONNECTING = "connecting"
    WAITING = "waiting"
    THINKING = "thinking"
    ANSWERING = "answering"
    CALLING = "tool call"
    RUNNING = "running"
    RETRYING = "retry"
    ASKING = "asks you"
    DONE = "done"
    STOPPED = "stopped"
    EMPTY = "empty"
    LIMIT = "length limit"
    REFUSED = "refused"
    CUT = "cut"
    RATE_LIMITED = "rate limited"
    OVERLOADED = "overloaded"
    QUOTA = "quota spent"
    BUDGET = "over budget"
    OFFLINE = "offline"
    NO_KEY = "no key"
    REJECTED = "key rejected"
    FAILED = "failed"


BUSY: Final = frozenset({
    Phase.WAITING, Phase.THINKING, Phase.ANSWERING, Phase.CALLING, Phase.RUNNING, Phase.RETRYING, Phase.ASKING,
})  # fmt: skip


@record(kw_only=False)
class Begin(Record):
    """Open a section."""

    kind: SectionKind
    title: str = ""


@record(kw_only=False)
class Append(Record):
    """Add text to the open section."""

    text: str


@record(kw_only=False)
class End(Record):
    """Close the open section; `summary` is shown where the section is folded."""

    summary: str = ""


@record(kw_only=False)
class Clear(Record):
    """Forget every section."""


Operation: TypeAlias = Begin | Append | End | Clear | ToolLine


@mutable
class Totals(Mutable):
    """Sums over turns; money in pico-dollars. `unpriced` is true when the cost of some turn is unknown."""

    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_pico: int = 0
    unpriced: bool = False

    def add(self, usage: Usage, cost_pico: int | None) -> None:
        """Count one finished turn."""
        self.turns += 1
        self.input_tokens += usage.total_input_tokens
        self.output_tokens += usage.output_tokens
        if cost_pico is not None:
            self.cost_pico += cost_pico
        elif usage.total_input_tokens or usage.output_tokens:
            self.unpriced = True

    def merge(self, other: "Totals") -> None:
        """Add another sum to this one."""
        self.turns += other.turns
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost_pico += other.cost_pico
        self.unpriced = self.unpriced or other.unpriced


@mutable
class ToolView(Mutable):
    """A tool call of a pane. `key` is its own for the whole session; `approval` is the open request about it.

    `arguments` is what the model asked for, one argument a line; `remarks` are shown below what it printed.
    """

    key: int
    name: str
    title: str = ""
    state: ToolState = ToolState.WRITING
    arguments: str = ""
    approval: str = ""
    began: float = 0.0
    output: OutputTail = field(default_factory=OutputTail)
    remarks: tuple[str, ...] = ()


@mutable
class TurnView(Mutable):
    """The turn a pane shows figures of. Times are monotonic seconds; `characters` counts streamed text.

    `stand_in` names the model that answers in place of the one asked, `cached` says how old the answer was. `attempt`
    counts the attempts of the present round; `earlier` are those of the rounds before it.
    """

    id: str
    began: float
    attempt: int = 0
    earlier: int = 0
    attempt_began: float = 0.0
    first_token: float | None = None
    last_token: float = 0.0
    characters: int = 0
    seq: int = 0
    answered: bool = False
    called: bool = False
    usage: Usage = field(default_factory=Usage)
    cost_pico: int | None = None
    seconds: float | None = None
    first_token_s: float | None = None
    retry_at: float | None = None
    stand_in: str = ""
    cached: str = ""

    def time_to_first_token(self) -> float | None:
        """Seconds from the attempt's start to its first token; None before it."""
        if self.seconds is not None:
            return self.first_token_s
        return None if self.first_token is None else self.first_token - self.attempt_began

    def silent_for(self, now: float) -> float:
        """Seconds without a token in a stream that has begun and not ended; 0 otherwise."""
        return now - self.last_token if self.first_token is not None and self.seconds is None else 0.0

    def tokens_per_second(self) -> float | None:
        """Speed since the first token; while streaming it is estimated from characters. None when unknown."""
        if self.seconds is not None:
            span = self.seconds - (self.first_token_s or 0.0)
            tokens: float = self.usage.output_tokens
        elif self.first_token is not None:
            span = self.last_token - self.first_token
            tokens = max(self.characters / 4, self.usage.output_tokens)
        else:
            return None
        return tokens / span if span >= 0.25 and tokens else None


@mutable
class PaneView(Mutable):
    """One pane: who answers, what it is doing, its figures and what still has to be painted.

    `own_model` is the one it asks, `model` the one that answers; `failed` is a failure not yet told in the pane.
    """

    name: str
    provider: str
    model: str
    role: str = ""
    phase: Phase = Phase.READY
    turn: TurnView | None = None
    queued: dict[str, str] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    own_model: str = ""
    wait: Wait | None = None
    offer: Offer | None = None
    failed: str = ""
    part: SectionKind | None = None
    part_began: float = 0.0
    tail: str = ""
    tools: dict[str, ToolView] = field(default_factory=dict)
    tools_seen: int = 0
    operations: list[Operation] = field(default_factory=list)
    figures_changed: bool = True
    state_changed: bool = True

    @classmethod
    def from_info(cls, info: PaneInfo) -> "PaneView":
        """Return the view of a pane that has done nothing yet."""
        return cls(name=info.name, provider=info.provider, model=info.model, role=info.role, own_model=info.model)

    @property
    def busy(self) -> bool:
        """Whether a turn is running."""
        return self.phase in BUSY

    @property
    def running(self) -> bool:
        """Whether time matters: a turn runs, and it does not wait for the person."""
        return self.busy and self.phase is not Phase.ASKING

    def set_phase(self, phase: Phase) -> None:
        """Change what the pane is doing; a change is painted at the next frame."""
        if phase is not self.phase:
            self.phase = phase
            self.state_changed = True


@mutable
class SessionView(Mutable):
    """The whole session.

    `notices` are waiting to be shown; `ended` is set by the last event; `retry_key` is named where a turn failed.
    """

    session: str = ""
    demo: bool = False
    panes: dict[str, PaneView] = field(default_factory=dict)
    selected: str = ""
    notices: list[Notice] = field(default_factory=list)
    ended: bool = False
    retry_key: str = "r"
    guard: GuardView = field(default_factory=GuardView)
    work: WorkView = field(default_factory=WorkView)
    terminals: Terminals = field(default_factory=Terminals)

    @property
    def busy(self) -> bool:
        """Whether any pane has a running turn."""
        return any(pane.busy for pane in self.panes.values())

    @property
    def running(self) -> bool:
        """Whether time matters in any pane."""
        return any(pane.running for pane in self.panes.values())

    @property
    def current(self) -> PaneView | None:
        """The selected pane."""
        return self.panes.get(self.selected)

    def index(self, name: str) -> int:
        """Position of a pane, counted from 0."""
        return list(self.panes).index(name)

    def numbered(self) -> Iterator[tuple[int, PaneView]]:
        """The panes with their numbers as people count them."""
        return enumerate(self.panes.values(), 1)

    def neighbour(self, step: int) -> str:
        """Name of the pane `step` places after the selected one, going round."""
        names = list(self.panes)
        if self.selected not in names:
            return names[0] if names else ""
        return names[(names.index(self.selected) + step) % len(names)]

    def totals(self) -> Totals:
        """Sums of the session: finished turns, and what the running ones have reported so far."""
        total = Totals()
        for pane in self.panes.values():
            total.merge(pane.totals)
            if pane.busy and pane.turn is not None and pane.turn.cost_pico is not None:
                total.cost_pico += pane.turn.cost_pico
        return total
