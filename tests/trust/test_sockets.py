"""Sockets of programs outside: whoever runs in the sandbox talks with none of them."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tui.trust.forbidden import compile_forbidden
from tui.trust.sandbox import Box, probe
from tui.trust.sockets import listening, runtime_folder

needs_bwrap = pytest.mark.skipif(not probe().program, reason=f"no sandbox here: {probe().reason}")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel lists its sockets on Linux")
CONNECT = """
import socket, sys
for path in sys.argv[1:]:
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect(path.replace("@", chr(0)))
            print("reached")
        except OSError:
            print("refused")
"""


@pytest.fixture
def top() -> Iterator[Path]:
    """Return a folder the sandbox does not hide as a whole, with a path short enough for addresses."""
    folder = tempfile.mkdtemp(dir="/var/tmp", prefix="s")
    yield Path(folder)
    shutil.rmtree(folder)


@pytest.fixture
def listen() -> Iterator[object]:
    with ExitStack() as stack:

        def at(path: Path | str) -> str:
            if isinstance(path, Path):
                path.parent.mkdir(parents=True, exist_ok=True)
            one = stack.enter_context(socket.socket(socket.AF_UNIX))
            one.bind(str(path))
            one.listen()
            return str(path)

        yield at


def tried(top: Path, *paths: str, network: bool = False, forbidden: tuple[str, ...] = ()) -> list[str]:
    """Return what became of connecting to each path from inside of the sandbox of a project."""
    root, home = top / "project", top / "home"
    root.mkdir(exist_ok=True)
    home.mkdir(exist_ok=True)
    compiled = compile_forbidden(forbidden, root=str(root), home=str(home))
    box = Box(probe().program, root=root, forbidden=compiled, network=network, environ={"HOME": str(home)})
    python = shutil.which("python3", path=os.defpath) or sys.executable
    boxed = box.wrap((python, "-c", CONNECT, *paths), cwd=root)
    try:
        done = subprocess.run(boxed.argv, capture_output=True, text=True, check=False, env={"PATH": os.defpath})
    finally:
        boxed.placeholders.release()
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@needs_bwrap
def test_no_socket_outside_can_be_reached(top: Path, listen: object) -> None:
    assert callable(listen)
    paths = [
        listen(top / "docker.sock"),
        listen(top / "odd name.sock"),
        listen(top / "home" / ".colima" / "default" / "docker.sock"),
        listen(top / "project" / "server.sock"),
    ]
    listen("\0abstract-" + top.name)
    assert tried(top, *paths, "@abstract-" + top.name) == ["refused"] * 5


@needs_bwrap
def test_with_a_network_only_the_projects_own_can_be(top: Path, listen: object) -> None:
    assert callable(listen)
    outside, inside = listen(top / "agent.sock"), listen(top / "project" / "server.sock")
    assert tried(top, outside, inside, network=True) == ["refused", "reached"]


@needs_bwrap
def test_a_socket_in_a_hidden_folder_is_hidden_with_it(top: Path, listen: object) -> None:
    assert callable(listen)
    path = listen(top / "home" / ".gnupg" / "S.gpg-agent")
    assert tried(top, path, forbidden=("~/.gnupg",)) == ["refused"]


@needs_bwrap
def test_a_forbidden_file_in_a_forbidden_folder_is_no_trouble(top: Path) -> None:
    for name in ("home/.aws/credentials", "project/keys/server.pem"):
        (top / name).parent.mkdir(parents=True)
        (top / name).write_text("x")
    assert tried(top, forbidden=("~/.aws", "~/.aws/credentials", "keys", "keys/server.pem")) == []


def test_sockets_are_found_by_list_by_name_and_by_place(top: Path, listen: object) -> None:
    assert callable(listen)
    paths = {listen(top / name) for name in ("a.sock", "b c.sock", ".lima/default/ha.sock")}
    found = set(listening({"HOME": str(top)}))
    assert paths <= found
    assert all(not path.startswith("\0") for path in found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSH_AUTH_SOCK", "{0}"),
        ("DBUS_SESSION_BUS_ADDRESS", "unix:path={0},guid=1234"),
        ("DBUS_SESSION_BUS_ADDRESS", "unix:abstract=/x;unix:path={0}"),
        ("DOCKER_HOST", "unix://{0}"),
        ("GPG_AGENT_INFO", "{0}"),
    ],
)
def test_variables_name_sockets(
    top: Path, listen: object, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert callable(listen)
    path = listen(top / "x.sock")
    monkeypatch.setattr("tui.trust.sockets._listed", lambda: iter(()))  # as where another network lists them
    assert listening({name: value.format(path), "HOME": str(top / "none")}).count(path) == 1
    assert path not in listening({"EDITOR": path, "HOME": str(top / "none")})


def test_the_folder_of_the_session_is_hidden_unless_the_project_is_in_it(top: Path) -> None:
    folder, root = top / "session", top / "project"
    folder.mkdir()
    environ = {"XDG_RUNTIME_DIR": str(folder), "HOME": str(top / "home")}
    assert runtime_folder(environ, str(root)) == (str(folder),)
    assert runtime_folder(environ, str(folder / "project")) == ()
    assert runtime_folder({**environ, "HOME": str(folder)}, str(root)) == ()
    for other in ("", "relative", str(top / "none"), "/run/user/0", "/"):
        assert runtime_folder({**environ, "XDG_RUNTIME_DIR": other}, str(root)) == ()
