"""What a configuration says: one Struct for each table of the TOML file. Every default of the gateway stands here.

Durations are seconds, sizes are bytes, money is US dollars. A secret is written as `env:VARIABLE` or `file:PATH`.
"""

from __future__ import annotations

from typing import Any, Literal, NoReturn

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import asdict

from ...errors import BadUsage

__all__ = [
    "BudgetTable",
    "CacheTable",
    "Config",
    "CorsTable",
    "GatewayTable",
    "KeyTable",
    "LimitsTable",
    "LogTable",
    "ModelTable",
    "OtelTable",
    "PageTable",
    "ReplayTable",
    "RequestsTable",
    "RoutingTable",
    "ServerTable",
    "StoreTable",
    "StructuredTable",
    "TeamTable",
    "Way",
]

_MIB = 1024 * 1024


_SECRET = frozenset({"admin_key", "api_key", "api_keys", "cert", "headers", "key", "proxy", "url"})


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: what it does not know is an error. Printed, it shows no value that may be a secret."""

    def __reduce__(self) -> NoReturn:
        raise BadUsage("a configuration may hold keys, and is not pickled: give its file to who needs it")

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={'***' if name in _SECRET and value else repr(_bare(name, value))}"
            for name, value in asdict(self).items()
        )
        return f"{type(self).__name__}({shown})"


def _bare(name: str, value: Any) -> Any:
    """An address without what stands in it for a password or a key; anything else as it is."""
    if name not in ("base_url", "endpoint") or not isinstance(value, str):
        return value
    scheme, separator, rest = value.rpartition("://")
    place, query, _ = rest.partition("?")
    authority, slash, path = place.partition("/")
    _user, at, host = authority.rpartition("@")
    if "@" in path:  # a slash in a password that is not escaped ended it early
        return f"{scheme}{separator}***"
    return f"{scheme}{separator}{'***@' if at else ''}{host}{slash}{path}{'?***' if query else ''}"


class GatewayTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[gateway]: where it listens, and what it takes from strangers."""

    host: str = "127.0.0.1"
    port: int = 8080
    base_path: str = ""
    """What stands before every path: "/gateway" gives /gateway/v1/chat/completions."""
    admin_key: str | None = None
    """A secret for the admin API and the status page; without it there is neither."""
    open: bool = False
    """Whether callers need no key although others than this machine may reach it."""
    workers: int = 1
    drain: float = 30.0
    """How long streams may go on when it is told to end."""
    header_timeout: float = 10.0
    body_timeout: float = 60.0
    send_timeout: float = 60.0
    """How long a caller may take nothing of an answer that waits for them."""
    max_body: int = 32 * _MIB
    """Of a request, after decompression."""
    max_header: int = 64 * 1024
    max_connections: int = 2000
    keep_alive: float = 15.0
    """Silence of a server after which a streaming caller is sent a comment; 0 for none."""
    forward_headers: tuple[str, ...] = (
        "http-referer", "idempotency-key", "openai-beta", "x-session-id", "x-title",
    )  # fmt: skip
    """Request headers that reach the server."""
    default_server: str | None = None
    """Where requests go that name no model (files), and models that no server is named for."""
    page: bool = True


class ServerTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[servers.NAME]: a server, whose models are NAME/model."""

    type: str | None = None
    """A row of franca's table of servers, such as "groq"; by default the name, if it is one."""
    base_url: str | None = None
    api_key: str | None = None
    """A secret; by default the row's own variable."""
    api_keys: tuple[str, ...] = ()
    """Several, used in turn; one that is limited or out of credits rests while the others go on."""
    endpoint: str | None = None
    deployment: str | None = None
    api_version: str | None = None
    organization: str | None = None
    models: tuple[str, ...] = ()
    """The models to offer, for a server that cannot list them, or of which only some are wanted."""
    headers: dict[str, str] = field(default_factory=dict)
    proxy: str | None = None
    trust_env: bool = True
    verify: bool | str = True
    cert: str | tuple[str, ...] | None = None
    timeout: float = 600.0
    connect_timeout: float = 10.0
    idle_timeout: float = 120.0
    retries: int = 1
    """Further tries at this server, before the next one is asked."""
    parallel: int | None = None
    """Requests at once; more of them go to the next server, or are told to come back."""
    free: bool = False
    """Whether nothing that it answers costs anything."""
    heal: bool = True
    quirks: dict[str, Any] = field(default_factory=dict)
    structured: Literal["auto", "off"] = "auto"
    """Whether a schema is seen to here where the model cannot; "off": the request goes as it is, the answer is not
    checked."""
    raw: bool = False
    """Whether /v1/providers/NAME/... passes anything on to it."""
    health_path: str = "models"
    health_every: float = 0.0
    """Seconds between two questions whether it is there; 0: only the callers' requests tell."""


