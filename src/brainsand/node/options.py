"""What may be set of the node? Every option with its meaning, and a YAML file checked against them.

Nothing is guessed: an unknown word is refused with the nearest known one, a number outside its bounds with the
bounds, a missing file with its name. Passwords and tokens never stand here, only the file they lie in.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from brainsand.errors import UsageError

MIB: Final = 2**20
_AE_LONGEST: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A certificate of our own, its key, and the authority (``ca``) by which the other side's is judged.

    Both sides show a certificate (mutual, as in the profiles of PS3.15 Annex B).
    """

    certificate: Path
    key: Path
    ca: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Where results go: another node's AE title and address. ``commit`` asks it to take charge of them."""

    ae_title: str
    host: str
    port: int
    tls: bool = False
    commit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be taken at most. A send beyond a limit is answered with 0xA700, out of resources."""

    associations: int = 10
    connections_per_minute: int = 600
    pdu_bytes: int = 131_072
    instance_mib: int = 512
    in_flight_mib: int = 1024
    series_mib: int = 4096
    study_mib: int = 8192
    study_instances: int = 20_000
    association_mib: int = 16_384
    spool_mib: int = 51_200
    free_mib: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """A DICOMweb server to take scans from and give results to.

    It is asked every ``every_s`` for studies of the last ``days`` with CT in them; ``match`` narrows that by further
    attributes, as ``StudyDescription: "*HEAD*"``. ``password_file`` holds ``name:password`` (basic) and
    ``token_file`` a bearer token; one of them at most.
    """

    url: str
    every_s: float = 60.0
    days: int = 2
    match: Mapping[str, str] = field(default_factory=dict)
    give_back: bool = True
    password_file: Path | None = None
    token_file: Path | None = None
    ca: Path | None = None
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOptions:
    """Everything one may set of ``brainsand listen``.

    ``allow`` names who may call: AE titles, ``AE@address`` to bind one to an address, ``*`` for anybody.
    ``quiet_s`` is how long a study must be quiet before it counts as whole; ``patience_s`` how much longer a
    study is waited for that says itself that images are missing. ``retry_s`` is the first pause before
    results are sent again; it doubles up to ``retry_longest_s``. ``keep_hours`` is how long a study stays after the
    last work on it, ``keep_failed_days`` how long the queue still says what failed and why.
    """

    state: Path
    ae_title: str = "BRAINSAND"
    host: str = "127.0.0.1"
    port: int = 11112
    allow: tuple[str, ...] = ()
    peers: Mapping[str, Peer] = field(default_factory=dict)
    send_to: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    workers: int = 1
    quiet_s: float = 30.0
    patience_s: float = 300.0
    keep_hours: float = 48.0
    keep_failed_days: float = 30.0
    retry_s: float = 30.0
    retry_longest_s: float = 1800.0
    health_host: str = "127.0.0.1"
    health_port: int = 11180
    queue: str | None = None
    audit_key_file: Path | None = None
    limits: Limits = field(default_factory=Limits)
    tls: Tls | None = None
    dicomweb: Web | None = None


def node_options(given: Mapping[str, Any]) -> NodeOptions:
    """The options given as plain words, checked; ``UsageError`` says what is wrong and what would be right.

    Examples
    --------
    >>> node_options({"state": "/tmp/x", "allow": ["CT1"], "quiet_s": 5}).quiet_s
    5.0
    >>> node_options({"state": "/tmp/x", "quite_s": 5})
    Traceback (most recent call last):
    ...
    brainsand.errors.UsageError: quite_s is no option of the node. Did you mean quiet_s?
    """
    options: NodeOptions = _built(NodeOptions, given, "")
    _check(options)
    return options


def read_node_options(path: Path, over: Mapping[str, Any]) -> NodeOptions:
    """The options of a YAML file, with what was typed laid over it."""
    import yaml

    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"{path} cannot be read: {fault}.") from fault
    except yaml.YAMLError as fault:
        raise UsageError(f"{path} is no YAML: {' '.join(str(fault).split())}") from fault
    if not isinstance(said, dict):
        raise UsageError(f"{path} holds no options: lines of `name: value` are needed.")
    return node_options({**said, **over})


def _built(kind: Any, given: Any, place: str) -> Any:
    """A dataclass of ``kind`` from plain words; every value of the type its field asks for."""
    if not isinstance(given, Mapping):
        raise UsageError(f"{place or 'The options'}: names with values are needed; {given!r} came.")
    known = {f.name: f for f in fields(kind)}
    for name in given:
        if name not in known:
            raise UsageError(f"{_dotted(place, name)} is no option of the node.{_nearest(str(name), known)}")
    missing = [
        n
        for n, f in known.items()
        if f.default is MISSING and f.default_factory is MISSING and n not in given
    ]
    if missing:
        raise UsageError(f"{_dotted(place, missing[0])} is needed and was not given.")
    types_of = typing.get_type_hints(kind)
    return kind(**{n: _value(types_of[n], v, _dotted(place, n)) for n, v in given.items()})


def _value(kind: Any, given: Any, place: str) -> Any:
    """``given`` as what ``kind`` (a type annotation) says, or a UsageError."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if given is None and type(None) in parts:
            return None
        return _value(next(p for p in parts if p is not type(None)), given, place)
    if is_dataclass(kind):
        return _built(kind, given, place)
    if origin is tuple:
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, (list, tuple)) or not all(isinstance(word, str) for word in listed):
            raise UsageError(f"{place}: a list of words is needed; {given!r} came.")
        return tuple(listed)
    if origin is not None:
        if not isinstance(given, Mapping):
            raise UsageError(f"{place}: names with values are needed; {given!r} came.")
        return {str(name): _value(parts[1], value, f"{place}.{name}") for name, value in given.items()}
    return _plain(kind, given, place)


