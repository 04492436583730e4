"""Firefox over WebDriver BiDi: as much of a driver as the tests need. https://www.w3.org/TR/webdriver-bidi/"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from tests.running import wait_until

PREFERENCES = {
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.autoplay.default": 0,
    # Whatever it or a page asks of another host goes to a closed door; this machine is reached without a proxy.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
}
KEYS = {"ArrowLeft": "\ue012", "ArrowRight": "\ue014", "Home": "\ue011", "End": "\ue010"}
EVENTS = ["log.entryAdded", "network.beforeRequestSent", "network.responseCompleted"]
ANSWER_SECONDS = 60


class Firefox:
    """One running browser. What pages did wrong is in `errors`."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._asked = 0
        self.errors: list[str] = []
        self.version = self.ask("session.new", capabilities={})["capabilities"]["browserVersion"]
        self.ask("session.subscribe", events=EVENTS)

    def ask(self, method: str, **params: Any) -> Any:
        """One command and its result; raises AssertionError with the browser's words where it refuses."""
        self._asked += 1
        self._line.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        while True:
            heard = json.loads(self._line.recv(ANSWER_SECONDS))
            if heard["type"] == "event":
                self._note(heard["method"], heard["params"])
            elif heard["id"] == self._asked:
                assert heard["type"] == "success", f"{method}: {heard['error']}: {heard['message']}"
                return heard["result"]

    def page(self, width: int = 1280, height: int = 800) -> FirefoxPage:
        """A window of somebody who was never here before."""
        person = self.ask("browser.createUserContext")["userContext"]
        context = self.ask("browsingContext.create", type="tab", userContext=person)["context"]
        self.ask("browsingContext.setViewport", context=context, viewport={"width": width, "height": height})
        return FirefoxPage(self, context, person)

    def _note(self, event: str, params: dict[str, Any]) -> None:
        if event == "log.entryAdded":
            if params["level"] == "error":
                self.errors.append(f"{params['type']}: {params['text']}")
            return
        url = urlsplit(params["request"]["url"])
        if url.scheme not in ("http", "https"):
            return
        if url.hostname != "127.0.0.1":
            self.errors.append(f"asked another host: {url.geturl()}")
        if event == "network.responseCompleted" and params["response"]["status"] >= 400:
            self.errors.append(f"{params['response']['status']} for {url.geturl()}")


class FirefoxPage:
    def __init__(self, firefox: Firefox, context: str, person: str) -> None:
        self.firefox = firefox
        self._context = context
        self._person = person

    def sign_in(self, name: str, value: str) -> None:
        """A session cookie for this machine."""
        cookie = {"name": name, "value": {"type": "string", "value": value}, "domain": "127.0.0.1", "path": "/"}
        partition = {"type": "storageKey", "userContext": self._person}
        self.firefox.ask("storage.setCookie", cookie=cookie, partition=partition)

    def goto(self, url: str) -> None:
        self.firefox.ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def evaluate(self, function: str, given: Any = None) -> Any:
        """Calls a function of JavaScript with a plain value; its plain result, once that is there."""
        call = f"async (given) => JSON.stringify(await ({function})(JSON.parse(given))) ?? 'null'"
        answer = self.firefox.ask(
            "script.callFunction",
            functionDeclaration=call,
            arguments=[{"type": "string", "value": json.dumps(given)}],
            awaitPromise=True,
            target={"context": self._context},
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    def wait_for(self, function: str, what: str, seconds: float = 20) -> None:
        wait_until(lambda: self.evaluate(function), f"{what} in Firefox", seconds)

    def press(self, key: str) -> None:
        value = KEYS.get(key, key)
        strokes = [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        actions = [{"type": "key", "id": "keyboard", "actions": strokes}]
        self.firefox.ask("input.performActions", context=self._context, actions=actions)

    def screenshot(self, path: Path) -> None:
        picture = self.firefox.ask("browsingContext.captureScreenshot", context=self._context)["data"]
        path.write_bytes(base64.b64decode(picture))

    def close(self) -> None:
        self.firefox.ask("browser.removeUserContext", userContext=self._person)


@contextmanager
def running_firefox(executable: str) -> Iterator[Firefox]:
    profile = Path(tempfile.mkdtemp(prefix="circle-take-firefox-"))
    lines = (f'user_pref("{name}", {json.dumps(value)});\n' for name, value in PREFERENCES.items())
    (profile / "user.js").write_text("".join(lines))
    # A home of its own: Firefox refuses to run as root in another person's.
    own = {**os.environ, "HOME": str(profile), "XDG_CACHE_HOME": str(profile / "cache")}
    command = [executable, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
    with (profile / "said.txt").open("w") as said:
        process = subprocess.Popen(command, env=own, stdout=said, stderr=subprocess.STDOUT)
    try:
        with connect(door(profile, process), max_size=None, open_timeout=ANSWER_SECONDS) as line:
            yield Firefox(line)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(profile, ignore_errors=True)


def door(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Where it listens, which it writes into its profile once it does."""
    note = profile / "WebDriverBiDiServer.json"

    def listens() -> bool:
        assert process.poll() is None, f"Firefox ended at its start:\n{(profile / 'said.txt').read_text()}"
        return note.exists() and note.read_text().rstrip().endswith("}")

    wait_until(listens, "Firefox to listen")
    where = json.loads(note.read_text())
    return f"ws://{where['ws_host']}:{where['ws_port']}/session"
