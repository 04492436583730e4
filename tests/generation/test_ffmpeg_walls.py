"""What stands between a stranger's file and the machine."""

import http.server
import os
import shutil
import subprocess
import threading
import time

import pytest

from generation import ffmpeg
from generation.ffmpeg import runner
from generation.ffmpeg.program import OLDEST, complaint, executable, version
from tests.generation import barcode


@pytest.fixture
def listener():
    """A web server that remembers whether anyone called."""
    calls = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append(self.path)
            self.send_error(404)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", calls
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_address_is_reached_even_when_it_is_named_outright(listener):
    url, calls = listener
    with pytest.raises(ffmpeg.MediaError):
        ffmpeg.run(["-i", f"{url}/a.mp4", "-f", "null", "-"])
    if os.uname().sysname == "Linux":
        assert calls == []


def test_a_playlist_opens_neither_a_neighbour_nor_an_address(tmp_path, listener):
    url, calls = listener
    barcode.clip(tmp_path / "neighbour.mp4", 2, (24, 1))
    playlists = {
        "hls.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}/a.ts\n#EXT-X-ENDLIST\n",
        "hls_local.mp4": "#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        "concat.mp4": "ffconcat version 1.0\nfile neighbour.mp4\n",
        "dash.mp4": f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}</BaseURL></MPD>',
        "drawing.mp4": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}/a.png"/></svg>',
    }
    for name, text in playlists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(ffmpeg.Unreadable, match="not a video"):
            ffmpeg.probe(tmp_path / name)
        with pytest.raises(ffmpeg.MediaError):
            ffmpeg.run(["-protocol_whitelist", "file,pipe", "-format_whitelist", "mov,matroska", "-i",
                        runner.address(tmp_path / name), "-f", "null", "-"])  # fmt: skip
    assert calls == []


def test_a_playlist_dressed_as_a_movie_is_opened_as_a_movie_only(tmp_path):
    barcode.clip(tmp_path / "neighbour.mp4", 2, (24, 1))
    dressed = tmp_path / "dressed.mp4"
    dressed.write_bytes(b"\x00\x00\x00\x10ftypisom" + b"\nffconcat version 1.0\nfile neighbour.mp4\n")
    with pytest.raises(ffmpeg.Unreadable):
        ffmpeg.probe(dressed)


def test_a_rare_decoder_is_not_started(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 2, (24, 1))
    rare = tmp_path / "rare.mkv"
    ffmpeg.run([*barcode.source(take), "-c:v", "magicyuv", str(rare)])
    with pytest.raises(ffmpeg.Unreadable, match="magicyuv"):
        ffmpeg.probe(rare)


def test_a_name_that_looks_like_an_option_is_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    odd = tmp_path / "-i http:%d 'x';[y],z=1.mp4"
    shutil.copy(barcode.clip(tmp_path / "take.mp4", 5, (24, 1)), odd)
    assert ffmpeg.probe(odd).frames == 5
    derived = ffmpeg.derive(odd, tmp_path)
    assert derived.facts.frames == 5


def test_what_takes_too_long_is_stopped_and_leaves_nothing(tmp_path):
    target = tmp_path / "endless.mp4"
    args = ["-re", "-f", "lavfi", "-i", "testsrc2", runner.address(target)]
    with pytest.raises(ffmpeg.TookTooLong, match="1 seconds"):
        ffmpeg.run(args, writes=[target], limits=ffmpeg.Limits(seconds=1))
    assert list(tmp_path.iterdir()) == []


def test_whoever_watches_the_progress_can_stop_the_work(tmp_path):
    class Enough(Exception):
        pass

    seen = []

    def watch(frame):
        seen.append(frame)
        if frame:
            raise Enough

    target = tmp_path / "endless.mp4"
    with pytest.raises(Enough):
        ffmpeg.run(
            ["-re", "-f", "lavfi", "-i", "testsrc2=s=64x64", runner.address(target)], writes=[target], on_progress=watch
        )
    assert seen[-1] > 0
    assert list(tmp_path.iterdir()) == []


def test_progress_reaches_the_last_frame(tmp_path):
    take = barcode.clip(tmp_path / "take.mp4", 60, (24, 1))
    seen = []
    ffmpeg.proxy(take, tmp_path / "proxy.mp4", on_progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 60


def test_a_failed_run_keeps_the_file_that_was_there(tmp_path):
    target = tmp_path / "proxy.mp4"
    target.write_bytes(b"what was there")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(barcode.clip(tmp_path / "take.mp4", 60, (24, 1)).read_bytes()[:900])
    with pytest.raises(ffmpeg.Unreadable):
        ffmpeg.run([*barcode.source(broken), runner.address(target)], writes=[target])
    assert target.read_bytes() == b"what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.mp4", "proxy.mp4", "take.mp4"]


def test_a_child_dies_with_its_parent():
    if not os.path.exists("/proc/self/status"):
        return
    script = (
        "import subprocess, tempfile, os\n"
        "from generation.ffmpeg import runner, Limits\n"
        "child = runner.start(['-re', '-f', 'lavfi', '-i', 'testsrc2', '-f', 'null', '-'], Limits(),"
        " stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=tempfile.TemporaryFile())\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    import sys

    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    pid = int(printed.stdout)
    deadline = time.monotonic() + 10
    while _is_alive(pid) and time.monotonic() < deadline:
        pass
    assert not _is_alive(pid)


def test_the_program_in_use_is_new_enough():
    assert complaint() == ""
    assert version() >= OLDEST
    assert os.access(executable(), os.X_OK)


def test_another_program_can_be_named(tmp_path, monkeypatch):
    old = tmp_path / "ffmpeg"
    old.write_text("#!/bin/sh\necho ffmpeg version 5.1.9\n")
    old.chmod(0o755)
    monkeypatch.setenv("CIRCLE_TAKE_FFMPEG", str(old))
    executable.cache_clear()
    try:
        assert "5.1.9 is too old" in complaint()
        monkeypatch.setenv("CIRCLE_TAKE_FFMPEG", str(tmp_path / "nowhere"))
        executable.cache_clear()
        assert "could not be started" in complaint()
    finally:
        executable.cache_clear()


def _is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
