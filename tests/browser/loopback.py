"""A small web server for the browser's own parts: static files, test pages and clips, with byte ranges."""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.template import Context, Engine

ROOT = Path(__file__).resolve().parents[2]
PAGES = Path(__file__).parent / "pages"
# No inline script or style may slip in: the product is served under a policy like this.
POLICY = "default-src 'self'; media-src 'self' blob:; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'"


class Site:
    """Serves /static/, /pages/ and /media/; `contexts` holds what each test page is drawn with, by its name."""

    def __init__(self, media: Path) -> None:
        self.media = media
        self.contexts: dict[str, Mapping[str, Any]] = {}
        self.broken: set[str] = set()
        self.engine = Engine(dirs=[str(ROOT / "templates"), str(PAGES)], debug=False)
        self.port = 0

    def url(self, page: str, host: str = "127.0.0.1", **context: Any) -> str:
        """The address of a page drawn from `context`; numbers are handed over as text, as a page shows them."""
        name = f"{page}-{len(self.contexts)}"
        self.contexts[name] = context
        return f"http://{host}:{self.port}/{page}.html?{name}"

    def draw(self, page: str, name: str) -> bytes:
        context = Context({**self.contexts[name]}, use_l10n=False)
        return self.engine.get_template(page).render(context).encode()

    def find(self, path: str) -> Path | None:
        roots = {"static": ROOT / "static", "pages": PAGES, "media": self.media}
        _, folder, name = path.split("/", 2)
        file = roots[folder] / name if folder in roots else None
        return file if file and file.is_file() and path not in self.broken else None


def handler_for(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path.count("/") == 1:
                name = next(iter(parse_qs(address.query, keep_blank_values=True)))
                self.answer(site.draw(address.path[1:], name), "text/html; charset=utf-8")
            elif file := site.find(address.path):
                kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                self.answer(file.read_bytes(), kind, self.headers.get("Range"))
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        def answer(self, body: bytes, kind: str, wanted: str | None = None) -> None:
            size, status, part = len(body), HTTPStatus.OK, ""
            if wanted:
                start, _, end = wanted.removeprefix("bytes=").partition("-")
                first, last = int(start or 0), min(int(end or size - 1), size - 1)
                body, status, part = body[first : last + 1], HTTPStatus.PARTIAL_CONTENT, f"bytes {first}-{last}/{size}"
            self.send_response(status)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Content-Range", part)):
                if value:
                    self.send_header(name, value)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def serving(media: Path) -> Iterator[Site]:
    site = Site(media)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(site))
    site.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()
