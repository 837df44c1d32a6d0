"""Which panes a session has: from flags, configuration, keys in the environment, a local server, or the demo.

The addresses and keys are the endpoints' own, or a gateway's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tui.config.model import Config, EndpointConfig, FallbackMode, PaneConfig, WireName
from tui.core.chat import Effort
from tui.core.errors import Problem, UsageError
from tui.core.record import Record, record
from tui.core.untrusted import clean_line
from tui.engine.gateway import VENDORS, base_url_at, through_gateway

LOCAL: Final = "compatible"
_DEMO_KEY: Final = "demo"
_DEMO_MODEL: Final = "demo-model"


@record
class PanePlan(Record):
    """A pane as it will be built.

    `role` is its title; `system` the whole system prompt, the role's text included; `fallbacks` are the models that
    may answer in its place. `price_url` is the endpoint's own address when a gateway stands before it.
    """

    name: str
    endpoint: str
    endpoint_config: EndpointConfig
    model: str
    role: str = ""
    system: str = ""
    effort: Effort | None = None
    max_tokens: int = 16_384
    base_url: str | None = None
    price_url: str | None = None
    api_key: str | None = None
    fallbacks: tuple["PanePlan", ...] = ()
    fallback_mode: FallbackMode = FallbackMode.OFF


@record
class SessionPlan(Record):
    """The panes of a session, in order."""

    panes: tuple[PanePlan, ...]
    demo: bool = False


def plan_session(
    config: Config,
    environ: Mapping[str, str],
    *,
    only: Sequence[str] = (),
    demo_url: str | None = None,
    local_models: Callable[[str], list[str]] = lambda base_url: [],
) -> SessionPlan | None:
    """Return the session's panes, or None when nothing is configured, no key is set and no local server answers.

    `only` holds ``PROVIDER[:MODEL]`` words that replace the configured panes. `demo_url` is the address of a
    running demo server: every pane then talks to it. `local_models` asks an OpenAI-compatible server at a base
    URL for its models and returns an empty list when none answers. Raises `UsageError` for a pane that names an
    unknown endpoint or has no model.
    """
    own_endpoints, config = config.endpoints, through_gateway(config)
    sources = _Sources(config, own_endpoints, environ, demo_url, local_models)
    if only:
        wanted = [_pane_of_word(word, config) for word in only]
    elif config.panes:
        wanted = list(config.panes)
    elif demo_url is not None:
        wanted = [PaneConfig(provider=vendor) for vendor in VENDORS]
    else:
        wanted = _panes_of_environment(config, environ, local_models)
    if not wanted:
        return None
    planned: list[PanePlan] = []
    for pane in wanted:
        own = sources.plan(pane, taken={other.name for other in planned})
        planned.append(replace(own, fallbacks=sources.fallbacks(pane, own), fallback_mode=_fallback_mode(pane, config)))
    return SessionPlan(panes=tuple(planned), demo=demo_url is not None)


def key_of(endpoint: EndpointConfig, environ: Mapping[str, str]) -> str | None:
    """Return the endpoint's key: the first of its environment variables that is set and not empty."""
    return next((environ[name] for name in endpoint.api_key_env if environ.get(name)), None)


def base_url_of(endpoint: EndpointConfig, environ: Mapping[str, str]) -> str | None:
    """Return the endpoint's address: its environment variables first, then its setting; None is the vendor's own."""
    from_environment = next((environ[name] for name in endpoint.base_url_env if environ.get(name)), None)
    return from_environment or endpoint.base_url or None


def _pane_of_word(word: str, config: Config) -> PaneConfig:
    provider, _, model = word.partition(":")
    _endpoint(provider, config, f"--pane {word}")
    return PaneConfig(provider=provider, model=model)


def _panes_of_environment(
    config: Config, environ: Mapping[str, str], local_models: Callable[[str], list[str]]
) -> list[PaneConfig]:
    with_key = [
        PaneConfig(provider=name)
        for name in (*VENDORS, *sorted(config.endpoints.keys() - {*VENDORS, LOCAL}))
        if name in config.endpoints and key_of(config.endpoints[name], environ)
    ]
    if with_key or LOCAL not in config.endpoints:
        return with_key
    base_url = base_url_of(config.endpoints[LOCAL], environ)
    models = local_models(base_url) if base_url else []
    return [PaneConfig(provider=LOCAL, model=model) for model in models[:3]]


