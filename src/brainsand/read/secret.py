"""The secret that keys what stands in for names (``--deidentify --key FILE``)."""

from __future__ import annotations

from pathlib import Path

from brainsand.errors import UsageError

LEAST_BYTES, MOST_BYTES = 16, 4096


def read_secret(path: Path) -> bytes:
    """The bytes of a secret file; refused (UsageError) where it cannot be read or is too short to be a secret."""
    try:
        with path.open("rb") as stream:
            secret = stream.read(MOST_BYTES + 1)
    except OSError as fault:
        raise UsageError(f"The file of --key cannot be read: {fault.strerror}.") from None
    if not LEAST_BYTES <= len(secret) <= MOST_BYTES:
        held = f"{len(secret)}" if len(secret) <= MOST_BYTES else f"more than {MOST_BYTES}"
        raise UsageError(f"The file of --key holds {held} bytes; 16 to 4096 random ones are needed.")
    return secret
