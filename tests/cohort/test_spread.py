"""Batch systems are asked for through the libraries made for them; here stand-ins see what they are asked."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from brainsand.cohort.memory import workers_and_mb
from brainsand.cohort.spread import BATCH, How, answers
from brainsand.errors import UsageError

from .conftest import HERE  # noqa: F401  (so that `fake_scans` is found)


def job(tmp_path, says="head pineal:midline=1.0"):
    from brainsand.cohort.model import Unit

    (tmp_path / "a.nii").write_text(says)
    unit = Unit(id="sub-a", path=str(tmp_path / "a.nii"), source="a.nii", person="sub-a")
    return {"unit": unit.as_record(), "out": str(tmp_path / "out"), "key": "k"}


@pytest.mark.parametrize("cluster", ["slurm", "pbs", "kubernetes"])
def test_a_batch_system_is_asked_for_workers_with_the_options_given(monkeypatch, tmp_path, cluster):
    from distributed import LocalCluster

    asked = {}

    def stand_in(**options):
        asked.update(options)
        made = LocalCluster(
            n_workers=0, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
        )
        true_scale = made.scale

        def scale(n):
            asked.setdefault("workers", n)
            return true_scale(n)

        made.scale = scale
        return made

    module, name = BATCH[cluster]
    fake = ModuleType(module)
    setattr(fake, name, stand_in)
    monkeypatch.setitem(sys.modules, module, fake)
    if "." in module:
        monkeypatch.setitem(sys.modules, module.partition(".")[0], ModuleType(module.partition(".")[0]))
    how = How(cluster=cluster, workers=1, options={"queue": "long"}, work="fake_scans")
    (answer,) = answers([job(tmp_path)], how, tell=lambda words: None)
    assert answer["state"] == "done"
    assert (asked["queue"], asked["workers"]) == ("long", 1)
    assert cluster == "kubernetes" or asked["cores"] == 1


def test_a_scheduler_s_address_is_joined(tmp_path):
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
    ) as there:
        how = How(cluster=there.scheduler_address, workers=1, work="fake_scans")
        (answer,) = answers([job(tmp_path)], how, tell=lambda words: None)
    assert answer["state"] == "done"


@pytest.mark.parametrize(
    "cluster, words", [("sluurm", "give none, local, slurm"), ("kubernetes", "pip install")]
)
def test_an_unknown_or_missing_cluster_is_wrong_usage(monkeypatch, tmp_path, cluster, words):
    monkeypatch.setitem(sys.modules, "dask_kubernetes.operator", None)
    monkeypatch.setitem(sys.modules, "dask_kubernetes", None)
    with pytest.raises(UsageError, match=words):
        list(answers([job(tmp_path)], How(cluster=cluster, work="fake_scans"), tell=lambda said: None))


def test_without_dask_the_words_say_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"brainsand\[cohort\], or use --cluster none"):
        list(answers([job(tmp_path)], How(cluster="local", work="fake_scans"), tell=lambda said: None))


def test_workers_are_as_many_as_memory_holds_and_what_is_asked_is_kept():
    assert workers_and_mb(None, None, free=100_000.0, cores_=16) == (16, pytest.approx(5312.5))
    assert workers_and_mb(None, 4.0, free=100_000.0, cores_=16) == (2, 2000.0)
    assert workers_and_mb(None, None, free=900.0, cores_=16)[0] == 1
    assert workers_and_mb(8, 4.0, free=None, cores_=2) == (8, 500.0)


@pytest.mark.parametrize("cluster", ["none", "local"])
def test_when_the_work_is_stopped_nobody_works_on(tmp_path, cluster):
    import psutil

    jobs = []
    for k, says in enumerate(["head", "slow 60", "slow 60", "slow 60"]):
        (tmp_path / str(k)).mkdir()
        jobs.append(job(tmp_path / str(k), says))
        jobs[-1]["unit"] |= {"id": f"sub-{k}"}
    before = set(psutil.Process().children(recursive=True))
    running = answers(jobs, How(cluster=cluster, workers=2, work="fake_scans"), tell=lambda words: None)
    assert next(running)["state"] == "done"
    begun = [
        p for p in psutil.Process().children(recursive=True) if p not in before and "nest" in str(p.cmdline())
    ]
    running.close()
    _, alive = psutil.wait_procs(begun, timeout=20)
    assert begun
    assert alive == []
