"""What programs (and the pages' own scripts) ask: JSON under ``/api``, described at ``/api/openapi.json``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from brainsand.web.asked import Problem

CaseId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="The case's id.")]

ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": words}
    for code, words in {
        400: "The request cannot be read.",
        401: "Nobody is logged in.",
        403: "Not allowed.",
        404: "Not there.",
        408: "Too slow.",
        409: "Not as things stand.",
        413: "Too large.",
        422: "It cannot be understood; the answer says what to do.",
        429: "Too often.",
    }.items()
}


def router(tag: str) -> APIRouter:
    """A router of ``/api`` whose errors are described."""
    return APIRouter(prefix="/api", tags=[tag], responses=ERRORS)