def _plain(kind: Any, given: Any, place: str) -> Any:
    words = {bool: "yes or no", int: "a whole number", float: "a number", str: "a word", Path: "a path"}
    fits = {
        bool: isinstance(given, bool),
        int: isinstance(given, int) and not isinstance(given, bool),
        float: isinstance(given, (int, float)) and not isinstance(given, bool),
        str: isinstance(given, str),
        Path: isinstance(given, (str, Path)) and bool(str(given)),
    }
    if not fits[kind]:
        raise UsageError(f"{place}: {words[kind]} is needed; {given!r} came.")
    return kind(given)


def _check(options: NodeOptions) -> None:
    """What no type can say: bounds, and that one option fits another."""
    for name, value in _numbers(options):
        if value < 0 or (value == 0 and name not in _MAY_BE_ZERO):
            raise UsageError(f"{name}: {value} came; it must be above 0.")
    for place, title in _ae_titles(options):
        if not 0 < len(title.strip()) <= _AE_LONGEST or "\\" in title or not title.isprintable():
            raise UsageError(f"{place}: {title!r} is no AE title (1 to 16 characters, no backslash).")
    for name in options.send_to:
        if name not in options.peers:
            known = ", ".join(options.peers) or "none"
            raise UsageError(f"send_to: there is no peer {name!r}. Peers: {known}.")
    for place, port in _ports(options):
        if port > 65_535:
            raise UsageError(f"{place}: {port} is no port (0 to 65535).")
    if any(peer.tls for peer in options.peers.values()) and options.tls is None:
        raise UsageError("A peer wants TLS, and tls (certificate, key, ca) is not given.")
    for file in _files(options):
        if not file.is_file():
            raise UsageError(f"There is no file {file}.")
    if options.dicomweb is not None:
        _check_web(options.dicomweb)
    if not options.allow and options.dicomweb is None:
        raise UsageError("Nobody may call: name AE titles under allow (or '*' for anybody).")


_MAY_BE_ZERO: Final = ("health_port", "port", "patience_s", "free_mib", "keep_hours", "keep_failed_days")


def _check_web(web: Web) -> None:
    from urllib.parse import urlsplit

    parts = urlsplit(web.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"dicomweb.url: {web.url!r} is no http or https address.")
    if parts.username or parts.password:
        raise UsageError("dicomweb.url: leave name and password out; put them into dicomweb.password_file.")
    if web.password_file and web.token_file:
        raise UsageError("dicomweb: give a password_file or a token_file, not both.")


def _numbers(options: NodeOptions) -> list[tuple[str, float]]:
    parts: list[NodeOptions | Limits | Web] = [options, options.limits]
    parts += [options.dicomweb] if options.dicomweb else []
    return [
        (f.name, value)
        for part in parts
        for f in fields(part)
        if isinstance(value := getattr(part, f.name), (int, float)) and not isinstance(value, bool)
    ]


def _ae_titles(options: NodeOptions) -> list[tuple[str, str]]:
    allowed = [("allow", word.partition("@")[0]) for word in options.allow]
    peers = [(f"peers.{name}.ae_title", peer.ae_title) for name, peer in options.peers.items()]
    return [("ae_title", options.ae_title), *allowed, *peers]


def _ports(options: NodeOptions) -> list[tuple[str, int]]:
    peers = [(f"peers.{name}.port", peer.port) for name, peer in options.peers.items()]
    return [("port", options.port), ("health_port", options.health_port), *peers]


def _files(options: NodeOptions) -> list[Path]:
    tls, web = options.tls, options.dicomweb
    named = [tls.certificate, tls.key, tls.ca] if tls else []
    more = (web.password_file, web.token_file, web.ca) if web else ()
    return [*named, *(file for file in (*more, options.audit_key_file) if file is not None)]


def _dotted(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]}?" if near else f" Options: {', '.join(known)}."
