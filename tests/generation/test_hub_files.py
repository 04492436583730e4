"""Weights from a hub, played by a small server here: fetched whole, gone on with, checked, and never any code."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from huggingface_hub import constants

from storyboard import engines, hub_files
from tests.generation.tiny import ltx

COMMIT = "c0ffee" * 6 + "beef"


class Hub(ThreadingHTTPServer):
    """One repository, them/tiny, at one commit. `lies` are sizes it tells, `damaged` what it sends instead."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.folder = folder
        self.lies: dict[str, int] = {}
        self.damaged: dict[str, bytes] = {}
        self.cut_after: dict[str, int] = {}
        self.away: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def sibling(self, path: Path) -> dict[str, Any]:
        name, data = path.relative_to(self.folder).as_posix(), path.read_bytes()
        said: dict[str, Any] = {"rfilename": name, "size": self.lies.get(name, len(data)), "blobId": "0" * 40}
        if name.endswith(".safetensors"):
            said["lfs"] = {"size": said["size"], "sha256": hashlib.sha256(data).hexdigest(), "pointerSize": 130}
        return said


class Answers(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._file(send=False)

    def do_GET(self) -> None:
        if not self.path.startswith("/api/models/them/tiny/revision/v1"):
            self._file(send=True)
            return
        files = sorted(path for path in self.server.folder.rglob("*") if path.is_file())
        body = json.dumps({"id": "them/tiny", "sha": COMMIT, "siblings": [self.server.sibling(path) for path in files]})
        self._answer(200, {"Content-Type": "application/json"}, body.encode())

    def _file(self, send: bool) -> None:
        hub = self.server
        name = self.path.partition(f"/them/tiny/resolve/{COMMIT}/")[2]
        path = hub.folder / name
        if not name or not path.is_file() or name in hub.away:
            self._answer(404, {"X-Error-Code": "EntryNotFound"}, b"")
            return
        data = hub.damaged.get(name, path.read_bytes())
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        etag = hashlib.sha256(path.read_bytes()).hexdigest()
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if not send:
            self._answer(200, headers | {"Content-Length": str(len(data))}, None)
            return
        hub.asked.append((name, self.headers.get("Range", "")))
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        cut = hub.cut_after.pop(name, None)
        self._answer(206 if begin else 200, headers, data[begin:], cut)

    def _answer(self, status: int, headers: dict[str, str], body: bytes | None, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body or b""))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write((body or b"")[:cut])
        self.close_connection = cut is not None


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    ltx.build(folder)
    (folder / "tiny.safetensors").write_bytes(b"everything in one file")
    (folder / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"a pickle")
    (folder / "transformer" / "model.py").write_text("print('hello')")
    return folder


@pytest.fixture
def hub(repository: Path, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with Hub(repository) as server:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        url = f"http://127.0.0.1:{server.server_port}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def add(source: str = "them/tiny@v1") -> str:
    out = StringIO()
    call_command("weights", "add", source, stdout=out)
    return out.getvalue()


def tensors(repository: Path) -> str:
    path = next((repository / "transformer").glob("*.safetensors"))
    return path.relative_to(repository).as_posix()


def test_a_repository_is_fetched_whole_and_pinned_to_its_commit(hub: Hub) -> None:
    said = add()
    (weights,) = engines.registry().all()
    assert (weights.name, weights.source, weights.kept) == ("tiny", f"them/tiny@{COMMIT}", True)
    assert engines.registry().check(weights) == []
    assert said.index("of memory") < said.index("1 of ") and "for LTX-Video" in said


def test_neither_pickles_nor_code_nor_what_is_not_used_is_fetched(hub: Hub) -> None:
    add()
    names = {name for name, _ in hub.asked}
    assert "model_index.json" in names and "tiny.safetensors" not in names
    assert not [name for name in names if name.endswith((".bin", ".py"))]


def test_a_file_that_breaks_off_is_gone_on_with(hub: Hub, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 500)
    hub.cut_after[tensors(repository)] = 1000
    add()
    ranges = [asked for name, asked in hub.asked if name == tensors(repository)]
    assert ranges == ["", "bytes=1000-"]


def test_the_same_command_fetches_only_what_is_missing(hub: Hub, repository: Path) -> None:
    hub.away.add(tensors(repository))
    with pytest.raises(CommandError, match="the same command goes on from there"):
        add()
    before = {name for name, _ in hub.asked}
    hub.away.clear()
    hub.asked.clear()
    add()
    assert before and before.isdisjoint(name for name, _ in hub.asked)


def test_a_file_with_another_content_than_told_is_refused_and_fetched_anew(hub: Hub, repository: Path) -> None:
    name = tensors(repository)
    data = bytearray((repository / name).read_bytes())
    data[-1] ^= 1
    hub.damaged[name] = bytes(data)
    with pytest.raises(CommandError, match="is not what the hub has"):
        add()
    assert engines.registry().all() == []
    hub.damaged.clear()
    hub.asked.clear()
    add()
    assert [asked for asked, _ in hub.asked] == [name]


def test_a_file_of_another_size_than_told_is_refused(hub: Hub) -> None:
    hub.lies["model_index.json"] = 3
    with pytest.raises(CommandError, match="came with"):
        add()
    assert engines.registry().all() == []


def test_too_little_disk_is_said_before_anything_is_fetched(hub: Hub, repository: Path) -> None:
    hub.lies[tensors(repository)] = 1 << 60
    with pytest.raises(CommandError, match=r"GB free\. Free some space"):
        add()
    assert hub.asked == []


@pytest.mark.parametrize("source", ["them/tiny", "them/tiny@", "@v1", "them/../tiny@v1"])
def test_a_source_without_a_revision_is_refused(hub: Hub, source: str) -> None:
    with pytest.raises(CommandError, match="A revision must be named"):
        add(source)
    assert hub.asked == []


def test_a_revision_there_is_not_is_a_sentence(hub: Hub) -> None:
    with pytest.raises(CommandError, match="them/tiny at v2 could not be fetched"):
        add("them/tiny@v2")


def test_a_hub_out_of_reach_is_a_sentence(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(hub_files.HubError, match="copy the folder here"):
        hub_files.fetch("them/tiny@v1", engines.registry().location, print)
