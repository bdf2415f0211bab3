"""Who gets as far as an association? The listening socket: TLS, how often one may knock, how many at once.

pynetdicom's own server shakes hands for TLS in the thread that takes connections, so that one silent caller
keeps all others out; here every caller has its handshake in a thread of its own, with a time limit.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from pynetdicom.transport import AssociationSocket, ThreadedAssociationServer

from brainsand.errors import UsageError
from brainsand.node.options import Tls

_HANDSHAKE_S: Final = 10.0
_A_MINUTE_S: Final = 60.0
# Connections that have asked for no association yet are cut off by the ACSE timeout; until then they count here.
_CONNECTIONS_FOR_EACH_ASSOCIATION: Final = 4


class Door(ThreadedAssociationServer):
    """pynetdicom's server with a bounded, unblockable front. ``rate``, ``most`` and ``refused`` are set once made."""

    daemon_threads = True
    rate: Rate
    most: int
    refused: Callable[[str, str], None]

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """The next connection, as it comes: without a handshake."""
        connection, address = self.socket.accept()  # type: ignore[union-attr]
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether the caller may go on; who knocks too often, or when too many are here, is not answered."""
        crowd = len(self.active_associations) >= self.most * _CONNECTIONS_FOR_EACH_ASSOCIATION
        if crowd or not self.rate.allows(time.monotonic()):
            self.refused(str(client_address[0]), "too many connections")
            return False
        return True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Shake hands where TLS is asked for, then hand over to the association."""
        if self.ssl_context is not None:
            try:
                request.settimeout(_HANDSHAKE_S)
                request = self.ssl_context.wrap_socket(request, server_side=True)
                request.settimeout(None)
            except (OSError, ValueError) as fault:
                reason = getattr(fault, "reason", None) or type(fault).__name__
                self.refused(str(client_address[0]), f"TLS handshake failed ({reason})")
                self.shutdown_request(request)
                return
        super().process_request_thread(request, client_address)


def bound_reading(connection: AssociationSocket, most: int) -> None:
    """Have a connection read no PDU longer than ``most`` bytes, and each in few pieces.

    pynetdicom believes whatever length a PDU announces (up to 4 GiB, before anybody has said who he is), and
    reads 4 KiB at a time.
    """

    def recv(wanted: int) -> bytearray:
        if wanted > most or connection.socket is None:
            raise OSError(f"a PDU of {wanted} bytes was announced; {most} is the most")
        data, read = bytearray(wanted), 0
        with memoryview(data) as view:
            while read < wanted:
                got = connection.socket.recv_into(view[read:])
                if not got:
                    break
                read += got
        return data if read == wanted else data[:read]

    connection.recv = recv  # type: ignore[assignment, method-assign]


def _close(connection: AssociationSocket) -> None:
    """Shut a connection and close it, also one that the other side has shut already.

    pynetdicom 3.0 closes only where the shutdown before it succeeds; a peer that hangs up first leaves the
    file descriptor to the garbage collector.
    """
    if connection.socket is not None:
        with suppress(OSError):
            connection.socket.shutdown(socket.SHUT_RDWR)
        connection.socket.close()


# For the whole class: towards a peer ``AE.associate`` makes its socket itself, and connects it before we may touch it.
AssociationSocket._shutdown_socket = _close  # type: ignore[assignment, method-assign]


class Rate:
    """At most ``most`` in any minute.

    >>> rate = Rate(2)
    >>> [rate.allows(at) for at in (0, 1, 2, 61, 61.5)]
    [True, True, False, True, True]
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._times: deque[float] = deque()

    def allows(self, now_s: float) -> bool:
        """Whether one more may come now; if so, it counts."""
        with self._lock:
            while self._times and now_s - self._times[0] >= _A_MINUTE_S:
                self._times.popleft()
            if len(self._times) >= self._most:
                return False
            self._times.append(now_s)
            return True


def server_tls(tls: Tls) -> ssl.SSLContext:
    """TLS 1.2 or later, and a certificate asked of every caller (BCP 195, PS3.15 B.9)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _filled(context, tls)


def client_tls(tls: Tls) -> ssl.SSLContext:
    """The same towards a peer, whose certificate must bear its host name."""
    return _filled(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), tls)


def _filled(context: ssl.SSLContext, tls: Tls) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        context.load_verify_locations(tls.ca)
    except (OSError, ssl.SSLError) as fault:
        raise UsageError(f"tls: certificate, key or ca cannot be used: {fault}.") from fault
    return context
