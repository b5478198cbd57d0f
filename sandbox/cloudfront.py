"""What MiniStack's CloudFront lacks: signed cookies, keys by CloudFormation, an API as an origin, an address here.

The first distribution has an address of its own, `http://127.0.0.1:STUDIO_PORT/`, as a web page needs it. Any other,
whose DomainName is LABEL.cloudfront.net, answers at `http://127.0.0.1:PORT/_aws/cloudfront/LABEL/...`. Both count as
TLS. Where the template tells a browser AWS's addresses, it is told ours (`Addresses.here`). Behaviours, origins, origin
access control, functions and response headers are MiniStack's. As on AWS, conditional requests are not supported where
cookies go to the origin, and Set-Cookie does not come back where they do not (Developer Guide, 'Cache content based on
cookies'). Not built: signed addresses, and a policy's IpAddress. The texts of what CloudFront refuses are those that
people have quoted; the codes beside them are not documented.
"""

import base64
import contextlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any
from xml.sax.saxutils import escape

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from infra import node
from sandbox.ministack import Scope

PREFIX = "/_aws/cloudfront/"
CONFIG = "/config.json"
"""The file that tells a page AWS's addresses (docs/studio.md)."""
VIEWER_URL = "x-sandbox-viewer-url"
"""A header from the door to the check: the address as the viewer has it, which is what a policy is about."""

_FROM_COOKIE = str.maketrans("-_~", "+=/")
Handler = Callable[..., Any]
_OF_AWS = re.compile(
    r"https://(?:([a-z0-9]+)\.cloudfront\.net|[\w*.-]+\.(?:amazonaws\.com|amazoncognito\.com|live-video\.net))"
)
_WITH_ADDRESSES = ("AWS::SSM::Parameter", "AWS::Cognito::UserPoolClient", "AWS::CloudFront::ResponseHeadersPolicy")
_CONDITIONS = ("if-none-match", "if-modified-since")
_CHANGEABLE = "Comment"  # of a public key (API reference: UpdatePublicKey)


class Denied(Exception):
    """Code and message of a 403."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def check(url: str, cookie: str, keys: Mapping[str, str], now: float) -> None:
    """Raise Denied unless the cookies open the address.

    `cookie` is the header, `keys` the trusted public keys, id -> PEM, `now` seconds since 1970. Developer Guide: 'Set
    signed cookies using a custom policy'.
    """
    try:
        jar = {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
    except CookieError:
        jar = {}
    key_id = _needed(jar, "Key-Pair-Id")
    signature, policy = _needed(jar, "Signature"), _needed(jar, "Policy")
    if key_id not in keys:
        raise Denied("InvalidKey", "Unknown Key")
    try:
        text = base64.b64decode(policy.translate(_FROM_COOKIE), validate=True)
        public = serialization.load_pem_public_key(keys[key_id].encode())
        assert isinstance(public, rsa.RSAPublicKey)
        signed = base64.b64decode(signature.translate(_FROM_COOKIE), validate=True)
        public.verify(signed, text, padding.PKCS1v15(), hashes.SHA1())
        resource, conditions = _statement(json.loads(text))
    except (ValueError, LookupError, TypeError):
        raise Denied("MalformedPolicy", "Malformed Policy") from None
    except InvalidSignature:
        raise Denied("AccessDenied", "Access denied") from None
    if not matches(resource, url) or not conditions.get("DateGreaterThan", 0) < now < conditions["DateLessThan"]:
        raise Denied("AccessDenied", "Access denied")


def matches(resource: str, url: str) -> bool:
    """`*` stands for any letters, none too, `?` for one."""
    wild = {"*": ".*", "?": "."}
    return re.fullmatch("".join(wild.get(each, re.escape(each)) for each in resource), url, re.DOTALL) is not None


def _needed(jar: Mapping[str, str], name: str) -> str:
    if not jar.get(f"CloudFront-{name}"):
        code = "MissingKey" if name == "Key-Pair-Id" else f"Missing{name}"
        raise Denied(code, f"Missing {name} query parameter or cookie value")
    return jar[f"CloudFront-{name}"]


def _statement(policy: Any) -> tuple[str, dict[str, int]]:
    """The resource, and the times by the conditions' names. Raises ValueError, LookupError, TypeError."""
    (statement,) = policy["Statement"]
    conditions = {name: int(value["AWS:EpochTime"]) for name, value in statement["Condition"].items()}
    if not {"DateLessThan"} <= set(conditions) <= {"DateLessThan", "DateGreaterThan"}:
        raise ValueError
    return str(statement["Resource"]), conditions


