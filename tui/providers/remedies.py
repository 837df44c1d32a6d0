"""The words for a failure: what happened in one sentence, and what to do about it."""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from tui.core.errors import Problem
from tui.core.untrusted import clean_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a call went, for the words about it. `wire` is the endpoint's usual name in the configuration."""

    vendor: str = "The provider"
    wire: str = "NAME"
    base_url: str = ""
    key_env: tuple[str, ...] = ()
    model: str = ""

    @property
    def is_local(self) -> bool:
        """True when the address is this machine's own."""
        host = _host(self.base_url)
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def address(self) -> str:
        """The host and port for a sentence, or the vendor's name when the address is its own."""
        parts = urlsplit(self.base_url) if self.base_url else None
        return clean_line(parts.netloc.rpartition("@")[2], 80) if parts is not None and parts.netloc else self.vendor


class Kind(StrEnum):
    """What kind of failure it is, finer than its outcome."""

    CANCELLED = "cancelled"
    NO_KEY = "no_key"
    NO_ADDRESS = "no_address"
    KEY_REJECTED = "key_rejected"
    NOT_ALLOWED = "not_allowed"
    QUOTA = "quota"
    DAILY_QUOTA = "daily_quota"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    PROVIDER_FAILED = "provider_failed"
    TIMED_OUT_THERE = "timed_out_there"
    TOO_LONG = "too_long"
    UNKNOWN_MODEL = "unknown_model"
    NOT_FOUND = "not_found"
    REJECTED = "rejected"
    REDIRECTED = "redirected"
    BLOCKED = "blocked"
    MALFORMED = "malformed"
    CUT = "cut"
    EMPTY_STREAM = "empty_stream"
    NO_SUCH_HOST = "no_such_host"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect_timeout"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    CERTIFICATE = "certificate"
    BAD_ADDRESS = "bad_address"
    PROXY = "proxy"
    DEFECT = "defect"


_KEY_HINT: Final = "Set {keys} to a valid key and start again."
_ADDRESS_HINT: Final = "Check `base_url` of `[endpoints.{wire}]`, or of `[gateway]` where one is set."
_AGAIN: Final = "Send the prompt again."
_NETWORK_HINT: Final = "Check the network connection, VPN and proxy settings."

