"""A gateway: one server that speaks every wire, holds the vendors' keys and keeps a team's budgets. Pure."""

from dataclasses import replace
from typing import Final

from tui.config.model import Config, EndpointConfig, WireName

VENDORS: Final = ("anthropic", "openai", "gemini")
_VERSION: Final = "/v1"
_GEMINI_VERSION: Final = "/v1beta"
"""LiteLLM knows no other for this wire, while Google's SDK would choose ``v1``."""


def gateway_endpoints(config: Config) -> tuple[str, ...]:
    """Return the names of the endpoints that are reached through the gateway; none without one."""
    if not config.gateway.base_url:
        return ()
    return tuple(name for name in config.gateway.endpoints or VENDORS if name in config.endpoints)


def through_gateway(config: Config) -> Config:
    """Return `config` with the gateway's address and key in place of those of the endpoints behind it.

    Nothing else of them changes: wires, default models and names stay, and so do prices, limits and circuits, which
    go by the name. Neither an address nor a key in the environment can lead past the gateway.
    """
    behind = gateway_endpoints(config)
    return replace(config, endpoints=config.endpoints | {name: _behind(config, name) for name in behind})


def base_url_at(root: str, wire: WireName) -> str:
    """Return the address at which a server at `root` speaks `wire`, as that wire's SDK wants it.

    The SDKs of Anthropic and Google add the version to the path themselves; OpenAI's does not.
    """
    root = root.rstrip("/").removesuffix(_VERSION).rstrip("/")
    return root + _VERSION if wire in (WireName.OPENAI, WireName.COMPATIBLE) else root


def _behind(config: Config, name: str) -> EndpointConfig:
    endpoint, gateway = config.endpoints[name], config.gateway
    base_url = base_url_at(gateway.base_url, endpoint.wire)
    if endpoint.wire is WireName.GEMINI:
        base_url += _GEMINI_VERSION
    return replace(endpoint, base_url=base_url, base_url_env=(), api_key_env=gateway.api_key_env)
