"""Every name sent over OpenTelemetry. The GenAI conventions still move, so they stand in this one place."""

from typing import Final

# Attributes of the GenAI conventions.
OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
CONVERSATION: Final = "gen_ai.conversation.id"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
"""All input, cached or not."""
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105 - the name of an attribute
ERROR: Final = "error.type"

# Metrics of the GenAI conventions.
TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # noqa: S105 - the name of a metric
INFERENCE_USAGE: Final = "gen_ai.client.inference.usage."
"""Counters of the newer family: this, then what follows `gen_ai.usage.` in the attributes."""
USAGE_PREFIX: Final = "gen_ai.usage."
DURATION: Final = "gen_ai.client.operation.duration"

# Our own: the conventions know no cost.
COST: Final = "llmmixer.cost.usd_pico"
COST_ESTIMATED: Final = "llmmixer.cost.estimated"
ATTEMPT: Final = "llmmixer.attempt"
PANE: Final = "llmmixer.pane"
TURN: Final = "llmmixer.turn"
REQUEST_ID: Final = "llmmixer.request_id"

CHAT: Final = "chat"
VENDORS: Final = {"anthropic": "anthropic", "openai": "openai", "gemini": "gcp.gemini"}
"""Names of our endpoints that the conventions call something; any other endpoint is called by its own name."""
