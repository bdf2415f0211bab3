"""What does a DICOMweb server hold, and how is it fetched and answered? QIDO-RS, WADO-RS, STOW-RS (PS3.18).

Every answer is bounded: in bytes as it comes, in time, in number. Name and password or token come from a file or the
environment and go only over https, or to this machine.
"""

from __future__ import annotations

import ipaddress
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from email.message import Message
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pydicom
import requests
from dicomweb_client.web import DICOMwebClient
from requests.adapters import HTTPAdapter

from brainsand.errors import UsageError
from brainsand.node.options import MIB, Web
from brainsand.node.send import NotTaken

PASSWORD: Final = "BRAINSAND_DICOMWEB_PASSWORD"
"""Environment: ``name:password``."""
TOKEN: Final = "BRAINSAND_DICOMWEB_TOKEN"
"""Environment: a bearer token."""
_PAGE: Final = 100
_MOST_STUDIES: Final = 2000
_MOST_INSTANCES: Final = 20_000
_OBJECT: Final = 'multipart/related; type="application/dicom"; transfer-syntax=*'


class WebFault(Exception):
    """The server did not answer, or not as the standard says; in words without an address's secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSeries:
    """A CT series the server has, and how many objects it says are in it."""

    study_uid: str
    series_uid: str
    objects: int


class WebServer:
    """A DICOMweb server.

    Parameters
    ----------
    options : Web
        Address, secrets' files, timeouts.
    most_mib : int
        The most that one answer may hold.
    """

    def __init__(self, options: Web, *, most_mib: int) -> None:
        logging.getLogger("dicomweb_client").setLevel(logging.CRITICAL + 1)  # it logs UIDs and queries
        self._url = options.url.rstrip("/")
        self._timeout_s = options.timeout_s
        self._session = _session(options, most_mib * MIB)
        self._client = DICOMwebClient(self._url, session=self._session, timeout=options.timeout_s)
        self._client.set_http_retry_params(retry=False)
        self._match = dict(options.match)

    def studies_since(self, first: date) -> list[str]:
        """The UIDs of studies with CT in them from a day on, the newest first as far as the server orders them."""
        found: list[str] = []
        wanted = {**self._match, "ModalitiesInStudy": "CT", "StudyDate": f"{first:%Y%m%d}-"}
        while len(found) < _MOST_STUDIES:
            with _as_fault("QIDO of studies"):
                page = self._client.search_for_studies(
                    limit=_PAGE, offset=len(found), search_filters=wanted, fields=["StudyInstanceUID"]
                )
            found += [uid for one in page if (uid := _text(one, "0020000D"))]
            if len(page) < _PAGE:
                break
        return list(dict.fromkeys(found))[:_MOST_STUDIES]

    def series_of(self, study_uid: str) -> list[WebSeries]:
        """The CT series of a study."""
        with _as_fault("QIDO of series"):
            found = self._client.search_for_series(
                study_uid, fields=["Modality", "SeriesInstanceUID", "NumberOfSeriesRelatedInstances"]
            )
        return sorted(
            (
                WebSeries(study_uid=study_uid, series_uid=uid, objects=int(_text(one, "00201209") or 0))
                for one in found
                if _text(one, "00080060") == "CT" and (uid := _text(one, "0020000E"))
            ),
            key=lambda series: series.series_uid,
        )

    def objects_of(self, series: WebSeries) -> list[str]:
        """The UIDs of a series' objects."""
        with _as_fault("QIDO of objects"):
            found = self._client.search_for_instances(
                series.study_uid, series.series_uid, fields=["SOPInstanceUID"], limit=_MOST_INSTANCES
            )
        return sorted(uid for one in found if (uid := _text(one, "00080018")))

    def fetch(self, series: WebSeries, sop_uid: str) -> bytes:
        """One object as a DICOM file, in the syntax it is kept in."""
        place = f"studies/{series.study_uid}/series/{series.series_uid}/instances/{sop_uid}"
        with _as_fault("WADO of an object"):
            answer = self._session.get(
                f"{self._url}/{place}", headers={"Accept": _OBJECT}, timeout=self._timeout_s
            )
            answer.raise_for_status()
            return _first_part(answer.content, answer.headers.get("Content-Type", ""))

    def give(self, files: Sequence[Path]) -> None:
        """Store every file, or raise NotTaken."""
        try:
            with _as_fault("STOW"):
                said = self._client.store_instances([pydicom.dcmread(file) for file in files])
        except WebFault as fault:
            raise NotTaken(str(fault)) from fault
        failed = said.get("FailedSOPSequence") if said is not None else None
        if failed:
            raise NotTaken(f"STOW: {len(failed)} of {len(files)} objects were not taken.")


