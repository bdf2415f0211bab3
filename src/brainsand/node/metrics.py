"""How much came, how much went, how did it end? Counters and gauges in Prometheus's text format (0.0.4)."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

_HELP: Final[Mapping[str, tuple[str, str]]] = {
    "brainsand_associations_total": ("counter", "Associations by how they ended."),
    "brainsand_objects_received_total": ("counter", "Objects received by outcome."),
    "brainsand_bytes_received_total": ("counter", "Bytes of objects kept."),
    "brainsand_studies_total": ("counter", "Studies looked at by verdict."),
    "brainsand_analyses_total": ("counter", "Analyses by how they ended."),
    "brainsand_objects_sent_total": ("counter", "Result objects a peer has taken."),
    "brainsand_sends_total": ("counter", "Sends of a study's results by how they ended."),
    "brainsand_commitments_total": ("counter", "Storage commitments by how they ended."),
    "brainsand_dicomweb_total": ("counter", "Requests to the DICOMweb server by kind and how they ended."),
    "brainsand_audit_failures_total": ("counter", "Audit lines that could not be written."),
    "brainsand_studies_waiting": ("gauge", "Studies that are not whole yet."),
    "brainsand_jobs": ("gauge", "Jobs in the queue by kind and state."),
    "brainsand_spool_bytes": ("gauge", "Bytes in the spool."),
    "brainsand_disk_free_bytes": ("gauge", "Bytes free on the disk of the spool."),
}


class Metrics:
    """Counters that only go up, and gauges that are asked when somebody looks.

    >>> metrics = Metrics()
    >>> metrics.add("brainsand_sends_total", outcome="done")
    >>> print(metrics.text())
    # HELP brainsand_sends_total Sends of a study's results by how they ended.
    # TYPE brainsand_sends_total counter
    brainsand_sends_total{outcome="done"} 1
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, tuple[tuple[str, str], ...]], float] = defaultdict(float)
        self._gauges: list[Callable[[], Mapping[tuple[str, tuple[tuple[str, str], ...]], float]]] = []

    def add(self, name: str, number: float = 1, **labels: str) -> None:
        """Count ``number`` more."""
        if _HELP[name][0] != "counter":
            raise ValueError(f"{name} is no counter")
        with self._lock:
            self._counts[name, tuple(sorted(labels.items()))] += number

    def ask(self, gauge: Callable[[], Mapping[tuple[str, tuple[tuple[str, str], ...]], float]]) -> None:
        """Have ``gauge`` asked for its values whenever the metrics are read."""
        self._gauges.append(gauge)

    def value(self, name: str, **labels: str) -> float:
        """A counter's value."""
        with self._lock:
            return self._counts.get((name, tuple(sorted(labels.items()))), 0)

    def text(self) -> str:
        """Everything, in the text format."""
        with self._lock:
            values = dict(self._counts)
        for gauge in self._gauges:
            values.update(gauge())
        lines: list[str] = []
        for name, (kind, words) in _HELP.items():
            rows = sorted((labels, value) for (n, labels), value in values.items() if n == name)
            if rows:
                lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
                lines += [f"{name}{_labels(labels)} {value:.15g}" for labels, value in rows]
        return "\n".join(lines) + "\n" * bool(lines)


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    escaped = (
        (name, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for name, value in labels
    )
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"
