"""Whatever the OpenAPI allows may be asked: the answer is never a fault of ours, and is what the OpenAPI says."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance  # noqa: E402
from tests.web.conftest import running  # noqa: E402

from brainsand.web.options import Options  # noqa: E402

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
LEFT_OUT = {
    ("GET", "/api/events"),
    ("POST", "/api/demo"),
    ("DELETE", "/api/cases/{id}"),
    ("GET", "/api/cases/{id}/comparisons/{other}/events"),
}
"""Streams without an end, a patient that takes seconds to make, and the end of the case the others ask about."""


@pytest.mark.filterwarnings("default")
def test_no_request_that_the_openapi_allows_makes_a_fault(tmp_path, read):
    with running(Options(data=tmp_path / "data", workers=0, previews=False), read) as site:
        id, other = site.done(), site.done()
        schema = schemathesis.openapi.from_asgi("/api/openapi.json", site.inner)
        asked = set()
        for found in schema.get_all_operations():
            operation = found.ok()
            name = (operation.method.upper(), operation.path)
            if name not in LEFT_OUT:
                _ask(operation, id, other)
                asked.add(name)
    assert len(asked) > 30


def _ask(operation, id, other):
    @given(case=operation.as_strategy())
    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        if "/cases/" in case.path:
            case.path_parameters["id"] = id
        if "{other}" in case.path:
            case.path_parameters["other"] = other
        case.validate_response(case.call(), checks=CHECKS)

    ask()
