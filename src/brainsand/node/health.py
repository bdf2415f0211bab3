"""How is the node? Pages on a loopback port: ``/metrics`` for Prometheus, ``/health`` and others as JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from brainsand.errors import OutputError

_TIMEOUT_S: Final = 5
Page = tuple[int, str, str]


class HealthPage:
    """A small web server of three pages, in a thread of its own.

    Parameters
    ----------
    address : (host, port)
        Where; port 0 takes a free one.
    metrics : callable
        The metrics as text.
    health : callable
        What there is to say; its ``ready`` decides between 200 and 503.
    """

    def __init__(
        self,
        address: tuple[str, int],
        *,
        metrics: Callable[[], str],
        health: Callable[[], Mapping[str, Any]],
    ) -> None:
        def page(path: str) -> Page:
            if path == "/metrics":
                return 200, "text/plain; version=0.0.4; charset=utf-8", metrics()
            if path == "/live":
                return 200, "application/json", '{"live": true}\n'
            if path in ("/health", "/ready"):
                said = dict(health())
                shown = said if path == "/health" else {"ready": said["ready"]}
                return 200 if said["ready"] else 503, "application/json", json.dumps(shown) + "\n"
            return 404, "application/json", '{"pages": ["/metrics", "/health", "/live", "/ready"]}\n'

        try:
            self._server = ThreadingHTTPServer(address, _handler(page))
        except OSError as fault:
            place = f"{address[0]}:{address[1]}"
            raise OutputError(
                f"The health page cannot listen at {place}: {fault.strerror or fault}."
            ) from fault
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, name="health", daemon=True
        )

    @property
    def port(self) -> int:
        """The port listened at."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


def _handler(page: Callable[[str], Page]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT_S

        def do_GET(self) -> None:
            status, kind, text = page(self.path.partition("?")[0])
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: whoever asks every second would fill the log."""

    return Handler
