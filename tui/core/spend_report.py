"""What was spent, as the spend screen and exports show it. Money is integer pico-dollars."""

from tui.core.guard_events import BudgetState
from tui.core.record import Record, record


@record
class SpendSum(Record):
    """A sum over calls. `key` names the model, project, provider or day (ISO date) they have in common.

    `cost_pico` leaves out the `unpriced` calls; `estimated` counts those that were cut and booked by estimate.
    """

    key: str
    calls: int = 0
    cost_pico: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    saved_pico: int = 0
    unpriced: int = 0
    estimated: int = 0


@record
class SpendReport(Record):
    """Spending of one user now.

    `models`, `projects` and `providers` are this month's, in any order; `days` are the last 30 days, oldest first,
    days without a call included; `entries` counts every entry of the ledger.
    """

    session: SpendSum
    today: SpendSum
    month: SpendSum
    whole: SpendSum
    models: tuple[SpendSum, ...] = ()
    projects: tuple[SpendSum, ...] = ()
    providers: tuple[SpendSum, ...] = ()
    days: tuple[SpendSum, ...] = ()
    budgets: tuple[BudgetState, ...] = ()
    entries: int = 0
