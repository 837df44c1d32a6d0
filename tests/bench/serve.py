"""The stand-in server in a process of its own, so that its work is not counted as that of the program under test."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping

from tests.bench.streaming import ROOT, BenchError, environment, module
from tests.bench.terminal import Program


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run the stand-in server; yields its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.serve"],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                raise BenchError("the stand-in server did not start")
            yield url
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait(timeout=20)


def product(url: str, *arguments: str, variables: Mapping[str, str] | None = None, program: str = "tui") -> Program:
    """The real application with three panes whose models are all served by the stand-in server at `url`.

    `program` is the module that starts it.
    """
    keys = {f"{vendor}_API_KEY": "not-a-key" for vendor in ("ANTHROPIC", "OPENAI", "GEMINI")}
    addresses = {
        "ANTHROPIC_BASE_URL": url,
        "OPENAI_BASE_URL": f"{url}/v1",
        "GOOGLE_GEMINI_BASE_URL": url,
    }
    return module(program, *arguments, variables={**keys, **addresses, **(variables or {})})


def main() -> None:
    """Serve until standard input ends."""
    from tui.demo.server import DemoServer

    with DemoServer() as demo:
        print(demo.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
