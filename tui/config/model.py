"""What can be configured. The docstring under each field is its documentation for users.

Every class here is a TOML table. Defaults for models, panes and prices are data in `defaults.toml`.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from tui.core.chat import Effort


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


class WireName(StrEnum):
    """The protocol an endpoint speaks."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    GEMINI = "gemini"
    COMPATIBLE = "compatible"


@dataclass(frozen=True, slots=True, kw_only=True)
class UiConfig:
    """How the application looks: table `[ui]`."""

    theme: str = "llmmixer-dark"
    """Name of a theme in `themes/` or in the user's `themes` folder; `Ctrl+T` switches live."""
    glyphs: Glyphs = Glyphs.AUTO
    """`unicode`, `ascii`, or `auto`: ASCII where the locale is Chinese, Japanese or Korean and the terminal draws
    ambiguous characters two cells wide."""
    thinking: ThinkingView = ThinkingView.FOLDED
    """Show a model's thinking `folded` to one line, `shown`, or `hidden`."""
    low_bandwidth: Switch = Switch.AUTO
    """Fewer bytes to the terminal: scrolls in steps, ten frames a second, fewer colours. `auto`: on over SSH."""
    frames_per_second: int = 30
    """Upper limit of repaints a second, 5 to 60."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig:
    """A place models are reached: table `[endpoints.NAME]`.

    `anthropic`, `openai`, `gemini` and `compatible` exist already.
    """

    wire: WireName = WireName.COMPATIBLE
    """The protocol: `anthropic` (Messages), `openai` (Responses), `gemini`, or `compatible` (Chat Completions: Ollama,
    vLLM, LM Studio, gateways)."""
    base_url: str = ""
    """Address of the service; empty for the vendor's own. Never read from a project file."""
    base_url_env: tuple[str, ...] = ()
    """Environment variables that override `base_url`; the first one set wins."""
    api_key_env: tuple[str, ...] = ()
    """Environment variables that may hold the key; the first one set wins. A config file never holds a key."""
    default_model: str = ""
    """The model of a pane that names only this endpoint."""
    pane_name: str = ""
    """Name of a pane here when it gives none; empty: the model's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaneConfig:
    """One pane: an entry of `[[panes]]`."""

    provider: str
    """Name of an endpoint: `anthropic`, `openai`, `gemini`, `compatible`, or one of `[endpoints]`."""
    model: str = ""
    """Model id; empty for the endpoint's `default_model`."""
    name: str = ""
    """Name of the pane, as in `@name`; empty for the endpoint's `pane_name` or the model's."""
    role: str = ""
    """Name of a role of `[roles]`; its text is put before `system`."""
    system: str = ""
    """System prompt of this pane."""
    effort: Effort | None = None
    """How hard the model thinks: `low`, `medium`, `high` or `max`; unset for the model's own default."""
    max_tokens: int = 16_384
    """Most tokens of one answer, thinking included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleConfig:
    """What a model is asked to be: table `[roles.NAME]`."""

    title: str = ""
    """A word or two shown in the pane's head."""
    prompt: str = ""
    """Text put before the pane's system prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutsConfig:
    """Longest waits in seconds: table `[timeouts]`."""

    connect: float = 10.0
    """Until the connection stands."""
    first_event: float = 60.0
    """Until the provider answers at all."""
    first_token: float = 180.0
    """Until the model has generated anything (reasoning models take long)."""
    idle: float = 90.0
    """Between two events of an answer."""
    total: float = 900.0
    """For one whole attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceConfig:
    """Your own price of a model in dollars per million tokens: table `[prices."MODEL"]`. Wins over every other."""

    input: Decimal = Decimal(0)
    """Input that is in no cache."""
    output: Decimal = Decimal(0)
    """Output, thinking included."""
    cache_read: Decimal | None = None
    """Input read from a cache; unset: as `input`."""
    cache_write_5m: Decimal | None = None
    """Input written to a five-minute cache; unset: as `input`."""
    cache_write_1h: Decimal | None = None
    """Input written to a one-hour cache; unset: as `input`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalConfig:
    """The record of a session on disk: table `[journal]`."""

    enabled: bool = True
    """Write every session to `sessions/*.jsonl` in the state folder (readable by you alone, secrets masked)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that can be set."""

    ui: UiConfig = field(default_factory=UiConfig)
    endpoints: dict[str, EndpointConfig] = field(default_factory=dict)
    """Places models are reached, by name."""
    panes: tuple[PaneConfig, ...] = ()
    """The panes of a session, in order. Unset: one for each vendor whose key is in the environment."""
    roles: dict[str, RoleConfig] = field(default_factory=dict)
    """Roles panes can take, by name."""
    timeouts: TimeoutsConfig = field(default_factory=TimeoutsConfig)
    prices: dict[str, PriceConfig] = field(default_factory=dict)
    """Your own prices, by model id."""
    journal: JournalConfig = field(default_factory=JournalConfig)
    keys: dict[str, str] = field(default_factory=dict)
    """Key bindings: action id = key, for example `zoom = "f7"`. `llmmixer config --keys` lists the ids."""
