"""What is refused before anything is looked at? Foreign hosts and origins, bodies too large or too slow; and the
headers that keep a page from loading or sending anything elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from brainsand.web.options import Options
from brainsand.web.refused import Refused

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self' data:",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Only what comes from here is run or shown. NiiVue keeps its font and colour pictures in itself as ``data:`` and makes
pictures of canvases as ``blob:``: that is all it needs beyond."""
REPORT_POLICY: Final = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""The report is one file with its style inside; nothing in it may run."""
SAFE: Final = ("GET", "HEAD", "OPTIONS")
GRACE_S: Final = 5.0


class Guard:
    """An ASGI application round the other one."""

    def __init__(
        self, app: ASGIApp, options: Options, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app, self._options, self._clock = app, options, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let through with bounded body and safe headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answered = self._with_headers(scope, send)
        try:
            self._check(scope["method"], headers)
            bounded = self._bounded(receive, self._most_bytes(scope), headers)
        except Refused as refusal:
            await JSONResponse(refusal.as_record(), refusal.status, {"connection": "close"})(
                scope, receive, answered
            )
            return
        await self._app(scope, bounded, answered)

    def _check(self, method: str, headers: Headers) -> None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.lower() not in self._options.hosts:
            raise Refused(
                421, "wrong_host", f"This is not {name[:80]!r}.", "Use the address it was started with."
            )
        if sum(len(k) + len(v) for k, v in headers.raw) > self._options.limits.header_bytes:
            raise Refused(
                431, "headers_too_large", "The headers are too large.", "Send fewer or shorter ones."
            )
        if method in SAFE:
            return
        if _comes_from_elsewhere(headers, host):
            raise Refused(
                403,
                "wrong_origin",
                "The request comes from another site.",
                "Use the application's own pages.",
            )

    def _most_bytes(self, scope: Scope) -> int:
        limits = self._options.limits
        return (
            limits.file_bytes
            if "/files/" in scope["path"] and scope["method"] == "PUT"
            else limits.json_bytes
        )

    def _bounded(self, receive: Receive, most: int, headers: Headers) -> Receive:
        """``receive`` that ends a body which is longer than ``most`` or comes too slowly."""
        said = headers.get("content-length", "0")
        if not said.isdigit() or int(said) > most:
            raise _too_large(most)
        got, begun = 0, self._clock()

        async def bounded() -> Message:
            nonlocal got
            limits = self._options.limits
            try:
                message = (
                    await asyncio.wait_for(receive(), limits.body_wait_s) if not done else await receive()
                )
            except TimeoutError as late:
                raise _within(TOO_SLOW) from late
            got += len(message.get("body", b""))
            if got > most:
                raise _within(_too_large(most))
            took = self._clock() - begun
            if message.get("more_body") and took > GRACE_S + got / limits.slowest_bytes_s:
                raise _within(TOO_SLOW)
            if message["type"] == "http.request" and not message.get("more_body"):
                done.append(True)
            return message

        done: list[bool] = []
        return bounded

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith("/static/"):
                    # Asked again by its tag, so that an update shows at once.
                    headers.setdefault("cache-control", "no-cache")
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self._options.secure:
                    headers.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        return answered


HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


def _comes_from_elsewhere(headers: Headers, host: str) -> bool:
    """Whether the browser says that a page of another site asks."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        return True
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


TOO_SLOW: Final = Refused(408, "too_slow", "The request came too slowly.", "Try again.")


def _within(refusal: Refused) -> HTTPException:
    """A refusal in the middle of a body, as the framework passes it on."""
    told: Any = refusal.as_record()["error"]
    return HTTPException(refusal.status, told, {"connection": "close"})


def _too_large(most: int) -> Refused:
    return Refused(
        413, "too_large", f"At most {most / 2**20:.0f} MiB are taken at once.", "Send less, or in parts."
    )
