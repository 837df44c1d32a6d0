"""`classify`: every way a call can fail becomes one `Failure`, judged by data and not by an SDK's classes.

The order matters. A provider's own word for the failure wins over the status it came with, because an error
inside a stream arrives with status 200 and a spent quota looks like any other 429.
"""

import asyncio
from typing import Final

from tui.core.errors import Failure, Outcome, ProviderError
from tui.core.secrets import mask
from tui.core.untrusted import clean_line
from tui.providers import remedies
from tui.providers.evidence import Evidence, StreamEnd, StreamFault, Trouble, read
from tui.providers.remedies import Kind, Target

__all__ = ["StreamEnd", "StreamFault", "Target", "classify"]

_STATUS_OF_CODE: Final = {
    # Anthropic
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "authentication_error": 401,
    "permission_error": 403,
    "billing_error": 402,
    "not_found_error": 404,
    "invalid_request_error": 400,
    "request_too_large": 413,
    "conflict_error": 409,
    # OpenAI and servers that speak like it
    "server_error": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "service_unavailable": 503,
    "overloaded": 529,
    "engine_overloaded": 503,
    "vector_store_timeout": 504,
    "rate_limit_exceeded": 429,
    "invalid_api_key": 401,
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
    "model_not_found": 404,
    # Google
    "resource_exhausted": 429,
    "unavailable": 503,
    "internal": 500,
    "unknown": 500,
    "deadline_exceeded": 504,
    "aborted": 409,
    "cancelled": 499,
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "invalid_argument": 400,
    "failed_precondition": 400,
    "out_of_range": 400,
}
_QUOTA: Final = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "billing_error",
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "linked_organization_spend_limit_reached",
        "linked_organization_billing_unavailable",
        "insufficient_credits",
    }
)
_QUOTA_SAYINGS: Final = ("credit balance is too low", "exceeded your current quota, please check your plan")
_AUTH: Final = frozenset({"invalid_api_key", "api_key_invalid", "api_key_service_blocked", "api_key_expired"})
_BLOCKED: Final = frozenset(
    {
        "safety",
        "recitation",
        "language",
        "blocklist",
        "prohibited_content",
        "spii",
        "image_safety",
        "model_armor",
        "jailbreak",
        "prompt_blocked",
        "escalation",
        "content_filter",
        "refusal",
        "bio_policy",
        "misalignment_policy_violation",
        "content_policy_violation",
    }
)
_ODD_ENDS: Final = frozenset(
    {"malformed_function_call", "malformed_response", "unexpected_tool_call", "other", "finish_reason_unspecified"}
)
_CUT_ENDS: Final = frozenset({"incomplete", "max_tokens", "max_output_tokens", "continuation"})
_TOO_LONG: Final = (
    "prompt is too long",
    "context length",
    "context window",
    "context_length",
    "context limit",
    "context size",
    "maximum number of tokens",
    "input token count",
    "too many input tokens",
)
_STATUSES: Final = {
    401: (Outcome.AUTH, Kind.KEY_REJECTED),
    403: (Outcome.AUTH, Kind.NOT_ALLOWED),
    408: (Outcome.TRANSIENT, Kind.TIMED_OUT_THERE),
    409: (Outcome.TRANSIENT, Kind.PROVIDER_FAILED),
    413: (Outcome.CALLER_ERROR, Kind.TOO_LONG),
    425: (Outcome.TRANSIENT, Kind.PROVIDER_FAILED),
    429: (Outcome.RATE_LIMITED, Kind.RATE_LIMITED),
    499: (Outcome.TRANSIENT, Kind.PROVIDER_FAILED),
    503: (Outcome.TRANSIENT, Kind.OVERLOADED),
    504: (Outcome.TRANSIENT, Kind.TIMED_OUT_THERE),
    529: (Outcome.TRANSIENT, Kind.OVERLOADED),
}
_NETWORK: Final = {
    Trouble.NO_SUCH_HOST: (Outcome.OFFLINE, Kind.NO_SUCH_HOST),
    Trouble.REFUSED: (Outcome.OFFLINE, Kind.REFUSED),
    Trouble.UNREACHABLE: (Outcome.OFFLINE, Kind.UNREACHABLE),
    Trouble.CONNECT_TIMEOUT: (Outcome.TRANSIENT, Kind.CONNECT_TIMEOUT),
    Trouble.TIMEOUT: (Outcome.TRANSIENT, Kind.TIMEOUT),
    Trouble.RESET: (Outcome.TRANSIENT, Kind.CONNECTION_LOST),
    Trouble.CERTIFICATE: (Outcome.CALLER_ERROR, Kind.CERTIFICATE),
    Trouble.BAD_ADDRESS: (Outcome.CALLER_ERROR, Kind.BAD_ADDRESS),
    Trouble.PROXY: (Outcome.OFFLINE, Kind.PROXY),
    Trouble.MALFORMED: (Outcome.TRANSIENT, Kind.MALFORMED),
}


