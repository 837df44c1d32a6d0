"""Telemetry: what a collector really receives, that nothing is loaded without one, and that a dead one costs little."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tui.core.chat import StopReason, Usage
from tui.core.errors import Outcome, Problem
from tui.core.events import AttemptStarted, Event, PaneInfo, SessionStarted, TextDelta, TurnFinished, TurnStarted
from tui.core.guard_events import AttemptFailed
from tui.engine import telemetry
from tui.engine import telemetry_names as names
from tui.engine.bus import Bus
from tui.engine.telemetry import Calls, endpoints_of, start_telemetry

ROOT = Path(__file__).resolve().parents[2]
SAID = "words that were said"
USAGE = Usage(input_tokens=3, cache_read_tokens=800, cache_write_5m_tokens=50, output_tokens=70, reasoning_tokens=20)
PROBLEM = Problem(title="Overloaded", text="529")
TURN: tuple[Event, ...] = (
    SessionStarted(session="s1", panes=(PaneInfo(name="gem", provider="gemini", model="gemini-4-argon"),)),
    TurnStarted(pane="gem", turn="t1", prompt=SAID, model="gemini-4-argon"),
    AttemptStarted(pane="gem", turn="t1", attempt=1, model="gemini-4-argon"),
    AttemptFailed(pane="gem", turn="t1", attempt=1, model="gemini-4-argon", outcome=Outcome.TRANSIENT, problem=PROBLEM),
    AttemptStarted(pane="gem", turn="t1", attempt=2, model="gemini-4-argon"),
    TextDelta(pane="gem", turn="t1", seq=1, text=SAID),
    TurnFinished(
        pane="gem", turn="t1", outcome=Outcome.SUCCESS, stop=StopReason.END, usage=USAGE, cost_pico=123_456_789,
        attempts=2, model="gemini-4-argon", request_id="r1", first_token_s=0.25, seconds=1.5,
    ),
)  # fmt: skip


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP as a collector does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[tuple[str, bytes]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the standard library
        """Stay silent."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    yield server
    server.shutdown()
    server.server_close()


async def run(environ: dict[str, str], events: tuple[Event, ...] = TURN) -> telemetry.Telemetry | None:
    bus = Bus()
    running = start_telemetry(bus, environ, "s1")
    for event in events:
        bus.publish(event)
        await asyncio.sleep(0)
    await bus.close()
    if running is not None:
        await asyncio.to_thread(running.close)
    return running


async def test_a_collector_receives_spans_and_metrics_and_no_words(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "CLOSE_SECONDS", 40.0)
    await run({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    assert {path for path, _ in collector.bodies} == {"/v1/traces", "/v1/metrics"}
    assert not any(SAID.encode() in body for _, body in collector.bodies)
    traces = [ExportTraceServiceRequest.FromString(body) for path, body in collector.bodies if path == "/v1/traces"]
    spans = [
        span
        for part in traces
        for resource in part.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert [span.name for span in spans] == ["chat gemini-4-argon"] * 2
    failed, answered = ({item.key: item.value for item in span.attributes} for span in spans)
    assert failed[names.ERROR].string_value == "transient"
    assert (failed[names.ATTEMPT].int_value, answered[names.ATTEMPT].int_value) == (1, 2)
    assert answered[names.PROVIDER].string_value == "gcp.gemini"
    assert answered[names.INPUT_TOKENS].int_value == 853
    assert answered[names.CACHE_READ_TOKENS].int_value == 800
    assert answered[names.COST].int_value == 123_456_789
    assert answered[names.FIRST_CHUNK].double_value == 0.25
    assert names.ERROR not in answered
    assert spans[1].end_time_unix_nano - spans[1].start_time_unix_nano == 1_500_000_000
    requests = [
        ExportMetricsServiceRequest.FromString(body) for path, body in collector.bodies if path == "/v1/metrics"
    ]
    measured = [scope for part in requests for resource in part.resource_metrics for scope in resource.scope_metrics]
    metrics = {metric.name: metric for scope in measured for metric in scope.metrics}
    assert {names.TOKEN_USAGE, names.DURATION, names.COST, "gen_ai.client.inference.usage.input_tokens"} <= set(metrics)
    assert metrics[names.COST].sum.data_points[0].as_int == 123_456_789
    assert metrics["gen_ai.client.inference.usage.input_tokens"].sum.data_points[0].as_int == 853


async def test_a_dead_collector_costs_no_more_than_the_limit(capfd: pytest.CaptureFixture[str]) -> None:
    assert telemetry.CLOSE_SECONDS <= 2.0
    begin = time.monotonic()
    running = await run({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert running is not None
    assert time.monotonic() - begin < 12.0  # without the limit it takes longer than that
    assert capfd.readouterr() == ("", "")


async def test_closing_waits_exactly_as_long_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    bus = Bus()
    running = start_telemetry(bus, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, "s")
    assert running is not None
    monkeypatch.setattr(running._thread, "join", waits.append)
    await bus.close()
    running.close()
    assert waits == [telemetry.CLOSE_SECONDS]
    assert running._thread.daemon


def test_without_an_endpoint_nothing_is_loaded() -> None:
    script = (
        "import asyncio, sys\nfrom tui.engine.bus import Bus\nfrom tui.engine.telemetry import start_telemetry\n"
        "async def main():\n    assert start_telemetry(Bus(), {}, 's') is None\n"
        "asyncio.run(main())\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'requests', 'google'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"}, {"traces": "http://c:4318/v1/traces", "metrics": "http://c:4318/v1/metrics"}),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/t"}, {"traces": "http://c/t"}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, {}),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_METRICS_EXPORTER": "none"}, {"traces": "http://c/v1/traces"}),
    ],
)  # fmt: skip
def test_the_environment_says_where(environ: dict[str, str], expected: dict[str, str]) -> None:
    assert endpoints_of(environ) == expected


def test_a_turn_without_a_call_is_no_span() -> None:
    calls = Calls("s")
    assert all(calls.see(event, 1) is None for event in (TURN[0], TURN[1], TURN[-1]))
