"""What shapes do requests and answers have? Checked on the way in, and described in the OpenAPI."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

NUMBER_MOST = 2**31 - 1
Number = Annotated[int, Field(ge=0, le=NUMBER_MOST)]


class Asked(BaseModel):
    """What comes in: no field that is not known."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ProblemWords(BaseModel):
    """What is wrong."""

    code: str
    words: str
    todo: str


class Problem(BaseModel):
    """An answer to a request that was not done."""

    error: ProblemWords


class SiteBadge(BaseModel):
    """A site that holds calcium, with its kind of most note."""

    site: str
    kind: str


class CaseRow(BaseModel):
    """A case as the worklist shows it. Moments are seconds since 1970."""

    id: str
    number: int
    title: str
    owner: str
    state: str
    stage: str | None
    share: float
    put_at: float
    done_at: float | None
    version: int
    edits: int
    level: str | None
    headline: str | None
    cause: str | None
    cause_share: float | None
    sites: list[SiteBadge]
    deposits: int | None
    age_years: float | None
    sex: str | None
    reason: str | None
    remedy: str | None


class Worklist(BaseModel):
    """A page of cases; ask with ``after=next`` for what follows."""

    rows: list[CaseRow]
    next: str | None


class Begun(Asked):
    """An upload to begin."""

    title: str = Field("scan", max_length=400)


class Upload(BaseModel):
    """An upload under way: the files that have arrived for good, with their bytes."""

    id: str
    title: str
    files: dict[str, int]
    bytes: int


class Received(BaseModel):
    """A file that has arrived for good."""

    bytes: int


class Finish(Asked):
    """What is known of the patient when the scan is put in: fields of a patient file."""

    patient: dict[str, Any] = Field(default_factory=dict)


class CaseMade(BaseModel):
    """A case whose analysis is queued."""

    id: str
    number: int


class DemoAsked(Asked):
    """A virtual patient to make and analyze."""

    preset: str = Field("pfbc", max_length=40)
    seed: Number = 0


class EditAsked(Asked):
    """A correction. ``seen``: the version of the case it was made on."""

    what: Literal["reject", "accept", "site", "kind", "note"]
    deposit: Number
    site: str | None = Field(None, max_length=60)
    side: str | None = Field(None, max_length=20)
    kind: str | None = Field(None, max_length=20)
    note: str | None = Field(None, max_length=2000)
    seen: Number


class FactsAsked(Asked):
    """The patient's facts (fields of a patient file) in place of those the case has."""

    patient: dict[str, Any]
    seen: Number


class TitleAsked(Asked):
    """Another title."""

    title: str = Field(min_length=1, max_length=200)


class Question(BaseModel):
    """What could be asked next, and what it is expected to tell."""

    about: str
    key: str
    words: str
    outcomes: list[str]
    bits: float


class Reading(BaseModel):
    """A case as it stands: its record, the finding in words, what could be asked, and what moved it last."""

    version: int
    headline: str
    record: dict[str, Any]
    questions: list[Question]
    moved: list[dict[str, Any]]


class EditRow(BaseModel):
    """A correction in the history."""

    id: int
    version: int
    at: float
    who: str
    what: str
    deposit: int | None
    body: dict[str, Any]
    undoes: int | None
    undone_by: str | None


class FileRow(BaseModel):
    """A file of a case."""

    name: str
    bytes: int
    what: str


class FormatRow(BaseModel):
    """A further format: how far it is, and the files it gave."""

    name: str
    state: str
    share: float
    reason: str | None
    files: list[str]


class ExportRow(BaseModel):
    """A format made of the scan for the case as it stands: how far it is, and the files it gave."""

    name: str
    version: int
    state: str
    share: float
    reason: str | None
    files: list[str]


class TermHit(BaseModel):
    """A symptom that fits the words."""

    id: str
    name: str
    matched: str
    score: float


class CompareAsked(Asked):
    """How two cases are to be compared.

    ``first``: the case of the earlier scan (left out: as the headers' days say, else in the order they came in);
    ``years``: between the scans, where the headers do not say the days or are not to be believed; ``same_person``,
    ``same_scanner``: what somebody vouches for.
    """

    first: str | None = Field(None, pattern="^[0-9a-f]{16}$")
    years: Annotated[float, Field(ge=0, le=120)] | None = None
    same_person: bool = False
    same_scanner: bool = False


class ComparisonState(BaseModel):
    """How far a comparison is. ``earlier`` and ``later`` are known when it is done; ``may_vouch``: it was refused for
    two people, and ``same_person`` would overrule that."""

    cases: list[str]
    earlier: str | None
    later: str | None
    state: str
    stage: str | None
    share: float
    code: str | None
    reason: str | None
    remedy: str | None
    may_vouch: bool
    first: str | None
    years: float | None
    same_person: bool
    same_scanner: bool
    who: str | None
    at: float | None


class Comparable(BaseModel):
    """A case that another one may be compared with. ``same_patient``: their headers name the same patient."""

    id: str
    number: int
    title: str
    put_at: float
    age_years: float | None
    same_patient: bool
    compared: bool


class LoginAsked(Asked):
    """Name and password."""

    name: str = Field(max_length=64)
    password: str = Field(max_length=1024)


class Me(BaseModel):
    """Who is logged in."""

    name: str
    role: str
    team: str


class AccountAsked(Asked):
    """A new account."""

    name: str = Field(max_length=64)
    password: str = Field(max_length=1024)
    role: Literal["reader", "editor", "admin"]
    team: str = Field("everybody", max_length=64)


class AccountChange(Asked):
    """What is to change of an account."""

    password: str | None = Field(None, max_length=1024)
    role: Literal["reader", "editor", "admin"] | None = None
    active: bool | None = None


class AccountRow(BaseModel):
    """An account."""

    name: str
    role: str
    team: str
    active: bool
    made_at: float


class TokenAsked(Asked):
    """A token for a program."""

    label: str = Field(min_length=1, max_length=120)
    days: Annotated[int, Field(ge=1, le=3650)] = 365


class TokenMade(BaseModel):
    """A token; the secret is shown this once."""

    id: int
    secret: str


class TokenRow(BaseModel):
    """A token without its secret."""

    id: int
    label: str
    made_at: float
    expires_at: float


class AuditRow(BaseModel):
    """An entry of the audit."""

    id: int
    at: float
    who: str
    what: str
    about: str
    more: str
    address: str


class Health(BaseModel):
    """Whether it works: version, and how many jobs wait."""

    version: str
    queued: int
    running: int
