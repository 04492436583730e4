"""The whole app on one machine: servers, tables, processes, the owner's link, and an orderly end."""

import contextlib
import errno
import http.client
import ipaddress
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, connections

from storyboard import first_run
from storyboard.embedded import boot
from storyboard.embedded.child import end_leftovers
from storyboard.embedded.crew import WORKERS, Crew, app_lock, rotate_logs, web
from storyboard.embedded.errors import CannotStart
from storyboard.embedded.servers import Servers
from storyboard.models import SignInLink
from storyboard.sweep import release

TICK = 0.2
SERVERS_ASKED_EVERY = 1.0
LOGS_LOOKED_AT_EVERY = 60.0
FIRST_ANSWER_SECONDS = 60


class Ended(BaseException):
    """Somebody asked us to stop: Ctrl-C, a service manager, or a terminal that closed."""


class Application:
    """`run` returns when it was asked to stop, with nothing of it left running."""

    def __init__(self, data_dir: Path, host: str, port: int) -> None:
        self.data_dir, self.host, self.port = data_dir, host, port
        self.crew = Crew(data_dir, (web(host, port), *WORKERS))
        self.lock = app_lock(data_dir)
        self._ending = self._may_interrupt = self._watches_terminal = False

    def run(self) -> None:
        """Raises CannotStart with what to do about it."""
        refuse_open_host(self.host)
        if not self.lock.acquire(wait=False):
            say(
                f"Circle Take already runs on {self.lock.read_note().get('url', 'this data')}. Nothing new was started."
            )
            return
        end_leftovers(self.lock.read_note().get("processes", {}))
        self._listen_for_signals()
        raise_open_files()
        try:
            refuse_taken_port(self.host, self.port)
            with contextlib.suppress(Ended):
                self._run_with_servers()
        finally:
            self.lock.note()
            self.lock.release()

    def _run_with_servers(self) -> None:
        servers = Servers(self.data_dir)
        servers.join()
        try:
            with self._interruptible():
                boot.migrate(self.data_dir, save_first=servers.postgres is not None)
                self.crew.website.start()
                self._write_note()
                first_run.ensure()
                link = SignInLink.for_owner()
                self._close_connections()
                self._await_first_answer()
            self._greet(link)
            self._tend(
                servers
            )  # starts the workers: while the page was being made they would only have been in its way
        finally:
            self._close_connections()
            self.crew.end()
            if servers.postgres is not None:  # nobody else's workers share a database of our own
                self._release()
            servers.leave()
            say("Stopped. Everything is saved.")

    def _release(self) -> None:
        """So that the next start goes on at once; without it the lease runs out first."""
        with contextlib.suppress(DatabaseError, RuntimeError):
            release()
        self._close_connections()

    def _tend(self, servers: Servers) -> None:
        next_question = next_look = 0.0
        while not self._ending and not (self._watches_terminal and terminal_is_gone()):
            now = time.monotonic()
            if self.crew.tend():
                self._write_note()
            if now >= next_question:
                keep_up(servers)
                next_question = time.monotonic() + SERVERS_ASKED_EVERY
            if now >= next_look:
                rotate_logs(self.data_dir)
                next_look = now + LOGS_LOOKED_AT_EVERY
            time.sleep(TICK)

    def _greet(self, link: str) -> None:
        say(f"Circle Take is at {settings.PUBLIC_URL}")
        say(f"Sign in as the owner, once, within the hour: {settings.PUBLIC_URL}{link}")
        say(f"Ctrl-C stops it. Logs are in {self.data_dir / 'log'}")

    def _write_note(self) -> None:
        self.lock.note(url=settings.PUBLIC_URL, pid=os.getpid(), processes=self.crew.record())

    def _await_first_answer(self) -> None:
        deadline = time.monotonic() + FIRST_ANSWER_SECONDS
        website = self.crew.website
        while not answers_http(self.host, self.port):
            if website.has_ended() or time.monotonic() > deadline:
                raise CannotStart(
                    f"The web server did not come up. The end of {website.log} says why:\n{website.last_words()}"
                )
            time.sleep(0.05)

    def _close_connections(self) -> None:
        for connection in connections.all(initialized_only=True):
            connection.close()
            if hasattr(connection, "close_pool"):
                connection.close_pool()

    def _listen_for_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup means: stay when the terminal closes
                signal.signal(number, self._end)
        self._watches_terminal = sys.stdin.isatty() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ending = True
        if self._may_interrupt:
            self._may_interrupt = False
            raise Ended

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Only here does a signal break off what is under way; starting and stopping servers is finished first."""
        self._may_interrupt = True
        try:
            if self._ending:
                raise Ended
            yield
        finally:
            self._may_interrupt = False


def say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def terminal_is_gone() -> bool:
    """A closed window tells only the first process of its session, and make, if it is that, does not pass it on."""
    asking = select.poll()
    asking.register(sys.stdin.fileno(), 0)
    return any(answer & (select.POLLHUP | select.POLLERR) for _, answer in asking.poll(0))


def keep_up(servers: Servers) -> None:
    """A server that cannot be started now may be a moment later, for example when the disk has space again."""
    try:
        if not servers.all_answer():
            servers.revive()
    except (CannotStart, OSError) as error:
        say(f"{error}\nTrying again.")


def refuse_open_host(host: str) -> None:
    """An address that other machines can reach has to be meant, and named."""
    if is_loopback(host):
        return
    if not os.environ.get("ALLOWED_HOSTS"):
        raise CannotStart(
            f"HOST is {host}, which other machines can reach. Name the addresses people will type, for example "
            f"ALLOWED_HOSTS=studio.lan PUBLIC_URL=https://studio.lan, and put an HTTPS proxy in front; deploy/ has one."
        )
    if not settings.BEHIND_TLS:
        say("Careful: without HTTPS (PUBLIC_URL=https://...) others on this network can read passwords and pictures.")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asking.bind((host, port))
        except OSError as error:
            reasons = {
                errno.EADDRINUSE: f"Port {port} on {host} is taken by another program.",
                errno.EACCES: f"Port {port} needs more rights than this user has.",
                errno.EADDRNOTAVAIL: f"This machine does not have the address {host}.",
            }
            reason = reasons.get(error.errno or 0, f"{host} port {port} cannot be used: {error.strerror}.")
            raise CannotStart(
                f"{reason} Choose another, for example: make run PORT={port + 1 if port > 1023 else 8001}"
            ) from error


def answers_http(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": f"127.0.0.1:{port}"})
        return connection.getresponse().status < 600
    except OSError:
        return False
    finally:
        connection.close()


def raise_open_files() -> None:
    """Every open page is a socket; the usual soft limit of 1024 is soon met."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