class Way(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an alias leads: one of several, by weight."""

    model: str
    weight: float = 1.0


class PriceTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[prices."MODEL"], by names as in `franca.prices.PriceTable`: dollars for a million tokens."""

    input: float
    output: float = 0.0
    cached_input: float | None = None
    cache_write: float | None = None
    reasoning: float | None = None
    request: float | None = None


class ModelTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[models.NAME]: a name of one's own for models."""

    to: str | tuple[str | Way, ...]
    fallbacks: tuple[str, ...] = ()
    """Models (or other aliases) that are asked when those of `to` fail, in order."""
    sticky: Literal["", "session", "user", "key"] = ""
    """What keeps a conversation at one server: the header x-session-id, the field `user`, or the caller's key."""
    structured: bool = True
    hidden: bool = False
    """Whether the list of models leaves it out."""
    deadline: float | None = None


class BudgetTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Dollars that may be spent."""

    day: float | None = None
    """From midnight to midnight, UTC."""
    month: float | None = None
    """A calendar month, UTC."""
    total: float | None = None


class _Limited(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rpm: int | None = None
    """Requests a minute."""
    tpm: int | None = None
    """Tokens a minute, of prompts and answers."""
    parallel: int | None = None
    """Requests at once."""
    budget: BudgetTable = BudgetTable()


class KeyTable(_Limited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[keys.NAME]: a key that callers may use, kept in the file; others are made by `franca keys`."""

    key: str
    """A secret, or "sha256:..." of it."""
    models: tuple[str, ...] = ()
    """Names, or patterns with * at the end; () for all."""
    routes: tuple[str, ...] = ()
    """Names of endpoints: "chat", "embeddings" ...; () for all but the raw ones."""
    expires: str | None = None
    """A date or a moment, ISO 8601."""
    team: str | None = None
    tags: tuple[str, ...] = ()


class TeamTable(_Limited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[teams.NAME]: what its keys may do together."""

    models: tuple[str, ...] = ()


class RoutingTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[routing]: what happens when servers fail."""

    deadline: float | None = None
    """Seconds for all tries at all servers, until an answer begins."""
    failures: int = 5
    """Failures in a row after which a server rests."""
    window: float = 60.0
    """Or within this many seconds, when at least half of the requests failed."""
    rest: float = 15.0
    """How long it rests before one request may try it; doubled with each failure, up to `longest_rest`."""
    longest_rest: float = 300.0


class StoreTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[store]: where usage and keys are kept."""

    url: str = ""
    """"" for a file beside the configuration (franca.db); "sqlite:PATH", "postgresql://...", or "none"."""
    flush: float = 0.25
    queue: int = 20_000
    """Rows that may wait to be written; more are dropped, counted and told."""
    days: int = 0
    """Rows of usage are removed after so many days; 0 keeps them."""
    when_down: Literal["serve", "refuse"] = "serve"


class LimitsTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[limits]: where limits and budgets are counted, and how carefully."""

    url: str = ""
    """"" in memory (a file with several workers), "redis://..." for several replicas."""
    when_down: Literal["serve", "refuse"] = "refuse"
    unpriced: Literal["refuse", "free"] = "refuse"
    """What a key with a budget may do with a model whose price nobody knows."""
    reserve_tokens: int = 1024
    """Tokens of an answer to reserve for where the request sets no limit of its own."""


class RequestsTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[requests]: a log of requests in the store."""

    enabled: bool = False
    bodies: bool = False
    """Whether what was asked and answered is kept, without keys."""
    most: int = 64 * 1024
    """Bytes of a body that are kept."""
    days: int = 7


class CacheTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[cache]: answers to the very same request."""

    enabled: bool = False
    url: str = ""
    """"" in memory, or "redis://..."."""
    seconds: float = 300.0
    shared: bool = False
    """Whether one caller's answers are given to others."""
    max_bytes: int = 64 * _MIB
    max_answer: int = _MIB


class StructuredTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[structured]: `response_format: json_schema` for models that cannot."""

    enabled: bool = True
    attempts: int = 3
    native: tuple[str, ...] = ()
    """Models (patterns) that are known to keep to a schema: their requests are only passed on."""


class CorsTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[cors]: which pages of other origins may ask; none by default."""

    origins: tuple[str, ...] = ()
    max_age: int = 600


class PageTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[page]: what the chat page may show, and which servers its people may add."""

    remote_images: bool = True
    """Whether an image of another site may be shown, each after a click on it; that site then sees who looks."""
    servers: tuple[str, ...] = ()
    """Servers that a caller may name by their URL, with a key of their own: "https://HOST", "http://HOST:PORT",
    "https://*.DOMAIN" for all names below a domain, or "*" for any of the internet."""


class ReplayTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[replay]: streams that are kept for a while for callers who ask for that, so that who lost the connection finds
    the answer again."""

    enabled: bool = True
    """Only with one worker: another one would not find it."""
    grace: float = 60.0
    """Seconds that an answer goes on which nobody reads any more; then its server's connection is closed."""
    lifetime: float = 300.0
    """Seconds that an answer can be read after its end."""
    max_answer: int = 8 * _MIB
    """A longer answer goes on for who reads it, and cannot be found again."""
    max_bytes: int = 64 * _MIB
    """Of all answers."""
    answers: int = 1000
    """How many are kept."""
    per_caller: int = 32
    """How many of them one key may have; where no keys are, one browser."""


class LogTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[log]: a line for each request on standard error."""

    form: Literal["text", "json", "off"] = "text"


class OtelTable(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[otel]: a span for each request, by OpenTelemetry's conventions for generative AI."""

    enabled: bool = False


class Config(_Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole configuration."""

    gateway: GatewayTable = GatewayTable()
    servers: dict[str, ServerTable] = field(default_factory=dict)
    models: dict[str, ModelTable] = field(default_factory=dict)
    keys: dict[str, KeyTable] = field(default_factory=dict)
    teams: dict[str, TeamTable] = field(default_factory=dict)
    prices: dict[str, PriceTable] | Literal["genai-prices"] | UnsetType = UNSET
    routing: RoutingTable = RoutingTable()
    limits: LimitsTable = LimitsTable()
    store: StoreTable = StoreTable()
    requests: RequestsTable = RequestsTable()
    cache: CacheTable = CacheTable()
    structured: StructuredTable = StructuredTable()
    cors: CorsTable = CorsTable()
    page: PageTable = PageTable()
    replay: ReplayTable = ReplayTable()
    log: LogTable = LogTable()
    otel: OtelTable = OtelTable()
