"""A receiver on a free loopback port, and a sender to try it with."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from pynetdicom import AE, evt
from pynetdicom.dsutils import encode
from pynetdicom.presentation import AllStoragePresentationContexts
from pynetdicom.sop_class import CTImageStorage, MRImageStorage

from brainsand.node.audit import Audit
from brainsand.node.instance import as_file
from brainsand.node.metrics import Metrics
from brainsand.node.options import node_options
from brainsand.node.receive import Receiver
from brainsand.node.spool import Spool
from samples import slice_dataset


@dataclass(kw_only=True)
class Running:
    """A receiver and all it was told."""

    receiver: Receiver
    spool: Spool
    metrics: Metrics
    audit_file: Path
    came: list = field(default_factory=list)
    ended: list = field(default_factory=list)

    def audited(self):
        """Whether the audit has a line."""
        return self.audit_file.exists() and self.audit_file.stat().st_size > 0


@pytest.fixture
def receiving(tmp_path):
    """Start a receiver with the options given; it is stopped when the test ends.

    How full the disk of the tests is says nothing about the receiver, so none of it is kept free.
    """
    started = []

    def start(spool=None, limits=None, **given) -> Running:
        limits = {"free_mib": 0, **(limits or {})}
        options = node_options(
            {"state": str(tmp_path), "port": 0, "allow": ["SENDER"], "limits": limits, **given}
        )
        spool = spool or Spool(tmp_path / "spool", options.limits)
        metrics, file, came, ended = Metrics(), tmp_path / "audit.jsonl", [], []
        receiver = Receiver(
            options,
            spool,
            came=lambda instance, association: came.append(instance),
            ended=ended.append,
            audit=Audit(file, b"key"),
            metrics=metrics,
        )
        receiver.start()
        started.append(receiver)
        return Running(
            receiver=receiver, spool=spool, metrics=metrics, audit_file=file, came=came, ended=ended
        )

    yield start
    for receiver in started:
        receiver.stop()


@pytest.fixture
def association():
    """Open an association to a port; it is ended when the test ends."""
    opened = []

    def open_(port, title="SENDER", called="BRAINSAND", contexts=((CTImageStorage, None),), **more):
        ae = AE(ae_title=title)
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 20
        ae.add_requested_context("1.2.840.10008.1.1")
        for sop_class, syntax in contexts:
            ae.add_requested_context(sop_class, *([syntax] if syntax else []))
        assoc = ae.associate("127.0.0.1", port, ae_title=called, **more)
        opened.append(assoc)
        return assoc

    yield open_
    for assoc in opened:
        if assoc.is_established:
            assoc.abort()


def until(holds, seconds=20):
    """Wait for something that is bound to come."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def ct_slice(number=1, **elements):
    """One small CT slice of a head."""
    pixels = np.full((8, 8), 40 + number, np.int16)
    return slice_dataset(pixels, number=number, position=(0, 0, 5.0 * number), **elements)


def mr_slice(number=1):
    """One small MR slice."""
    ds = ct_slice(number, series="9")
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = MRImageStorage
    ds.Modality = "MR"
    return ds


def file_of(ds, source="SENDER"):
    """A slice as the node writes it."""
    return as_file(
        encode(ds, False, True),
        sop_class=ds.SOPClassUID,
        sop_uid=ds.SOPInstanceUID,
        syntax=ds.file_meta.TransferSyntaxUID,
        source=source,
    )


@pytest.fixture
def peer():
    """Somebody who takes objects: start it with a port (0 for any) and how it answers; what it got, by UID."""
    started = []

    def start(port=0, answer=lambda _uid: 0, contexts=AllStoragePresentationContexts, **more):
        got = []

        def on_store(event):
            status = answer(str(event.request.AffectedSOPInstanceUID))
            if status == 0 or status >> 12 == 0xB:
                got.append(event.dataset)
            return status

        ae = AE(ae_title="PACS")
        ae.supported_contexts = contexts
        for context in more.pop("services", ()):
            ae.add_supported_context(context)
        handlers = [(evt.EVT_C_STORE, on_store), *more.pop("handlers", ())]
        server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers, **more)
        started.append(server)
        return server.server_address[1], got

    yield start
    for server in started:
        server.shutdown()
