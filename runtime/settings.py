"""What an operator can set: environment `PASSLINE_*` (or `PASSLINE_*_FILE`), a TOML file, defaults, in this order.

The TOML file is `PASSLINE_CONFIG`, or `passline.toml` in the working directory if it is there. A wrong or unknown key
stops the start with a message that names it.
"""

import json
import os
import tomllib
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from runtime.oidc_roles import read_rule
from runtime.secrecy import carries_secrets

PREFIX = "PASSLINE_"
CONFIG = "PASSLINE_CONFIG"
ALSO = {"media_address": "media_addresses"}
"""Other spellings of a key: whoever has one address says it in the singular."""


VideoCodec = Literal["vp8", "h264", "vp9", "av1"]


class SettingsError(Exception):
    """A setting is wrong or unknown; the message names it and says what to do."""


class Settings(BaseModel):
    """Everything that can be set. docs/operations.md explains each key to an operator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """Address to listen on: 0.0.0.0 for a network, behind TLS."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """TCP port of the web client and its API."""
    data: Path = Path("data")
    """Directory of the database, recordings, stills and sockets."""
    origins: list[str] = Field(default_factory=list)
    """Further origins that may use the API, e.g. `https://passline.example`; our own address always may."""
    proxies: list[str] = Field(default_factory=list)
    """Addresses or networks of proxies in front of us, whose `X-Forwarded-For` is believed; nobody else's is."""
    connections: Annotated[int, Field(ge=10, le=100_000)] = 8_000
    """Most open TCP connections to the web doors; the newest beyond it are closed."""
    address_connections: Annotated[int, Field(ge=10, le=100_000)] = 1_000
    """The same from one address, proxies apart."""
    tls: bool = False
    """Serve HTTPS on `tls_port` with a certificate of our own authority, and only its installation on `port`."""
    tls_port: Annotated[int, Field(ge=0, le=65535)] = 8443
    """TCP port of HTTPS; 0 lets the system choose."""
    tls_names: list[str] = Field(default_factory=list)
    """Further names and addresses of this machine for our certificate; the first is the one that is announced."""
    tls_cert: Path | None = None
    """PEM file of a certificate from elsewhere, with its chain; turns `tls` on."""
    tls_key: Path | None = None
    """PEM file of its key; unset means that it is in `tls_cert`."""
    media_port: Annotated[int, Field(ge=0, le=65535)] = 7880
    """UDP port of the first media worker; the next ones count up. 0 lets the system choose."""
    media_workers: Annotated[int, Field(ge=0, le=64)] = 0
    """Media worker processes; 0 means one per core, but two on one core: so a room has where to go if one dies."""
    media_addresses: Annotated[list[str], Field(max_length=8)] = Field(default_factory=list)
    """IPv4 and IPv6 addresses told to clients, e.g. the public one of a NAT, in this order; empty means every address
    of this machine."""
    turn_urls: list[Annotated[str, Field(pattern=r"^turns?:[^\s,]+$")]] = Field(default_factory=list)
    """Ways to the chain's TURN server, e.g. `turns:turn.example:5349?transport=tcp`."""
    turn_secret: Annotated[str, Field(min_length=16)] | None = None
    """Shared with the TURN server, which checks with it what `/api/ice` gave out."""
    ice_relay_only: bool = False
    """Media goes by the TURN server and no other way."""
    video_codec: Annotated[list[VideoCodec], Field(min_length=1)] = ["vp8"]
    """In order of preference: the first that everybody in a room can receive is used, else VP8 or H.264."""
    oidc_issuer: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """Identity provider of the chain, by which people may sign in: its issuer, as its own metadata write it."""
    oidc_client_id: Annotated[str, Field(min_length=1)] | None = None
    """What the provider calls this Passline."""
    oidc_client_secret: Annotated[str, Field(min_length=1)] | None = None
    """What it gave us to prove it; none: a public client, which only PKCE protects."""
    oidc_name: Annotated[str, Field(min_length=1, max_length=40)] = "SSO"
    """What people call the provider: the button says `Sign in with …`."""
    oidc_scopes: list[Annotated[str, Field(pattern=r"^[!#-\[\]-~]+$")]] = ["openid", "profile", "email"]
    """What we ask the provider for."""
    oidc_hosts: list[str] = Field(default_factory=list)
    """Further hosts, with their port if it is not 443, that the provider's metadata may send us to."""
    oidc_login_claim: Annotated[str, Field(min_length=1)] = "email"
    """The claim that is the login of somebody here, at their first sign-in by the provider."""
    oidc_groups_claim: Annotated[str, Field(min_length=1)] = "groups"
    """The claim that names somebody's groups."""
    oidc_roles: list[str] = Field(default_factory=list)
    """`group=role` or `group=role@place`, the place a store's number or a region's name."""
    oidc_create: bool = False
    """Whether somebody who is not known here, but whose groups give a role, is added at the first sign-in."""
    ring_s: Annotated[float, Field(gt=0, le=600)] = 45.0
    """How long a call rings before it is missed."""
    queue_s: Annotated[float, Field(ge=0, le=7200)] = 600.0
    """How long a call waits while everybody who fits is busy; 0: it does not wait. Then the store is called back."""
    urgent_s: Annotated[float, Field(ge=0, le=7200)] = 60.0
    """How long an urgent call waits before those who fit see it in their running calls."""
    hold_s: Annotated[float, Field(gt=0, le=7200)] = 600.0
    """How long a call stays on hold at most; then it is over, and the store is called back."""
    callback_s: Annotated[float, Field(gt=0, le=86_400)] = 900.0
    """Within how long a store that called in vain is called back; later, its manager and administrators are told."""
    bot_servers: list[Annotated[str, Field(pattern=r"^https?://[a-z0-9.:\[\]-]+$")]] = Field(default_factory=list)
    """Origins besides those of WeCom, Feishu and DingTalk at which bots of group chats may be, e.g. a WeCom of the
    chain's own."""
    push: bool = True
    """Whether experts may be rung by Web Push while no page is open."""
    push_contact: Annotated[str, Field(pattern=r"^(mailto:[^@\s]+@[^@\s]+|https://\S+)$")] | None = None
    """Whom a push service may write to, as `mailto:it@chain.example`; unset: the first of `origins` that is https."""
    push_servers: list[Annotated[str, Field(pattern=r"^https?://[a-z0-9.:\[\]-]+$")]] = Field(default_factory=list)
    """Origins besides those of Google, Mozilla, Microsoft and Apple at which push services of browsers may be."""
    max_legs: Annotated[int, Field(ge=1, le=10_000)] = 400
    """PeerConnections one worker accepts before it answers `busy`."""
    media_load: Annotated[float, Field(ge=0, le=1)] = 0.8
    """Share of a core, measured, from which on a worker answers `busy` to whoever is not in a running call; 0 leaves it
    at `max_legs`."""
    hang_s: Annotated[float, Field(ge=0, le=600)] = 3.0
    """A process that does not answer for so long is killed and started again; 0 never does."""
    keep_recordings_days: Annotated[float, Field(ge=0, le=36_500)] = 0.0
    """Recordings that ended longer ago are deleted, but for published ones; 0 keeps all."""
    keep_rings_days: Annotated[float, Field(ge=1, le=3650)] = 90.0
    """What became of each ring is kept so long."""
    disk_reserve_mb: Annotated[int, Field(ge=0, le=10_000_000)] = 500
    """Free space, 10^6 bytes, below which nothing is recorded and no photo is taken in."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "console"
    log_dir: Path | None = None
    """Directory of a rotating log file for each process, besides stderr."""
    log_file_mb: Annotated[int, Field(ge=1, le=10_000)] = 10
    """Size, 10^6 bytes, at which a log file is put aside."""
    log_files: Annotated[int, Field(ge=1, le=1000)] = 5
    """How many older files are kept for each process."""

    @field_validator("proxies")
    @classmethod
    def _are_networks(cls, proxies: list[str]) -> list[str]:
        for proxy in proxies:
            ip_network(proxy)
        return proxies

    @field_validator("video_codec", mode="before")
    @classmethod
    def _may_be_one(cls, codecs: object) -> object:
        return [codecs] if isinstance(codecs, str) else codecs

    @field_validator("media_addresses")
    @classmethod
    def _can_be_told(cls, addresses: list[str]) -> list[str]:
        return list(dict.fromkeys(_told(text) for text in addresses))

    @field_validator("oidc_roles")
    @classmethod
    def _are_rules(cls, lines: list[str]) -> list[str]:
        for line in lines:
            read_rule(line)
        return lines

    @property
    def https(self) -> bool:
        """Whether we serve HTTPS ourselves."""
        return self.tls or self.tls_cert is not None

    @model_validator(mode="after")
    def _turn_is_whole(self) -> Self:
        if bool(self.turn_urls) != (self.turn_secret is not None):
            raise ValueError("PASSLINE_TURN_URLS and PASSLINE_TURN_SECRET are of no use without each other")
        if self.ice_relay_only and not self.turn_urls:
            raise ValueError("PASSLINE_ICE_RELAY_ONLY needs PASSLINE_TURN_URLS")
        return self

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Self:
        if (self.oidc_issuer is None) != (self.oidc_client_id is None):
            raise ValueError("PASSLINE_OIDC_ISSUER and PASSLINE_OIDC_CLIENT_ID are of no use without each other")
        if self.oidc_issuer is not None and not carries_secrets(self.oidc_issuer):
            raise ValueError("PASSLINE_OIDC_ISSUER must be https: whoever is in between could sign in as anybody")
        if "openid" not in self.oidc_scopes:
            raise ValueError("PASSLINE_OIDC_SCOPES needs openid")
        return self

    def media_worker_count(self) -> int:
        """Workers to start."""
        return self.media_workers or max(2, os.cpu_count() or 1)


def _told(text: str) -> str:
    """An address as candidates have it. Raises ValueError if no client could send there."""
    try:
        address = ip_address(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no IP address; clients are told addresses, not names or ports") from error
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        raise ValueError(f"{text} is an IPv4 address, write {address.ipv4_mapped}")
    if address.is_unspecified or address.is_multicast or (address.version == 6 and address.is_link_local):
        raise ValueError(f"{text} is no address that a client could send to")
    return str(address)


def load(environ: dict[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings. `overrides` (from the command line) win. Raises SettingsError."""
    env = dict(os.environ) if environ is None else environ
    values: dict[str, Any] = {}
    file = Path(env[CONFIG]) if CONFIG in env else Path("passline.toml")
    if CONFIG in env or file.is_file():
        try:
            values = tomllib.loads(file.read_text())
        except FileNotFoundError as error:
            raise SettingsError(f"{CONFIG}: there is no file {file}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file}: {error}") from error
        values = {ALSO.get(name, name): value for name, value in values.items()}
        _refuse_unknown(values, str(file), "")
    for key, text in env.items():
        if not key.startswith(PREFIX) or key == CONFIG:
            continue
        name = key.removeprefix(PREFIX).lower()
        if name not in Settings.model_fields and name.endswith("_file"):
            name, text = name.removesuffix("_file"), _content(key, text)
        name = ALSO.get(name, name)
        if name not in Settings.model_fields:
            raise SettingsError(f"{key} is not a setting. Known: {_known(PREFIX)}")
        listed = get_origin(Settings.model_fields[name].annotation) is list
        values[name] = _parts(key, text) if listed else text
    values.update({key: value for key, value in overrides.items() if value is not None})
    try:
        settings = Settings.model_validate(values)
        if settings.https and "host" not in values:  # encrypted, it is meant for the network
            return settings.model_copy(update={"host": "0.0.0.0"})
        return settings
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:
            raise SettingsError(first["msg"].removeprefix("Value error, ")) from error
        name = str(first["loc"][0])
        why = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{PREFIX}{name.upper()} ({name} in the TOML file): {why}") from error


def _content(key: str, file: str) -> str:
    """The value in a file that another variable names: how containers and systemd hand over secrets."""
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{key}: cannot read {file}: {error}") from error


def _refuse_unknown(values: dict[str, Any], where: str, prefix: str) -> None:
    for name in values:
        if name not in Settings.model_fields:
            raise SettingsError(f"{where}: {name} is not a setting. Known: {_known(prefix)}")


def _known(prefix: str) -> str:
    return ", ".join(prefix + (name.upper() if prefix else name) for name in Settings.model_fields)


def to_environ(settings: Settings) -> dict[str, str]:
    """The variables that make a child process's `load` return the same settings."""
    environ = {}
    for name, value in settings.model_dump(mode="json", exclude_none=True).items():
        environ[PREFIX + name.upper()] = _joined(value) if isinstance(value, list) else str(value)
    return environ


def _parts(key: str, text: str) -> object:
    """A list with commas between, or as JSON where a part has a comma itself. Raises SettingsError."""
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{key}: begins as a list of JSON and is none: {error}") from error


def _joined(parts: list[str]) -> str:
    return json.dumps(parts) if any("," in part for part in parts) else ",".join(parts)
