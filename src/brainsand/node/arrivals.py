"""When is a study whole? When it has been quiet long enough, and says itself of nothing that is missing.

DICOM has no word for "that was all". A study counts as whole when no open association has brought any of
it and nothing of it came for ``quiet_s``. Where its headers count (Number of Series Related Instances (0020,1209);
Images in Acquisition (0020,1002)) and less is here, it is waited for up to ``patience_s`` longer, and then
read as it is: the reader says in the case what is not covered, or refuses. What comes later makes the study be
read anew
(``docs/decisions/0011-when-is-a-study-whole.md``).

No clock is read here: the caller says what time it is.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field

from brainsand.node.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A study to read, and why now."""

    study: str
    instances: int
    missing: int

    @property
    def words(self) -> str:
        """For the log.

        >>> Due(study="a", instances=14, missing=14).words
        '14 objects, and 14 more were announced and did not come'
        """
        here = f"{self.instances} object{'s' * (self.instances != 1)}"
        return f"{here}, and {self.missing} more were announced and did not come" if self.missing else here


@dataclass(slots=True)
class _Study:
    """A study on its way."""

    last_s: float
    open: set[Hashable] = field(default_factory=set)
    instances: set[str] = field(default_factory=set)
    counts: dict[tuple[str, ...], set[str]] = field(default_factory=lambda: defaultdict(set))
    announced: dict[tuple[str, ...], int] = field(default_factory=dict)
    to_read: bool = True

    def missing(self) -> int:
        """How many objects were announced and are not here, by whichever count says more."""
        lacks = [(key[0], self.announced[key] - len(self.counts[key])) for key in self.announced]
        by_kind = {kind: sum(max(0, n) for k, n in lacks if k == kind) for kind, _ in lacks}
        return max(by_kind.values(), default=0)


class Arrivals:
    """The studies that are not whole yet. Safe to use from many threads.

    Examples
    --------
    >>> here = Arrivals(quiet_s=30, patience_s=300)
    >>> slice_ = Instance(study_uid="1.2", series_uid="1.2.3", sop_class="1", sop_uid="1.2.3.4", modality="CT")
    >>> here.came(slice_, "association 1", now_s=0)
    >>> here.ended("association 1", now_s=5)
    >>> here.due(now_s=34), [due.instances for due in here.due(now_s=35)], here.due(now_s=36)
    ((), [1], ())
    """

    def __init__(self, *, quiet_s: float, patience_s: float) -> None:
        self._quiet_s, self._patience_s = quiet_s, patience_s
        self._lock = threading.Lock()
        self._studies: dict[str, _Study] = {}

    def came(self, instance: Instance, association: Hashable, *, now_s: float) -> None:
        """An object was kept that came by ``association``."""
        with self._lock:
            study = self._studies.setdefault(instance.study, _Study(last_s=now_s))
            study.last_s, study.to_read = max(study.last_s, now_s), True
            study.open.add(association)
            study.instances.add(instance.file_name)
            for kind, part, number in (
                ("series", "", instance.in_series),
                ("acquisition", str(instance.acquisition), instance.in_acquisition),
            ):
                key = (kind, instance.series, part)
                study.counts[key].add(instance.file_name)
                if number is not None and number > 0:
                    study.announced[key] = max(study.announced.get(key, 0), number)

    def ended(self, association: Hashable, *, now_s: float) -> None:
        """An association is over, however it ended."""
        with self._lock:
            for study in self._studies.values():
                if association in study.open:
                    study.open.discard(association)
                    study.last_s = max(study.last_s, now_s)

    def due(self, *, now_s: float) -> tuple[Due, ...]:
        """The studies to read now, each given once until something of it comes again."""
        with self._lock:
            found = tuple(
                Due(study=name, instances=len(study.instances), missing=study.missing())
                for name, study in sorted(self._studies.items())
                if study.to_read and not study.open and now_s - study.last_s >= self._wait_s(study)
            )
            for due in found:
                self._studies[due.study].to_read = False
            return found

    def again(self, study: str, *, now_s: float) -> None:
        """A study could not be read: it is due once more after another quiet time."""
        with self._lock:
            if study in self._studies:
                self._studies[study].to_read, self._studies[study].last_s = True, now_s

    def forget(self, study: str) -> None:
        """A study is no longer in the spool."""
        with self._lock:
            self._studies.pop(study, None)

    def waiting(self) -> dict[str, str]:
        """The studies on their way, each with what it waits for."""
        with self._lock:
            return {name: self._waits_for(study) for name, study in self._studies.items() if study.to_read}

    def _wait_s(self, study: _Study) -> float:
        return self._quiet_s + (self._patience_s if study.missing() else 0)

    def _waits_for(self, study: _Study) -> str:
        if study.open:
            return "an association that sends it is open"
        missing = study.missing()
        return f"{missing} announced objects" if missing else f"{self._quiet_s:g} s without a further object"