_WORDS: Final = {
    # kind: (title, sentence, hint); {said} is the provider's own message, put after a colon when there is one
    Kind.CANCELLED: ("Stopped", "The request was stopped here", ""),
    Kind.NO_KEY: ("No API key", "There is no key for {vendor}", "Set {keys}; LLMMixer never keeps keys in a file."),
    Kind.NO_ADDRESS: (
        "No address",
        "This endpoint has no address to send to",
        "Set `base_url` of `[endpoints.{wire}]`.",
    ),
    Kind.KEY_REJECTED: ("Key rejected", "{vendor} does not accept the API key{said}", _KEY_HINT),
    Kind.NOT_ALLOWED: (
        "Not allowed",
        "{vendor} refuses this request for this key{said}",
        "Check the rights of the key in {keys}, and that your account may use the model.",
    ),
    Kind.QUOTA: (
        "Quota spent",
        "The credit or spend limit of this {vendor} account is used up{said}",
        "Add credit or raise the limit with {vendor}, or use another pane.",
    ),
    Kind.DAILY_QUOTA: (
        "Daily quota spent",
        "The daily quota of this {vendor} key is used up{said}",
        "Wait for the daily reset, use another model, or raise the quota.",
    ),
    Kind.RATE_LIMITED: ("Rate limited", "{vendor} asks to send less{said}", "Wait {wait} and send the prompt again."),
    Kind.OVERLOADED: (
        "Overloaded",
        "{vendor} has no capacity right now{said}",
        "Wait {wait} and send the prompt again.",
    ),
    Kind.PROVIDER_FAILED: ("Provider error", "{vendor} failed to answer{status}{said}", _AGAIN),
    Kind.TIMED_OUT_THERE: ("Provider timed out", "{vendor} took too long to answer{status}{said}", _AGAIN),
    Kind.TOO_LONG: (
        "Conversation too long",
        "The conversation is larger than {model} can read{said}",
        "Start a new conversation, shorten the prompt, or use a model with a larger window.",
    ),
    Kind.UNKNOWN_MODEL: (
        "Unknown model",
        "{vendor} does not know the model {model}{said}",
        "Check `model` of the pane; `llmmixer doctor` lists the models of `[endpoints.{wire}]`.",
    ),
    Kind.NOT_FOUND: ("Not found", "{address} has nothing at that address{said}", _ADDRESS_HINT),
    Kind.REJECTED: (
        "Request rejected",
        "{vendor} does not accept the request{status}{said}",
        "Check `model`, `effort` and `max_tokens` of the pane in the configuration.",
    ),
    Kind.REDIRECTED: ("Redirected", "{address} answers from another address{status}", _ADDRESS_HINT),
    Kind.BLOCKED: ("Blocked by policy", "{vendor} blocked the prompt or the answer{said}", "Rephrase the prompt."),
    Kind.MALFORMED: ("Malformed answer", "{vendor} sent something that cannot be read{said}", _AGAIN),
    Kind.CUT: ("Answer cut off", "The answer stopped without its end{said}", _AGAIN),
    Kind.EMPTY_STREAM: ("Empty answer", "{vendor} closed the answer before anything came", _AGAIN),
    Kind.NO_SUCH_HOST: ("Offline", "The address of {address} cannot be found", _NETWORK_HINT),
    Kind.REFUSED: ("Connection refused", "{address} refuses connections", _ADDRESS_HINT),
    Kind.UNREACHABLE: ("Offline", "{address} cannot be reached{said}", _NETWORK_HINT),
    Kind.CONNECT_TIMEOUT: (
        "No connection",
        "{address} did not answer the connection in time",
        "Check the network, or raise `connect` of `[timeouts]`.",
    ),
    Kind.TIMEOUT: ("Timed out", "{address} went silent for too long", "Try again, or raise `idle` of `[timeouts]`."),
    Kind.CONNECTION_LOST: ("Connection lost", "The connection to {address} broke{said}", _AGAIN),
    Kind.CERTIFICATE: (
        "Certificate not trusted",
        "The certificate of {address} is not trusted{said}",
        "Add the certificate authority to the system's store (a company proxy often needs that).",
    ),
    Kind.BAD_ADDRESS: ("Bad address", "The address cannot be used{said}", _ADDRESS_HINT),
    Kind.PROXY: ("Proxy failed", "The proxy did not connect to {address}{said}", "Check HTTPS_PROXY and NO_PROXY."),
    Kind.DEFECT: ("Internal error", "The call failed inside LLMMixer{said}", "Please report this with the journal."),
}


def problem(
    kind: Kind, target: Target, *, said: str = "", status: int | None = None, retry_after: float | None = None
) -> Problem:
    """Return the problem of `kind` in words. `said` is foreign text, already cleaned and masked."""
    title, text, hint = _WORDS[kind]
    if kind is Kind.REFUSED and target.is_local:
        title = "Server not running"
        text = "Nothing listens at {address}"
        example = " (Ollama: `ollama serve`)" if target.wire == "compatible" else ""
        hint = f"Start the server{example}, or check `base_url` of `[endpoints.{{wire}}]`."
    values = {
        "vendor": target.vendor,
        "wire": target.wire,
        "address": target.address,
        "keys": " or ".join(target.key_env) or "the endpoint's `api_key_env` variable",
        "model": clean_line(target.model, 80) or "the model",
        "wait": "a moment" if not retry_after else f"{retry_after:.0f} s" if retry_after >= 1 else "a second",
        "status": f" (status {status})" if status else "",
        "said": f": {said}" if said else "",
    }
    sentence = _fill(text, values)
    return Problem(
        title=title,
        text=sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}.",
        hint=_fill(hint, values),
    )


def _fill(template: str, values: dict[str, str]) -> str:
    """Put values into a template, each once, so that braces in foreign text stay text."""
    return template.format_map(values)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
