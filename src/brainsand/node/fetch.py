"""How do scans come from a DICOMweb server? Looked for every so often, fetched object by object into the same spool.

What is in the spool already is not fetched again, so an interrupted round goes on where it was; which series were
fetched whole is remembered in ``web.json``, by the number of objects the server says they have.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Hashable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from brainsand.node.audit import Audit, Event, Outcome
from brainsand.node.dicomweb import WebFault, WebSeries, WebServer
from brainsand.node.instance import OTHER_THAN_SAID, Instance, NotKept, read_instance
from brainsand.node.metrics import Metrics
from brainsand.node.options import Web
from brainsand.node.receive import Keeper
from brainsand.save import json_text

_MOST_TRIES: Final = 3
_MOST_REMEMBERED: Final = 20_000

log = logging.getLogger("brainsand.node")


class Fetcher:
    """Looks at a DICOMweb server every ``every_s``, in a thread of its own.

    Parameters
    ----------
    server : WebServer
        The server.
    spool : Keeper
        Where objects go.
    memory : Path
        The file that remembers what was fetched.
    has : callable
        Whether an object (study UID, series UID, SOP UID) is in the spool.
    came, ended : callable
        Told of each kept object with the round's name, and of the end of a study.
    """

    def __init__(
        self,
        options: Web,
        server: WebServer,
        spool: Keeper,
        memory: Path,
        *,
        has: Callable[[str, str, str], bool],
        came: Callable[[Instance, Hashable], None],
        ended: Callable[[Hashable], None],
        audit: Audit,
        metrics: Metrics,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._options, self._server, self._spool, self._memory = options, server, spool, memory
        self._has, self._came, self._ended = has, came, ended
        self._audit, self._metrics, self._today = audit, metrics, today
        self._fetched: dict[str, int] = _remembered(memory)
        self._tries: dict[str, int] = defaultdict(int)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fetch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the object under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def round(self) -> int:
        """Look once, and fetch what is new; how many objects came.

        Raises
        ------
        WebFault
            The server does not answer as it should; what was fetched until then is kept.
        """
        studies = self._server.studies_since(self._today() - timedelta(days=self._options.days))
        self._tell("query", "success", f"{len(studies)} studies with CT", None, None)
        return sum(self._study(uid) for uid in studies if not self._stop.is_set())

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.round()
            except WebFault as fault:
                log.warning("DICOMweb: %s", fault)
                self._metrics.add("brainsand_dicomweb_total", kind="round", outcome="failed")
                self._tell("query", "minor_failure", str(fault), None, None)
            except Exception:
                log.exception("a fault while scans were fetched")
            else:
                self._metrics.add("brainsand_dicomweb_total", kind="round", outcome="done")
            self._stop.wait(self._options.every_s)

    def _study(self, study_uid: str) -> int:
        """Fetch what is new of a study."""
        new = [
            s for s in self._server.series_of(study_uid) if self._fetched.get(s.series_uid, -1) != s.objects
        ]
        came: list[Instance] = []
        try:
            for series in new:
                if not self._stop.is_set():
                    self._series(series, came)
        finally:
            self._ended(f"web {study_uid}")
            if came:
                self._tell("transfer", "success", "fetched", came[0], len(came))
        return len(came)

    def _series(self, series: WebSeries, came: list[Instance]) -> None:
        whole = True
        for sop_uid in self._server.objects_of(series):
            if self._stop.is_set():
                return
            if self._has(series.study_uid, series.series_uid, sop_uid):
                continue
            try:
                came.append(self._object(series, sop_uid))
            except NotKept as refusal:
                whole = False
                log.warning("DICOMweb: an object is not kept: %s", refusal.words)
                self._metrics.add("brainsand_dicomweb_total", kind="object", outcome="refused")
        self._tries[series.series_uid] += 1
        if whole or self._tries[series.series_uid] >= _MOST_TRIES:
            self._remember(series)

    def _object(self, series: WebSeries, sop_uid: str) -> Instance:
        file = self._server.fetch(series, sop_uid)
        instance = read_instance(file, sop_uid=sop_uid)
        if (instance.study_uid, instance.series_uid) != (series.study_uid, series.series_uid):
            raise NotKept(OTHER_THAN_SAID, "it belongs to another series than the server said")
        self._spool.keep(instance, file)
        self._came(instance, f"web {series.study_uid}")
        self._metrics.add("brainsand_dicomweb_total", kind="object", outcome="kept")
        self._metrics.add("brainsand_bytes_received_total", len(file))
        return instance

    def _remember(self, series: WebSeries) -> None:
        self._tries.pop(series.series_uid, None)
        self._fetched.pop(series.series_uid, None)
        self._fetched[series.series_uid] = series.objects
        for old in list(self._fetched)[:-_MOST_REMEMBERED]:
            del self._fetched[old]
        part = self._memory.with_suffix(".part")
        part.write_text(json_text(dict(self._fetched)), encoding="utf-8")
        part.replace(self._memory)

    def _tell(
        self, event: Event, outcome: Outcome, words: str, instance: Instance | None, objects: int | None
    ) -> None:
        self._audit.wrote(
            event,
            who="dicomweb",
            address=self._options.url,
            outcome=outcome,
            words=words,
            study=instance.study if instance else None,
            patient=instance.patient if instance else None,
            objects=objects,
        )


def _remembered(memory: Path) -> dict[str, int]:
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(uid): int(number) for uid, number in found.items()} if isinstance(found, dict) else {}
