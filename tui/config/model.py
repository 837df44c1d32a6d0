"""What can be configured. The docstring under each field is its documentation for users.

Every class here is a TOML table; `decode` reads types and rules from the annotations. Endpoints, models and roles
that exist from the start are data in `defaults.toml`.
"""

from dataclasses import field
from enum import StrEnum
from typing import Annotated

from tui.config.fields import ADDRESS, NAME, PANE_NAME, Dollars, Mark, Range, Seconds, Targets, Variables
from tui.config.model_work import TerminalConfig, ToolsConfig, TrustConfig
from tui.core.chat import Effort
from tui.core.record import Record, record


class Glyphs(StrEnum):
    """Which characters draw states and borders."""

    AUTO = "auto"
    UNICODE = "unicode"
    ASCII = "ascii"


class Switch(StrEnum):
    """On, off, or decided by what the terminal says."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class ThinkingView(StrEnum):
    """How a model's shown thinking appears."""

    FOLDED = "folded"
    SHOWN = "shown"
    HIDDEN = "hidden"


class FallbackMode(StrEnum):
    """What happens when a model cannot answer and others are named to step in."""

    ASK = "ask"
    AUTO = "auto"
    OFF = "off"


class BudgetScope(StrEnum):
    """What a budget adds up."""

    SESSION = "session"
    PROJECT = "project"
    DAY = "day"
    MONTH = "month"
    PROVIDER = "provider"


class BudgetWindow(StrEnum):
    """How long a budget lasts before it begins anew."""

    TOTAL = "total"
    DAY = "day"
    MONTH = "month"


class WireName(StrEnum):
    """The protocol an endpoint speaks."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    GEMINI = "gemini"
    COMPATIBLE = "compatible"


@record
class UiConfig(Record):
    """How the application looks: table `[ui]`."""

    theme: Annotated[str, NAME] = "llmmixer-dark"
    """Name of a theme in `themes/` or in the user's `themes` folder; `Ctrl+T` switches live."""
    glyphs: Glyphs = Glyphs.AUTO
    """`unicode`, `ascii`, or `auto`: ASCII where the locale is Chinese, Japanese or Korean and the terminal draws
    ambiguous characters two cells wide."""
    thinking: ThinkingView = ThinkingView.FOLDED
    """Show a model's thinking `folded` to one line, `shown`, or `hidden`."""
    low_bandwidth: Switch = Switch.AUTO
    """Fewer bytes to the terminal: scrolls in steps, ten frames a second, fewer colours. `auto`: on over SSH."""
    frames_per_second: Annotated[int, Range(5, 60)] = 30
    """Upper limit of repaints a second."""


@record
class EndpointConfig(Record):
    """A place models are reached: table `[endpoints.NAME]`.

    `anthropic`, `openai`, `gemini` and `compatible` exist already.
    """

    wire: Annotated[WireName, Mark.USER_ONLY] = WireName.COMPATIBLE
    """The protocol: `anthropic` (Messages), `openai` (Responses), `gemini`, or `compatible` (Chat Completions: Ollama,
    vLLM, LM Studio, gateways)."""
    base_url: Annotated[str, ADDRESS, Mark.USER_ONLY] = ""
    """Address of the service; empty for the vendor's own."""
    base_url_env: Annotated[Variables, Mark.USER_ONLY] = ()
    """Environment variables that override `base_url`; the first one set wins."""
    api_key_env: Annotated[Variables, Mark.USER_ONLY] = ()
    """Environment variables that may hold the key; the first one set wins. A config file never holds a key."""
    default_model: str = ""
    """The model of a pane that names only this endpoint."""
    pane_name: Annotated[str, PANE_NAME] = ""
    """Name of a pane here when it gives none; empty: the model's name."""


@record
class GatewayConfig(Record):
    """One server of your team between you and the vendors, such as a LiteLLM proxy: table `[gateway]`."""

    base_url: Annotated[str, ADDRESS] = ""
    """Its address, without a path of a protocol: `https://litellm.example.org`. Empty: no gateway."""
    api_key_env: Variables = ("LITELLM_PROXY_API_KEY",)
    """Environment variables that may hold your key for it; the first one set wins. It never gets another key."""
    endpoints: tuple[Annotated[str, NAME], ...] = ()
    """The endpoints that are reached through it, whatever address and key they have themselves. Empty: `anthropic`,
    `openai` and `gemini`."""