class _Bounded(HTTPAdapter):  # type: ignore[misc]
    """Reads every answer to its end, but no further than ``most`` bytes."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """As requests does it, with the answer's content at hand."""
        kwargs["stream"] = True
        answer = super().send(request, *args, **kwargs)
        content = bytearray()
        try:
            for chunk in answer.raw.stream(MIB, decode_content=True):
                content += chunk
                if len(content) > self._most:
                    raise WebFault(f"An answer is longer than {self._most // MIB} MiB.")
        finally:
            answer.close()
        answer._content, answer._content_consumed = bytes(content), True
        return answer


def _session(options: Web, most: int) -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Bounded(most))
    if options.ca is not None:
        session.verify = str(options.ca)
    session.headers["User-Agent"] = "brainsand"
    password = _secret(options.password_file, PASSWORD)
    token = _secret(options.token_file, TOKEN)
    if password is None and token is None:
        return session
    if not _safe_for_secrets(options.url):
        raise UsageError(
            "dicomweb: name, password or token would go unencrypted over the network. Use https."
        )
    if password is not None:
        name, _, word = password.partition(":")
        session.auth = (name, word)
    else:
        session.headers["Authorization"] = f"Bearer {token}"
    return session


def _secret(file: Path | None, variable: str) -> str | None:
    """A secret from its file, else from the environment."""
    said = file.read_text(encoding="utf-8") if file is not None else os.environ.get(variable, "")
    return said.strip() or None


def _safe_for_secrets(url: str) -> bool:
    """Whether nobody can read along.

    >>> [_safe_for_secrets(url) for url in ("https://pacs/", "http://127.0.0.1:80/", "http://pacs/")]
    [True, True, False]
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _text(one: Mapping[str, Any], tag: str) -> str | None:
    """The first value of an element of DICOM JSON (PS3.18 F.2) as text.

    >>> _text({"00080060": {"vr": "CS", "Value": ["CT"]}}, "00080060"), _text({}, "00080060")
    ('CT', None)
    """
    values = one.get(tag, {}).get("Value") or [None]
    return None if values[0] is None else str(values[0])


def _first_part(body: bytes, kind: str) -> bytes:
    """The first part of a multipart answer (RFC 2046), or the body where it is the object itself.

    >>> body = b"--x\\r\\nContent-Type: application/dicom\\r\\n\\r\\nABC\\r\\n--x--"
    >>> _first_part(body, "multipart/related; boundary=x")
    b'ABC'
    """
    header = Message()
    header["Content-Type"] = kind
    if header.get_content_type() == "application/dicom":
        return body
    boundary = header.get_boundary()
    if not boundary:
        raise WebFault("An object came as neither multipart nor application/dicom.")
    line = b"--" + boundary.encode()
    begin = body.find(b"\r\n\r\n", body.find(line))
    end = body.find(b"\r\n" + line, begin + 2)
    if body.find(line) < 0 or begin < 0 or end < 0:
        raise WebFault("A multipart answer breaks off.")
    return body[begin + 4 : end]


@contextmanager
def _as_fault(what: str) -> Iterator[None]:
    """Turn whatever goes wrong in a request into words without an address."""
    try:
        yield
    except requests.HTTPError as fault:
        status = fault.response.status_code if fault.response is not None else "?"
        raise WebFault(f"{what}: the server answered {status}.") from fault
    except (requests.RequestException, OSError) as fault:
        raise WebFault(f"{what}: {type(fault).__name__}.") from fault
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise WebFault(f"{what}: the answer is not as PS3.18 says ({type(fault).__name__}).") from fault