def classify(error: BaseException | StreamEnd, target: Target | None = None) -> Failure:
    """Return the one outcome `error` stands for, with texts a person can act on.

    `target` names the provider, its key variables and its address in the texts. Text of the provider is cleaned
    for one line and has its secrets masked.
    """
    if isinstance(error, ProviderError):
        return error.failure
    target = target or Target()
    if isinstance(error, asyncio.CancelledError | GeneratorExit | KeyboardInterrupt):
        return Failure(outcome=Outcome.CANCELLED, problem=remedies.problem(Kind.CANCELLED, target))
    evidence = read(error)
    outcome, kind = _judge(error, evidence)
    status = evidence.status or _implied_status(evidence)
    said = clean_line(mask(evidence.message))
    if not evidence.foreign:
        said = clean_line(mask(f"{type(error).__name__}: {error}"))
    return Failure(
        outcome=outcome,
        problem=remedies.problem(kind, target, said=said, status=status, retry_after=evidence.retry_after),
        retry_after=evidence.retry_after,
        status=evidence.status,
        code=clean_line(mask(next((word for word in evidence.codes if not word.isdigit()), "")), 80),
        request_id=None if evidence.request_id is None else clean_line(mask(evidence.request_id), 120),
    )


def _judge(error: BaseException | StreamEnd, evidence: Evidence) -> tuple[Outcome, Kind]:
    end = error.end if isinstance(error, StreamFault) else error
    if isinstance(end, StreamEnd):
        if not end.code:
            return Outcome.TRUNCATED, Kind.EMPTY_STREAM if end.empty else Kind.CUT
        if (ended := _judge_end(evidence)) is not None:
            return ended
    if evidence.trouble is not Trouble.NONE:
        return _NETWORK[evidence.trouble]
    if (said := _judge_words(evidence)) is not None:
        return said
    status = evidence.status
    if status is None or 200 <= status < 300:
        status = _implied_status(evidence) or status
    if status is None:
        return (Outcome.TRANSIENT, Kind.PROVIDER_FAILED) if evidence.foreign else (Outcome.CALLER_ERROR, Kind.DEFECT)
    return _judge_status(status, evidence)


def _judge_end(evidence: Evidence) -> tuple[Outcome, Kind] | None:
    """Judge a finish reason or a blocked prompt."""
    words = set(evidence.codes)
    if words & _BLOCKED:
        return Outcome.CALLER_ERROR, Kind.BLOCKED
    if words & _CUT_ENDS:
        return Outcome.TRUNCATED, Kind.CUT
    return (Outcome.TRANSIENT, Kind.MALFORMED) if words & _ODD_ENDS else None


def _judge_words(evidence: Evidence) -> tuple[Outcome, Kind] | None:
    """Judge by the provider's own words, where they say more than the status."""
    words, message = set(evidence.codes), evidence.message.lower()
    if any("perday" in word or "daily" in word for word in words):
        return Outcome.QUOTA_SPENT, Kind.DAILY_QUOTA
    if words & _QUOTA or evidence.status == 402 or (_says_quota(message) and not _comes_back(evidence)):
        return Outcome.QUOTA_SPENT, Kind.QUOTA
    if words & _AUTH:
        return Outcome.AUTH, Kind.KEY_REJECTED
    if words & _BLOCKED:
        return Outcome.CALLER_ERROR, Kind.BLOCKED
    if "context_length_exceeded" in words or (_is_request_fault(evidence) and _says_too_long(message)):
        return Outcome.CALLER_ERROR, Kind.TOO_LONG
    return (Outcome.CALLER_ERROR, Kind.UNKNOWN_MODEL) if "model_not_found" in words else None


def _says_quota(message: str) -> bool:
    return any(saying in message for saying in _QUOTA_SAYINGS)


def _comes_back(evidence: Evidence) -> bool:
    """Whether a limit is lifted soon: Gemini uses one wording for a spent quota and for too many in a minute."""
    return evidence.retry_after is not None or any("perminute" in word for word in evidence.codes)


def _is_request_fault(evidence: Evidence) -> bool:
    return (evidence.status or _implied_status(evidence)) in (400, 413, 422)


def _says_too_long(message: str) -> bool:
    return any(saying in message for saying in _TOO_LONG)


def _implied_status(evidence: Evidence) -> int | None:
    found = (_STATUS_OF_CODE.get(word) for word in evidence.codes)
    return next((status for status in found if status is not None), None)


def _judge_status(status: int, evidence: Evidence) -> tuple[Outcome, Kind]:
    if status in _STATUSES:
        return _STATUSES[status]
    if status == 404:
        names_model = "model" in evidence.message.lower()
        return Outcome.CALLER_ERROR, Kind.UNKNOWN_MODEL if names_model else Kind.NOT_FOUND
    if status >= 500 or 200 <= status < 300:
        return Outcome.TRANSIENT, Kind.PROVIDER_FAILED
    return Outcome.CALLER_ERROR, Kind.REDIRECTED if 300 <= status < 400 else Kind.REJECTED