@record
class PaneConfig(Record):
    """One pane: an entry of `[[panes]]`."""

    provider: str
    """Name of an endpoint: `anthropic`, `openai`, `gemini`, `compatible`, or one of `[endpoints]`."""
    model: str = ""
    """Model id; empty for the endpoint's `default_model`."""
    name: Annotated[str, PANE_NAME] = ""
    """Name of the pane, as in `@name`; empty for the endpoint's `pane_name` or the model's."""
    role: str = ""
    """Name of a role of `[roles]`; its text is put before `system`."""
    system: Annotated[str, Mark.LONG_TEXT] = ""
    """System prompt of this pane."""
    effort: Effort | None = None
    """How hard the model thinks: `low`, `medium`, `high` or `max`; unset for the model's own default."""
    max_tokens: Annotated[int, Range(1, 1_000_000)] = 16_384
    """Most tokens of one answer, thinking included."""
    fallback: Targets = ()
    """Who answers when this model cannot, in order: `["openai:gpt-6-luna", "gemini"]`. Empty: the list of
    `[fallback]`."""
    fallback_mode: FallbackMode | None = None
    """`ask` before another model answers, let it answer at once (`auto`), or never (`off`); unset: as in
    `[fallback]`."""


@record
class RoleConfig(Record):
    """What a model is asked to be: table `[roles.NAME]`."""

    title: str = ""
    """A word or two shown in the pane's head."""
    prompt: Annotated[str, Mark.LONG_TEXT] = ""
    """Text put before the pane's system prompt."""


@record
class TimeoutsConfig(Record):
    """Longest waits in seconds: table `[timeouts]`."""

    connect: Seconds = 10.0
    """Until the connection stands."""
    first_event: Seconds = 60.0
    """Until the provider answers at all."""
    first_token: Seconds = 180.0
    """Until the model has generated anything (reasoning models take long)."""
    idle: Seconds = 90.0
    """Between two events of an answer."""
    total: Seconds = 900.0
    """For one whole attempt."""


@record
class ResilienceConfig(Record):
    """What happens when a call fails: table `[resilience]`."""

    attempts: Annotated[int, Range(1, 10)] = 3
    """Attempts of one call, the first included. Nothing is tried again once part of the answer is shown."""
    max_wait: Annotated[float, Range(0, 3_600)] = 20.0
    """Longest pause in seconds before another attempt, when the provider names none."""
    max_retry_after: Annotated[float, Range(0, 3_600)] = 60.0
    """Longest pause in seconds a provider may ask for; when it asks for more, another model is offered instead."""
    total: Seconds = 900.0
    """Seconds after which a call is not tried again."""
    retry_budget: Annotated[int, Range(1, 1_000)] = 10
    """Size of each provider's retry budget: a failed attempt takes one, and below half of it nothing is retried."""
    retry_refill: Annotated[float, Range(above=0, most=10)] = 0.1
    """What a successful attempt brings back to the retry budget."""
    failures_to_open: Annotated[int, Range(1, 100)] = 5
    """Failures in a row after which a model is left alone for a while."""
    successes_to_close: Annotated[int, Range(1, 100)] = 2
    """Successful trial calls in a row after which a model counts as well again."""
    open_seconds: Seconds = 30.0
    """How long a failing model is left alone before a trial call; longer if the provider asks for it."""
    offline_window: Seconds = 20.0
    """When no provider can be reached within so many seconds, the network is taken to be down."""
    repeat_guard: Annotated[float, Range(0, 60)] = 1.0
    """Seconds within which the same prompt to the same pane counts as sent by accident; 0 allows every repetition."""


@record
class FallbackConfig(Record):
    """Other models for panes that name none of their own: table `[fallback]`."""

    targets: Targets = ()
    """Who answers when a pane's model cannot, in order: `["openai:gpt-6-luna", "gemini"]`."""
    mode: FallbackMode = FallbackMode.ASK
    """`ask` before another model answers, let it answer at once (`auto`), or never (`off`)."""


@record
class LimitsConfig(Record):
    """How fast this program calls a provider, all your sessions together: table `[limits.PROVIDER]`.

    PROVIDER is the name of an endpoint.
    """

    requests_per_minute: Annotated[int, Range(1, 1_000_000)] | None = None
    """Most calls a minute; unset for no limit."""
    tokens_per_minute: Annotated[int, Range(1, 1_000_000_000)] | None = None
    """Most tokens a minute, input and output; unset for no limit."""
    concurrent: Annotated[int, Range(1, 1_000)] | None = None
    """Most calls at the same time; unset for no limit."""


@record
class CacheConfig(Record):
    """Answers kept to be shown again for the very same request: table `[cache]`."""

    enabled: Annotated[bool, Mark.USER_ONLY] = False
    """Keep answers in the cache folder (readable by you alone). Answers of turns with tools are never kept."""
    ttl: Annotated[float, Range(above=0, most=31_536_000)] = 86_400.0
    """Seconds an answer stays fresh."""
    stale: Annotated[bool, Mark.USER_ONLY] = False
    """Show an answer older than `ttl` at once, marked with its age, and ask the model anew in the background."""
    max_mb: Annotated[int, Range(1, 100_000)] = 64
    """Size in megabytes; the answers not used for longest go first."""


