"""The live page of the monitor: GET / and GET /state.json on this machine's loopback, nothing else.

The page needs nothing but itself. What devices say reaches it as text only, never as markup.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from scripts.monitoring.heartbeat import CAUSES
from scripts.monitoring.watch import State

_HOST = "127.0.0.1"
_STYLE = Path(__file__).parent.parent / "report" / "assets" / "style.css"
_PAGE = Path(__file__).with_name("page.html")


def page() -> str:
    """Return the page as HTML, in the style of the results."""
    return _PAGE.read_text("utf-8").replace("{{css}}", _STYLE.read_text("utf-8"))


def as_json(states: list[State]) -> str:
    """Return what the page draws."""
    rows = [asdict(state) | {"mean": state.beat.cycles_mean if state.beat else None} for state in states]
    return json.dumps({"causes": CAUSES, "devices": rows}, allow_nan=False)


@contextmanager
def served(states: Callable[[], list[State]], port: int) -> Iterator[str]:
    """Serve the page while the block runs; give its address. Port 0 is any free one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers = {
                "/": lambda: ("text/html; charset=utf-8", page()),
                "/state.json": lambda: ("application/json", as_json(states())),
            }
            # A page of elsewhere may lead its own name here: only ours is answered.
            own = self.headers.get("Host", "").split(":")[0] in (_HOST, "localhost")
            if self.path not in answers or not own:
                return self.send_error(404)
            kind, text = answers[self.path]()
            content = text.encode()
            self.send_response(200)
            for name, value in (
                ("Content-Type", kind),
                ("Content-Length", len(content)),
                ("Cache-Control", "no-store"),
            ):
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing of requests."""

    with ThreadingHTTPServer((_HOST, port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{_HOST}:{server.server_port}/"
        finally:
            server.shutdown()
