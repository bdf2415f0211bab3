"""How do scans come in? C-ECHO and C-STORE, each object bounded while it arrives and kept before it is confirmed.

An object larger than allowed is not gathered in memory: what is beyond the limit is dropped as it comes,
and the sender is told 0xA700 at its end. No handler lets an error through: whatever a sender does costs it
its object, at worst its association, never the node.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, Final, Protocol, cast

import pynetdicom
from pydicom.dataset import Dataset
from pydicom.uid import (
    JPEG2000,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from pynetdicom import AE, evt
from pynetdicom.presentation import AllStoragePresentationContexts
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from brainsand.errors import OutputError
from brainsand.node.audit import Audit
from brainsand.node.callers import Caller, Overrun, may_call, tell_audit, who_of
from brainsand.node.door import Door, Rate, bound_reading, server_tls
from brainsand.node.instance import (
    IMPLEMENTATION_NAME,
    IMPLEMENTATION_UID,
    NO_RESOURCES,
    Instance,
    NotKept,
    as_file,
    read_instance,
)
from brainsand.node.metrics import Metrics
from brainsand.node.options import MIB, NodeOptions
from brainsand.node.spool import Kept

SYNTAXES: Final = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEGLosslessSV1,
    JPEGLossless,
    JPEGLSLossless,
    JPEG2000Lossless,
    RLELossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
    JPEG2000,
)
"""What the reader can decode. Deflated is left out: a few kilobytes may grow to any size in memory."""

SUCCESS: Final = 0x0000
PROCESSING_FAILURE: Final = 0x0110
_ACSE_S: Final = 30
_IDLE_S: Final = 120

log = logging.getLogger("brainsand.node")


class Keeper(Protocol):
    """Where received objects go."""

    def keep(self, instance: Instance, file: bytes) -> Kept:
        """File one object for good, or raise NotKept."""
        ...


class Receiver:
    """The listening side of the node.

    Parameters
    ----------
    options : NodeOptions
        Titles, addresses, limits, TLS.
    spool : Keeper
        Where objects go.
    came, ended : callable
        Told of each kept object with its association, and of the end of an association.
    """

    def __init__(
        self,
        options: NodeOptions,
        spool: Keeper,
        *,
        came: Callable[[Instance, Hashable], None],
        ended: Callable[[Hashable], None],
        audit: Audit,
        metrics: Metrics,
    ) -> None:
        self._options, self._spool = options, spool
        self._came, self._ended = came, ended
        self._audit, self._metrics = audit, metrics
        self._callers: dict[int, Caller] = {}
        self._lock = threading.Lock()
        self._server: Door | None = None
        self._more: list[tuple[Any, Callable[..., Any]]] = []
        self._ae = self._entity()

    def add_service(self, context: Any, *handlers: tuple[Any, Callable[..., Any]]) -> None:
        """Offer one more SOP class (before :meth:`start`), in the role of a user of the service."""
        self._ae.add_supported_context(context, scu_role=True, scp_role=True)
        self._more += handlers

    @property
    def port(self) -> int:
        """The port listened at."""
        if self._server is None:
            raise RuntimeError("not started")
        return int(self._server.server_address[1])

    @property
    def alive(self) -> bool:
        """Whether calls are answered."""
        return self._server is not None and self._thread.is_alive()

    def start(self) -> None:
        """Listen, in a thread of its own. OutputError where the port cannot be had."""
        options = self._options
        _hush_pynetdicom()
        try:
            server = cast(
                Door,
                self._ae.make_server(
                    (options.host, options.port),
                    ssl_context=server_tls(options.tls) if options.tls else None,
                    evt_handlers=[*self._handlers(), *self._more],
                    server_class=Door,
                ),
            )
        except OSError as fault:
            place = f"{options.host}:{options.port}"
            raise OutputError(f"The node cannot listen at {place}: {fault.strerror or fault}.") from fault
        server.rate = Rate(options.limits.connections_per_minute)
        server.most = options.limits.associations
        server.refused = self._knocked
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="receive", daemon=True
        )
        self._ae._servers.append(server)
        self._server = server
        self._thread.start()

    def stop(self) -> None:
        """Take no more calls, and end those under way."""
        if self._server is not None:
            self._ae.shutdown()
            self._thread.join(timeout=10)
            self._server = None

    def _entity(self) -> AE:
        options = self._options
        ae = AE(ae_title=options.ae_title)
        ae.require_called_aet = True
        ae.maximum_associations = options.limits.associations
        ae.maximum_pdu_size = options.limits.pdu_bytes
        ae.acse_timeout, ae.dimse_timeout, ae.network_timeout = _ACSE_S, _IDLE_S, _IDLE_S
        ae.implementation_class_uid = IMPLEMENTATION_UID
        ae.implementation_version_name = IMPLEMENTATION_NAME
        ae.add_supported_context(Verification)
        for context in AllStoragePresentationContexts:
            ae.add_supported_context(context.abstract_syntax or "", list(SYNTAXES))
        return ae

    def _handlers(self) -> list[tuple[Any, Callable[..., Any]]]:
        return [
            (evt.EVT_CONN_OPEN, self._on_open),
            (evt.EVT_REQUESTED, self._on_requested),
            (evt.EVT_ACCEPTED, self._on_accepted),
            (evt.EVT_REJECTED, self._on_rejected),
            (evt.EVT_PDU_RECV, self._on_pdu),
            (evt.EVT_C_ECHO, lambda _event: SUCCESS),
            (evt.EVT_C_STORE, self._on_store),
            (evt.EVT_RELEASED, lambda event: self._over(event, "released")),
            (evt.EVT_ABORTED, lambda event: self._over(event, "aborted")),
            (evt.EVT_CONN_CLOSE, lambda event: self._over(event, "cut off")),
        ]

    def _on_open(self, event: Any) -> None:
        bound_reading(event.assoc.dul.socket, max(2 * self._options.limits.pdu_bytes, MIB))

    def _on_requested(self, event: Any) -> None:
        """Turn away who may not call, before anything is negotiated (PS3.8 Table 9-21)."""
        title, address = who_of(event.assoc)
        if not may_call(title, address, self._options.allow):
            event.assoc.acse.send_reject(0x01, 0x01, 0x03)  # permanent, user, calling AE title not recognized
            event.assoc.is_rejected = True
            self._on_rejected(event)
            event.assoc.kill()

    def _on_accepted(self, event: Any) -> None:
        title, address = who_of(event.assoc)
        with self._lock:
            self._callers[id(event.assoc)] = Caller(title=title, address=address, began_s=time.monotonic())
        log.info("%s at %s: association", title, address)

    def _on_rejected(self, event: Any) -> None:
        title, address = who_of(event.assoc)
        self._metrics.add("brainsand_associations_total", outcome="rejected")
        log.warning("%s at %s: association rejected", title, address)
        called = str(event.assoc.requestor.primitive.called_ae_title or "").strip()
        words = f"association rejected; it called {called!r}"
        self._audit.wrote("authentication", who=title, address=address, outcome="minor_failure", words=words)

    def _knocked(self, address: str, words: str) -> None:
        self._metrics.add("brainsand_associations_total", outcome="refused")
        log.warning("%s: %s", address, words)
        self._audit.wrote("authentication", who="", address=address, outcome="minor_failure", words=words)

    def _on_pdu(self, event: Any) -> None:
        """Bound what is gathered in memory, of one object and of all objects under way."""
        message, caller = event.assoc.dimse.message, self._callers.get(id(event.assoc))
        if caller is None:
            return
        caller.in_flight = 0 if message is None else message.data_set.tell()
        limits = self._options.limits
        together = sum(c.in_flight for c in list(self._callers.values()))
        if caller.in_flight > limits.instance_mib * MIB:
            message.data_set = Overrun(f"the object is larger than {limits.instance_mib} MiB")
            caller.in_flight = 0
        elif together > limits.in_flight_mib * MIB:
            message.data_set = Overrun(f"more than {limits.in_flight_mib} MiB are under way")
            caller.in_flight = 0

    def _on_store(self, event: Any) -> Dataset:
        caller = self._callers[id(event.assoc)]
        try:
            kept = self._store(event, caller)
        except NotKept as refusal:
            caller.refused[refusal.words] = caller.refused.get(refusal.words, 0) + 1
            self._metrics.add("brainsand_objects_received_total", outcome="refused")
            return _answer(refusal.status, refusal.words)
        except Exception:
            log.exception("a fault of ours while an object came")
            self._metrics.add("brainsand_objects_received_total", outcome="fault")
            return _answer(PROCESSING_FAILURE, "processing failure")
        self._metrics.add("brainsand_objects_received_total", outcome=kept)
        return _answer(SUCCESS)

    def _store(self, event: Any, caller: Caller) -> Kept:
        request = event.request
        limits = self._options.limits
        if isinstance(request.DataSet, Overrun):
            raise NotKept(NO_RESOURCES, request.DataSet.words)
        data = request.DataSet.getvalue()
        caller.bytes += len(data)
        if caller.bytes > limits.association_mib * MIB:
            raise NotKept(NO_RESOURCES, f"the association brought more than {limits.association_mib} MiB")
        said = str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID)
        syntax = str(event.context.transfer_syntax)
        file = as_file(data, sop_class=said[0], sop_uid=said[1], syntax=syntax, source=caller.title)
        instance = read_instance(file, sop_class=said[0], sop_uid=said[1])
        kept = self._spool.keep(instance, file)
        self._metrics.add("brainsand_bytes_received_total", len(data))
        caller.kept[instance.study] = caller.kept.get(instance.study, 0) + 1
        caller.patients[instance.study] = instance.patient
        self._came(instance, id(event.assoc))
        return kept

    def _over(self, event: Any, how: str) -> None:
        """An association has ended: told once, whatever else still happens to its socket."""
        with self._lock:
            caller = self._callers.pop(id(event.assoc), None)
        if caller is None:
            return
        self._ended(id(event.assoc))
        self._metrics.add("brainsand_associations_total", outcome=how)
        took = time.monotonic() - caller.began_s
        log.info("%s: %s after %.1f s, %d objects", caller.title, how, took, sum(caller.kept.values()))
        for words, number in caller.refused.items():
            log.warning("%s: %d object(s) refused: %s", caller.title, number, words)
        tell_audit(self._audit, caller)


def _answer(status: int, words: str = "") -> Dataset:
    """A response's status; the Error Comment (0000,0902) says why, in 64 characters at most (PS3.7 C.4.2)."""
    answer = Dataset()
    answer.Status = status
    if words:
        answer.ErrorComment = words[:64]
    return answer


def _hush_pynetdicom() -> None:
    """Keep pynetdicom's own log, which quotes data sets, out of ours, and spare its formatting."""
    pynetdicom._config.LOG_HANDLER_LEVEL = "none"
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