@record
class PriceConfig(Record):
    """Your own price of a model in dollars per million tokens: table `[prices."MODEL"]`. Wins over every other."""

    input: Dollars
    """Input that is in no cache."""
    output: Dollars
    """Output, thinking included."""
    cache_read: Dollars | None = None
    """Input read from a cache; unset: as `input`."""
    cache_write_5m: Dollars | None = None
    """Input written to a five-minute cache; unset: as `input`."""
    cache_write_1h: Dollars | None = None
    """Input written to a one-hour cache; unset: as `input`."""


@record
class BudgetConfig(Record):
    """A limit of what is spent by all running sessions of yours: table `[budgets.NAME]`."""

    scope: BudgetScope
    """What is added up: one `session`, one `project` (git repository), the calendar `day` or `month` over everything,
    or one `provider`."""
    limit_usd: Dollars
    """The limit in dollars."""
    hard: bool = True
    """`true`: a call that could cross the limit gets a shorter answer or is refused before it is sent. `false`: you are
    only told."""
    provider: str = ""
    """Name of the endpoint a budget of scope `provider` is for."""
    window: BudgetWindow | None = None
    """For the scopes `project` and `provider`: begin anew every calendar `day` or `month`, or never (`total`). Unset:
    `total` for a project, `month` for a provider."""
    thresholds: tuple[Annotated[int, Range(1, 100)], ...] = (50, 80, 100)
    """Percentages of the limit at which you are told, once each."""


@record
class SpendConfig(Record):
    """How spending is counted: table `[spend]`."""

    timezone: str = ""
    """Time zone of your days and months, such as `Europe/Berlin`; empty for the machine's own."""
    least_tokens: Annotated[int, Range(1, 1_000_000)] = 1_000
    """Shortest answer worth asking for: when not even this many tokens fit a hard budget, the call is refused."""
    lease_minutes: Annotated[int, Range(1, 1_440)] = 60
    """A reservation nobody ended or renewed for this time counts as spent, even if its program still runs."""


@record
class JournalConfig(Record):
    """The record of a session on disk: table `[journal]`."""

    enabled: Annotated[bool, Mark.USER_ONLY] = True
    """Write every session to `sessions/*.jsonl` in the state folder (readable by you alone, secrets masked)."""


@record
class Config(Record):
    """Everything that can be set."""

    ui: UiConfig = field(default_factory=UiConfig)
    """How the application looks."""
    endpoints: Annotated[dict[str, EndpointConfig], NAME] = field(default_factory=dict)
    """Places models are reached, by name."""
    gateway: Annotated[GatewayConfig, Mark.USER_ONLY] = field(default_factory=GatewayConfig)
    """One server of your team between you and the vendors."""
    panes: tuple[PaneConfig, ...] = ()
    """The panes of a session, in order. Unset: one for each vendor whose key is in the environment."""
    roles: Annotated[dict[str, RoleConfig], NAME] = field(default_factory=dict)
    """Roles panes can take, by name."""
    timeouts: TimeoutsConfig = field(default_factory=TimeoutsConfig)
    """Longest waits."""
    resilience: ResilienceConfig = field(default_factory=ResilienceConfig)
    """What happens when a call fails."""
    fallback: FallbackConfig = field(default_factory=FallbackConfig)
    """Other models for panes that name none of their own."""
    limits: Annotated[dict[str, LimitsConfig], NAME] = field(default_factory=dict)
    """How fast this program calls a provider, by endpoint."""
    cache: CacheConfig = field(default_factory=CacheConfig)
    """Answers kept to be shown again."""
    prices: Annotated[dict[str, PriceConfig], Mark.USER_ONLY] = field(default_factory=dict)
    """Your own prices, by model id."""
    budgets: Annotated[dict[str, BudgetConfig], NAME, Mark.USER_ONLY] = field(default_factory=dict)
    """Limits of what is spent, by name."""
    spend: Annotated[SpendConfig, Mark.USER_ONLY] = field(default_factory=SpendConfig)
    """How spending is counted."""
    trust: TrustConfig = field(default_factory=TrustConfig)
    """What models may do without asking."""
    tools: ToolsConfig = field(default_factory=ToolsConfig)
    """How far models may go in one turn."""
    terminal: TerminalConfig = field(default_factory=TerminalConfig)
    """The embedded terminals."""
    journal: JournalConfig = field(default_factory=JournalConfig)
    """The record of a session on disk."""
    keys: Annotated[dict[str, str], Mark.USER_ONLY] = field(default_factory=dict)
    """Key bindings: action id = key, for example `zoom = "f7"`. `llmmixer config --keys` lists the ids."""
