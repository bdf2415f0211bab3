"""How is an identifier drawn from what it stands for? As a name-based UUID, so that the same thing has the same."""

from __future__ import annotations


def uuid_of(digest: bytes, *, version: int) -> bytes:
    """The 16 bytes of a UUID made of the first 16 of a digest (RFC 9562, versions 5 and 8).

    >>> uuid_of(bytes(16), version=5).hex()
    '00000000000050008000000000000000'
    """
    bits = bytearray(digest[:16])
    bits[6], bits[8] = (bits[6] & 0x0F) | (version << 4), (bits[8] & 0x3F) | 0x80
    return bytes(bits)


def dicom_uid(uuid: bytes) -> str:
    """A UUID as a DICOM UID (PS3.5 B.2).

    >>> dicom_uid(bytes(15) + bytes([7]))
    '2.25.7'
    """
    return f"2.25.{int.from_bytes(uuid, 'big')}"


def uuid_text(uuid: bytes) -> str:
    """A UUID as it is written.

    >>> uuid_text(bytes(range(16)))
    '00010203-0405-0607-0809-0a0b0c0d0e0f'
    """
    text = uuid.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