@record(kw_only=False)
class _Sources(Record):
    """Where the parts of a plan come from."""

    config: Config
    own_endpoints: Mapping[str, EndpointConfig]
    environ: Mapping[str, str]
    demo_url: str | None
    local_models: Callable[[str], list[str]]

    def plan(self, pane: PaneConfig, *, taken: set[str]) -> PanePlan:
        """Return the plan of one pane, with a name that is not in `taken`."""
        endpoint = _endpoint(pane.provider, self.config, f"[[panes]] provider = {pane.provider!r}")
        base_url = self._base_url(endpoint)
        model = pane.model or endpoint.default_model or self._listed_model(base_url)
        if not model:
            label = clean_line(pane.name or pane.provider)
            raise UsageError(
                Problem(
                    title="No model",
                    text=f"Pane “{label}” names no model, and its endpoint has no default.",
                    hint=f"Write --pane {pane.provider}:MODEL, or set its `model` or its endpoint's `default_model`.",
                )
            )
        title, system = _role(pane, self.config)
        return PanePlan(
            name=_unique(pane.name or _default_name(pane, endpoint, model), taken),
            endpoint=pane.provider,
            endpoint_config=endpoint,
            model=model,
            role=title,
            system=system,
            effort=pane.effort,
            max_tokens=pane.max_tokens,
            base_url=base_url,
            price_url=base_url_of(self.own_endpoints[pane.provider], self.environ) if self.demo_url is None else None,
            api_key=key_of(endpoint, self.environ) if self.demo_url is None else _DEMO_KEY,
        )

    def fallbacks(self, pane: PaneConfig, own: PanePlan) -> tuple[PanePlan, ...]:
        """Return the models that may answer for a pane, under its name; those without their key are left out."""
        words = pane.fallback or self.config.fallback.targets
        if not words and self.demo_url is not None:
            words = VENDORS
        plans: list[PanePlan] = []
        for word in words:
            provider, _, model = word.partition(":")
            other = self.plan(replace(pane, provider=provider, model=model, name=own.name), taken=set())
            has_key = other.api_key is not None or other.endpoint_config.wire is WireName.COMPATIBLE
            if has_key and (other.endpoint, other.model) != (own.endpoint, own.model):
                plans.append(other)
        return tuple(plans)

    def _base_url(self, endpoint: EndpointConfig) -> str | None:
        if self.demo_url is not None:
            return base_url_at(self.demo_url, endpoint.wire)
        return base_url_of(endpoint, self.environ)

    def _listed_model(self, base_url: str | None) -> str:
        if self.demo_url is not None:
            return _DEMO_MODEL
        return next(iter(self.local_models(base_url)), "") if base_url else ""


def _fallback_mode(pane: PaneConfig, config: Config) -> FallbackMode:
    return config.fallback.mode if pane.fallback_mode is None else pane.fallback_mode


def _endpoint(name: str, config: Config, where: str) -> EndpointConfig:
    endpoint = config.endpoints.get(name)
    if endpoint is None:
        known = ", ".join(sorted(config.endpoints))
        raise UsageError(
            Problem(
                title="Unknown provider",
                text=f"{clean_line(where)}: there is no endpoint “{clean_line(name)}”.",
                hint=f"Known: {known}. Others are added as [endpoints.NAME] in the configuration.",
            )
        )
    return endpoint


def _default_name(pane: PaneConfig, endpoint: EndpointConfig, model: str) -> str:
    return endpoint.pane_name or model.rpartition("/")[2]


def _unique(name: str, taken: set[str]) -> str:
    base = "-".join(clean_line(name, 40).split()) or "model"
    candidate, number = base, 1
    while candidate in taken:
        number += 1
        candidate = f"{base}-{number}"
    return candidate


def _role(pane: PaneConfig, config: Config) -> tuple[str, str]:
    if not pane.role:
        return "", pane.system
    role = config.roles.get(pane.role)
    if role is None:
        label, wrong = clean_line(pane.name or pane.provider), clean_line(pane.role)
        known = ", ".join(sorted(config.roles)) or "none"
        raise UsageError(
            Problem(
                title="Unknown role",
                text=f"Pane “{label}” has the role “{wrong}”.",
                hint=f"Known roles: {known}. Others are added as [roles.{wrong}].",
            )
        )
    system = "\n\n".join(part for part in (role.prompt.strip(), pane.system.strip()) if part)
    return role.title or pane.role, system
