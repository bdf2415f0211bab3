"""A port of this computer that nobody listens at, for servers that tests and trials start."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Its number; somebody else may take it before it is listened at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