@dataclass(frozen=True)
class Addresses:
    """Where here answers what has an address on AWS. URLs have no slash at the end."""

    endpoint_url: str
    studio_port: int

    @property
    def studio_url(self) -> str:
        return f"http://127.0.0.1:{self.studio_port}"

    def distribution(self, label: str) -> str:
        return self.studio_url if label == first_distribution() else f"{self.endpoint_url}{PREFIX}{label}"

    def here(self, text: str) -> str:
        """A text with our addresses in the place of AWS's."""
        return _OF_AWS.sub(lambda found: self.distribution(found[1]) if found[1] else self.endpoint_url, text)

    def to_distribution(self, scope: Scope) -> Scope | None:
        """A viewer's request as it comes to LABEL.cloudfront.net; None for one that is no viewer's."""
        path, raw = scope["path"], (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        if scope["server"][1] == self.studio_port and (first := first_distribution()):
            label, rest, raw_rest, url = first, path, raw, f"{self.studio_url}{raw}"
        elif path.startswith(PREFIX) and scope["server"][1] != self.studio_port:
            label, _, raw_rest = raw.removeprefix(PREFIX).partition("/")
            _, _, rest = path.removeprefix(PREFIX).partition("/")
            rest, raw_rest, url = f"/{rest}", f"/{raw_rest}", f"{self.endpoint_url}{raw}"
        else:
            return None
        query = scope.get("query_string", b"").decode("latin-1")
        url += f"?{query}" if query else ""
        ours = {b"host": f"{label}.cloudfront.net", b"x-forwarded-proto": "https", VIEWER_URL.encode(): url}
        kept = [(name, value) for name, value in scope["headers"] if name.lower() not in ours]
        headers = [*kept, *((name, value.encode("latin-1")) for name, value in ours.items())]
        return {**scope, "path": rest, "raw_path": raw_rest.encode("latin-1"), "headers": headers}


def first_distribution() -> str | None:
    """Its label."""
    from ministack.services import cloudfront

    return next((each["DomainName"].partition(".")[0] for each in list(cloudfront._distributions._data.values())), None)


def mend_cloudfront(addresses: Addresses, now: Callable[[], float]) -> None:
    """Make MiniStack's CloudFront so. `now`: seconds since 1970."""
    from ministack.core import node_pool
    from ministack.services import cloudfront

    with contextlib.suppress(ImportError):  # else the machine's, if there is one: functions need it
        node_pool._NODE_BINARY = str(node.folder() / "node")
    _mend_viewers(cloudfront, addresses, now)
    _mend_origins(cloudfront, int(addresses.endpoint_url.rpartition(":")[2]))
    _mend_formation(cloudfront, addresses)


def _mend_viewers(cloudfront: Any, addresses: Addresses, now: Callable[[], float]) -> None:
    behaviour_of = cloudfront._dataplane_behavior
    serve = cloudfront.handle_viewer_request

    def behaviour(element: Any, *more: Any) -> dict[str, Any]:
        groups = [each.text for each in element.iter() if each.tag.rpartition("}")[2] == "KeyGroup"]
        return {**behaviour_of(element, *more), "trusted_key_groups": groups}

    async def handle(
        dist: Any, method: str, path: str, raw: str, query: str, headers: dict[str, str], *more: Any
    ) -> Any:
        url = headers.pop(VIEWER_URL, f"https://{headers['host']}{raw}" + (f"?{query}" if query else ""))
        found = cloudfront._match_behavior(cloudfront.parse_distribution_dataplane_config(dist), path)
        if groups := found["trusted_key_groups"]:
            try:
                check(url, headers.get("cookie", ""), keys(groups), now())
            except Denied as error:
                return 403, {"Content-Type": "text/xml"}, _page(error)
        _, forwards_cookie, _ = cloudfront._forwarding_predicates(found)
        cookies_pass = forwards_cookie("any")
        if cookies_pass:
            headers = {name: value for name, value in headers.items() if name not in _CONDITIONS}
        status, answered, body = await serve(dist, method, path, raw, query, headers, *more)
        if not cookies_pass:
            answered = {name: value for name, value in answered.items() if name.lower() != "set-cookie"}
        if path == CONFIG and status == 200 and body:
            body = addresses.here(body.decode()).encode()
            answered = {**answered, "Content-Length": str(len(body))}
        return status, answered, body

    def keys(groups: list[str]) -> dict[str, str]:
        """The public keys of trusted key groups, id -> PEM."""
        ids = {each for group in groups for each in cloudfront._key_groups[group]["Config"]["Items"]}
        return {each: cloudfront._public_keys[each]["Config"]["EncodedKey"] for each in ids}

    cloudfront._dataplane_behavior = behaviour
    cloudfront.handle_viewer_request = handle


def _page(error: Denied) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>".encode()


def _mend_origins(cloudfront: Any, port: int) -> None:
    """ID.execute-api.REGION.amazonaws.com as an origin is this sandbox's API."""
    forward = cloudfront._forward_to_origin

    def to_origin(origin: dict[str, Any], method: str, uri: str, *more: Any) -> Any:
        api_id, is_api, _ = origin["domain_name"].partition(".execute-api.")
        if is_api:
            here = {"domain_name": "127.0.0.1", "http_port": port, "protocol_policy": "http-only"}
            origin, uri = {**origin, **here}, f"/_aws/execute-api/{api_id}{uri}"
        return forward(origin, method, uri, *more)

    cloudfront._forward_to_origin = to_origin


def _mend_formation(cloudfront: Any, addresses: Addresses) -> None:
    """AWS::CloudFront::PublicKey and KeyGroup; what a template tells a browser of addresses are those here."""
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::CloudFront::PublicKey"] = _PublicKeys(cloudfront._public_keys, cloudfront._pk_id).handlers()
    handlers["AWS::CloudFront::KeyGroup"] = _KeyGroups(cloudfront._key_groups, cloudfront._kg_id).handlers()
    for kind in _WITH_ADDRESSES:
        handlers[kind] |= _here(handlers[kind]["create"], handlers[kind]["update"], addresses)


def _here(
    create: Callable[..., Any], update: Callable[..., Any], addresses: Addresses
) -> dict[str, Callable[..., Any]]:
    def local(props: dict[str, Any]) -> Any:
        return json.loads(addresses.here(json.dumps(props)))

    return {
        "create": lambda logical_id, props, stack: create(logical_id, local(props), stack),
        "update": lambda physical_id, old, new, stack, logical_id=None: update(
            physical_id, local(old), local(new), stack, logical_id
        ),
    }


Made = tuple[str, dict[str, str]]


class _Resources:
    """A type of resource in CloudFormation; `store` is MiniStack's, by id."""

    member = ""

    def __init__(self, store: Any, new_id: Callable[[], str]) -> None:
        self.store, self.new_id = store, new_id

    def handlers(self) -> dict[str, Any]:
        return {"create": self.create, "update": self.update, "delete": self.delete}

    def create(self, logical_id: str, props: dict[str, Any], stack_name: str) -> Made:
        config = self.checked(props[self.member])
        if any(each["Config"]["Name"] == config["Name"] for each in self.store.values()):
            raise ValueError(f"{config['Name']} exists already")
        made = self.new_id()
        self.store[made] = {"Id": made, "CreatedTime": _time(), **self.changed(config)}
        return made, {"Id": made}

    def update(self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> Made:
        self.store[physical_id] |= self.changed(self.checked(new[self.member]))
        return physical_id, {"Id": physical_id}

    def delete(self, physical_id: str, props: dict[str, Any]) -> None:
        self.store.pop(physical_id, None)

    def changed(self, config: dict[str, Any]) -> dict[str, Any]:
        return {"ETag": str(uuid.uuid4()), "LastModifiedTime": _time(), "Config": config}

    def checked(self, config: dict[str, Any]) -> dict[str, Any]:
        return config


class _PublicKeys(_Resources):
    member = "PublicKeyConfig"

    def update(self, physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> Made:
        fixed = [
            {name: value for name, value in each[self.member].items() if name != _CHANGEABLE} for each in (old, new)
        ]
        if fixed[0] != fixed[1]:
            raise ValueError("CannotChangeImmutablePublicKeyFields: of a public key only the comment can be changed")
        return super().update(physical_id, old, new, stack_name)

    def checked(self, config: dict[str, Any]) -> dict[str, Any]:
        """CloudFront takes RSA keys of 2048 bits."""
        key = serialization.load_pem_public_key(config["EncodedKey"].encode())
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size != 2048:
            raise ValueError("InvalidArgument: EncodedKey is not an RSA public key of 2048 bits")
        return {"Comment": "", **config}


class _KeyGroups(_Resources):
    member = "KeyGroupConfig"


def _time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
