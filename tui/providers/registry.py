"""The one table from a configured wire to the adapter that speaks it. Imports no SDK."""

from typing import Final

from tui.config.model import EndpointConfig, WireName
from tui.providers.anthropic_api import AnthropicProvider
from tui.providers.base import Deadlines, Provider
from tui.providers.gemini_api import GeminiProvider
from tui.providers.openai_api import OpenAIProvider
from tui.providers.openai_compatible import CompatibleProvider
from tui.providers.provider import SdkProvider

ADAPTERS: Final[dict[WireName, type[SdkProvider]]] = {
    WireName.ANTHROPIC: AnthropicProvider,
    WireName.OPENAI: OpenAIProvider,
    WireName.GEMINI: GeminiProvider,
    WireName.COMPATIBLE: CompatibleProvider,
}


def create_provider(
    endpoint: EndpointConfig, *, api_key: str | None, base_url: str | None, deadlines: Deadlines
) -> Provider:
    """Return the provider of an endpoint.

    `base_url` overrides the endpoint's own; with neither, the vendor's address is used. No SDK is imported and no
    connection made until `prepare` or the first stream.
    """
    adapter = ADAPTERS[endpoint.wire]
    return adapter(endpoint, api_key=api_key, base_url=base_url, deadlines=deadlines)
