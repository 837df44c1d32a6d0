"""Telemetry for whoever sets an OTLP endpoint in the environment: one span a call, usage, duration and cost.

The OpenTelemetry SDK (extra ``otel``) is imported by a thread of its own, and only then. Prompts and answers are
never sent. Only the environment decides: a project's file can neither switch this on nor say where to.
"""

import asyncio
import importlib.util
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from tui.core.chat import Usage
from tui.core.errors import Outcome, Problem
from tui.core.events import AttemptStarted, Event, Notice, NoticeLevel, SessionStarted, TurnFinished
from tui.core.guard_events import AttemptFailed
from tui.engine import telemetry_names as names
from tui.engine.bus import Bus

CLOSE_SECONDS: Final = 2.0
"""Longest time that quitting waits for a collector."""
_WAIT: Final = 0.05
_ENDPOINTS: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
_logger = logging.getLogger("llmmixer.telemetry")

Attributes: TypeAlias = dict[str, str | int | float | bool | list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it is reported: times in nanoseconds since the epoch, `error` empty when it went well."""

    name: str
    begin: int
    end: int
    attributes: Attributes
    error: str
    usage: Usage
    cost_pico: int | None


class Calls:
    """Turns events into finished calls. Pure: the caller says what time it is."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._providers: dict[str, str] = {}
        self._running: dict[str, tuple[AttemptStarted, int]] = {}

    def see(self, event: Event, now: int) -> Call | None:
        """Take an event that happened at `now`; return the call it ended, if any."""
        match event:
            case SessionStarted(panes=panes):
                self._providers = {pane.name: names.VENDORS.get(pane.provider, pane.provider) for pane in panes}
            case AttemptStarted():
                self._running[event.pane] = (event, now)
            case AttemptFailed():
                return self._end(event.pane, now, event.outcome, {})
            case TurnFinished():
                return self._finish(event, now)
            case _:
                pass
        return None

    def _finish(self, event: TurnFinished, now: int) -> Call | None:
        told: Attributes = {names.RESPONSE_MODEL: event.model, **usage_attributes(event.usage)}
        if event.stop is not None:
            told[names.FINISH_REASONS] = [event.stop.value]
        if event.request_id:
            told[names.REQUEST_ID] = event.request_id
        if event.first_token_s is not None:
            told[names.FIRST_CHUNK] = event.first_token_s
        if event.cost_pico is not None:
            told[names.COST] = event.cost_pico
            told[names.COST_ESTIMATED] = event.usage.estimated
        return self._end(event.pane, now, event.outcome, told, event)

    def _end(
        self, pane: str, now: int, outcome: Outcome, told: Attributes, finished: TurnFinished | None = None
    ) -> Call | None:
        running = self._running.pop(pane, None)
        if running is None:
            return None
        attempt, begin = running
        if finished is not None and finished.seconds > 0:
            begin = now - int(finished.seconds * 1e9)
        error = "" if outcome is Outcome.SUCCESS else outcome.value
        attributes: Attributes = {
            names.OPERATION: names.CHAT,
            names.PROVIDER: self._providers.get(pane, "unknown"),
            names.REQUEST_MODEL: attempt.model,
            names.REQUEST_STREAM: True,
            names.CONVERSATION: f"{self._session}/{pane}",
            names.PANE: pane,
            names.TURN: attempt.turn,
            names.ATTEMPT: attempt.attempt,
            **told,
        }
        if error:
            attributes[names.ERROR] = error
        return Call(
            name=f"{names.CHAT} {attempt.model}",
            begin=begin,
            end=now,
            attributes=attributes,
            error=error,
            usage=finished.usage if finished is not None else Usage(),
            cost_pico=finished.cost_pico if finished is not None else None,
        )


def usage_attributes(usage: Usage) -> Attributes:
    """Return the attributes of `usage`; input includes what was cached, as the conventions count."""
    return {
        names.INPUT_TOKENS: usage.total_input_tokens,
        names.OUTPUT_TOKENS: usage.output_tokens,
        names.CACHE_READ_TOKENS: usage.cache_read_tokens,
        names.CACHE_WRITE_TOKENS: usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
        names.REASONING_TOKENS: usage.reasoning_tokens,
    }


class _Sender:
    """The OpenTelemetry SDK, set up to send to the endpoints of the environment. Lives in the telemetry thread."""

    def __init__(self, endpoints: Mapping[str, str], session: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from tui import __version__

        resource = Resource.create(
            {"service.name": "llmmixer", "service.version": __version__, "service.instance.id": session}
        )
        self._traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        readers = []
        if "traces" in endpoints:
            self._traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoints["traces"])))
        if "metrics" in endpoints:
            readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=endpoints["metrics"])))
        self._metrics = MeterProvider(resource=resource, metric_readers=readers, shutdown_on_exit=False)
        self._tracer = self._traces.get_tracer("llmmixer", __version__)
        meter = self._metrics.get_meter("llmmixer", __version__)
        self._tokens = meter.create_histogram(names.TOKEN_USAGE, unit="{token}")
        self._duration = meter.create_histogram(names.DURATION, unit="s")
        self._usage = {
            name: meter.create_counter(name.replace(names.USAGE_PREFIX, names.INFERENCE_USAGE), unit="{token}")
            for name in usage_attributes(Usage())
        }
        self._cost = meter.create_counter(names.COST, unit="{USD_pico}")

    def send(self, call: Call) -> None:
        """Hand a call to the SDK, which sends it in the background."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        span = self._tracer.start_span(
            call.name, kind=SpanKind.CLIENT, attributes=call.attributes, start_time=call.begin
        )
        if call.error:
            span.set_status(Status(StatusCode.ERROR))
        span.end(call.end)
        common: dict[str, Any] = {
            name: call.attributes[name]
            for name in (names.OPERATION, names.PROVIDER, names.REQUEST_MODEL, names.RESPONSE_MODEL, names.ERROR)
            if name in call.attributes
        }
        self._duration.record((call.end - call.begin) / 1e9, common)
        if call.usage.total_input_tokens:
            self._tokens.record(call.usage.total_input_tokens, {**common, names.TOKEN_TYPE: "input"})
        if call.usage.output_tokens:
            self._tokens.record(call.usage.output_tokens, {**common, names.TOKEN_TYPE: "output"})
        for name, count in usage_attributes(call.usage).items():
            if isinstance(count, int) and count:
                self._usage[name].add(count, common)
        if call.cost_pico is not None:
            self._cost.add(call.cost_pico, common)

    def close(self) -> None:
        """Send what waits; may take long when nobody answers."""
        self._traces.shutdown()
        self._metrics.shutdown()


class Telemetry:
    """Running telemetry. Made by `start_telemetry`."""

    def __init__(self, bus: Bus, session: str, make_sender: Callable[[], Any]) -> None:
        self._calls = Calls(session)
        self._make_sender = make_sender
        self._queue: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._send, name="telemetry", daemon=True)
        self._thread.start()
        self._subscription = bus.subscribe("telemetry", on_wake=self._wake, deltas=False)

    def close(self) -> None:
        """Send what waits and stop; takes at most `CLOSE_SECONDS`. Call it after the bus is closed, on any thread."""
        self._subscription.close()
        self._take()
        self._queue.put(None)
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            _logger.warning("The collector did not answer in time; the last telemetry is lost.")

    def _wake(self) -> None:
        if self._timer is None and not self._loop.is_closed():
            self._timer = self._loop.call_later(_WAIT, self._take)

    def _take(self) -> None:
        self._timer = None
        now = time.time_ns()
        for event in self._subscription.drain():
            call = self._calls.see(event, now)
            if call is not None:
                self._queue.put(call)

    def _send(self) -> None:
        call = self._queue.get()
        if call is None:
            return
        try:
            sender = self._make_sender()
            while call is not None:
                sender.send(call)
                call = self._queue.get()
            sender.close()
        except Exception:  # telemetry may never cost the session anything
            _logger.exception("Telemetry stopped")


def endpoints_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return where traces and metrics go by the standard variables; empty when telemetry is off."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return {}
    found: dict[str, str] = {}
    base = environ.get(_ENDPOINTS[0], "").strip().rstrip("/")
    for signal, variable in zip(("traces", "metrics"), _ENDPOINTS[1:], strict=True):
        own = environ.get(variable, "").strip()
        if environ.get(f"OTEL_{signal.upper()}_EXPORTER", "otlp").strip() == "none":
            continue
        if own or base:
            found[signal] = own or f"{base}/v1/{signal}"
    return found


def start_telemetry(bus: Bus, environ: Mapping[str, str], session: str) -> Telemetry | None:
    """Report the calls on `bus` when an OTLP endpoint is set in `environ`; None when none is, or the extra is missing.

    Call it on the event loop.
    """
    endpoints = endpoints_of(environ)
    if not endpoints:
        return None
    # Without a handler of its own the exporter would print its troubles on the terminal when no log is open.
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
    if importlib.util.find_spec("opentelemetry.sdk") is None:
        problem = Problem(
            title="Telemetry is off",
            text="An OTLP endpoint is set, but the OpenTelemetry SDK is not installed.",
            hint='Install it with: pip install "llmmixer[otel]"',
        )
        bus.publish(Notice(level=NoticeLevel.WARNING, problem=problem))
        return None
    return Telemetry(bus, session, lambda: _Sender(endpoints, session))
