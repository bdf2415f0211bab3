"""Which files make up the knowledge base? All YAML of ``knowledge/conditions`` and ``knowledge/words``, as one mapping.

Facts counted over a whole group (``groups.yaml``) are handed down here to members that have no count of their own.
``tools/build_knowledge`` writes what :func:`gathered` gives into the compiled copy that the package loads.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

import yaml

RELEASE: Final = "2026.11"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def gathered() -> dict[str, Any]:
    """The whole knowledge base as plain mappings: version, HPO's version, conditions, groups, words, norms by age.

    The version is that of the release and a fingerprint of the content: another fact, another version.
    """
    content = _content()
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:8]
    return {"version": f"{RELEASE}+{fingerprint}", "hpo_version": hpo_version(), **content}


def hpo_version() -> str:
    """The release date of the HPO vocabulary in the package."""
    packed = (resources.files("brainsand.knowledge") / "hpo.json.gz").read_bytes()
    return str(json.loads(gzip.decompress(packed))["version"])


def _content() -> dict[str, Any]:
    top = resources.files("brainsand.knowledge")
    groups = _yaml(top / "groups.yaml")
    conditions = [_yaml(file) for file in condition_files()]
    by_id = {raw["id"]: raw for raw in groups}
    return {
        "conditions": [_with_group_facts(raw, by_id[raw["group"]]) for raw in conditions],
        "groups": groups,
        "analytes": _yaml(top / "words" / "analytes.yaml")["analytes"],
        "history": _yaml(top / "words" / "history.yaml")["history"],
        "background": _yaml(top / "words" / "background.yaml"),
        "ordinary": _yaml(top / "words" / "ordinary.yaml")["curves"],
    }


def condition_files() -> list[Traversable]:
    """The file of each condition, in the order of their names."""
    folder = resources.files("brainsand.knowledge") / "conditions"
    return sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)


def _with_group_facts(raw: dict[str, Any], group: Mapping[str, Any]) -> dict[str, Any]:
    """The condition, with its group's counts where it has none."""
    sites = {name: list(rows) for name, rows in raw["sites"].items()}
    for site, rows in group.get("sites", {}).items():
        sites[site] = _joined(sites.get(site, []), rows)
    calcium = _joined(raw["calcification"], group.get("calcification", []))
    features = [*raw.get("phenotype", []), *_uncounted(raw.get("phenotype", []), group.get("phenotype", []))]
    return {**raw, "sites": sites, "calcification": calcium, "phenotype": features}


def _uncounted(own: list[dict[str, Any]], shared: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The group's features of which the condition has no count of its own."""
    counted = {row["id"] for row in own if row["trust"] == "published" and row.get("used", True)}
    return [{**row, "of_group": True} for row in shared if row["id"] not in counted]


def _joined(own: list[dict[str, Any]], shared: list[dict[str, Any]]) -> list[dict[str, Any]]:
    counted = any(row["trust"] == "published" and row.get("used", True) for row in own)
    return own if counted else [*own, *({**row, "of_group": True} for row in shared)]


def _yaml(file: Traversable) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)
