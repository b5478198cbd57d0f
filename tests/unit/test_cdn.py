"""The cookies that open a playlist, checked by CloudFront's rules as the sandbox keeps them."""

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.keys import fingerprint, public_key
from sandbox import cloudfront
from sandbox.cloudfront import Addresses, Denied, check, matches
from sandbox.gateway import opens_root
from showrunner import cdn
from showrunner.api import Call, Caller
from showrunner.errors import RecordingNotFound
from showrunner.recording import Playlist
from showrunner.session import Session
from showrunner.store import Store
from tests.inprocess import CDN_URL
from workflows import recordings

PLAYLIST = f"{CDN_URL}/show/1/recordings/1/index.m3u8"
SEGMENT = f"{CDN_URL}/show/1/index_720p30_00001.ts"
NOW = time.time()
UNTIL = int(NOW) + 60


def header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def look(url: str, cookies: dict[str, str], now: float = NOW, **keys: str) -> str:
    """What CloudFront says: 'opened', or the code of its refusal."""
    try:
        check(url, header(cookies), keys or {"K1": public_key("test")}, now)
    except Denied as refused:
        return refused.code
    return "opened"


@pytest.fixture
def cookies(table: Store) -> dict[str, str]:
    return cdn.cookies("show/1", UNTIL)


def policy_of(cookies: dict[str, str]) -> Any:
    return json.loads(base64.b64decode(cookies["CloudFront-Policy"].translate(str.maketrans("-_~", "+=/"))))


def test_the_cookies_open_the_playlist_and_its_segments(cookies: dict[str, str]) -> None:
    assert policy_of(cookies) == {
        "Statement": [
            {"Resource": f"{CDN_URL}/show/1/*", "Condition": {"DateLessThan": {"AWS:EpochTime": UNTIL}}},
        ]
    }
    assert [look(url, cookies) for url in (PLAYLIST, SEGMENT, f"{SEGMENT}?x=1")] == ["opened"] * 3
    assert set("".join(cookies.values())).isdisjoint("+=/;, ")


@pytest.mark.parametrize(
    "url",
    [
        f"{CDN_URL}/show/2/index_720p30_00001.ts",
        f"{CDN_URL}/show/11/index_720p30_00001.ts",
        f"{CDN_URL}/show/index.m3u8",
        f"{CDN_URL}/other/1/index.m3u8",
        f"{CDN_URL}/Show/1/index.m3u8",
        "https://d2.cloudfront.net/show/1/index.m3u8",
    ],
)
def test_they_open_nothing_else(cookies: dict[str, str], url: str) -> None:
    assert look(url, cookies) == "AccessDenied"


def test_they_expire(cookies: dict[str, str]) -> None:
    assert look(PLAYLIST, cookies, now=UNTIL - 1) == "opened"
    assert look(PLAYLIST, cookies, now=UNTIL) == "AccessDenied"


def test_nobody_else_can_make_them(cookies: dict[str, str]) -> None:
    wider = policy_of(cookies)
    wider["Statement"][0]["Resource"] = f"{CDN_URL}/*"
    forged = base64.b64encode(json.dumps(wider).encode()).decode().translate(str.maketrans("+=/", "-_~"))
    assert look(PLAYLIST, {**cookies, "CloudFront-Policy": forged}) == "AccessDenied"
    longer = cdn.cookies("show/1", UNTIL + 60)
    assert look(PLAYLIST, {**cookies, "CloudFront-Policy": longer["CloudFront-Policy"]}) == "AccessDenied"
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = other.public_bytes(serialization.Encoding.PEM, spki).decode()
    assert look(PLAYLIST, cookies, K1=pem) == "AccessDenied"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"CloudFront-Key-Pair-Id": ""}, "MissingKey"),
        ({"CloudFront-Signature": ""}, "MissingSignature"),
        ({"CloudFront-Policy": ""}, "MissingPolicy"),
        ({"CloudFront-Key-Pair-Id": "K2"}, "InvalidKey"),
        ({"CloudFront-Policy": "***"}, "MalformedPolicy"),
        ({"CloudFront-Signature": "AAAA"}, "AccessDenied"),
    ],
)
def test_what_is_missing_or_wrong_is_refused(cookies: dict[str, str], change: dict[str, str], code: str) -> None:
    assert look(PLAYLIST, {**cookies, **change}) == code


def test_a_policy_has_one_statement_with_an_end(cookies: dict[str, str]) -> None:
    for text in (b'{"Statement": []}', b'{"Statement": [{"Resource": "*", "Condition": {}}]}', b"[]", b"no"):
        policy, signature = cdn._encoded(text), cdn._encoded(cdn._signature(text))
        assert look(PLAYLIST, {**cookies, "CloudFront-Policy": policy, "CloudFront-Signature": signature}) == (
            "MalformedPolicy"
        )


def test_a_star_is_any_letters_and_a_question_mark_one() -> None:
    assert matches("http*://d1/a/*.ts", "https://d1/a/b/c.ts")
    assert matches("https://d1/?/x", "https://d1/a/x")
    assert not matches("https://d1/?/x", "https://d1//x")
    assert not matches("https://d1/a.ts", "https://d1/a_ts")


def read(recording_id: str, caller: Caller) -> Any:
    return recordings.read(Call(caller, None), recording_id)


def test_the_answer_with_a_playlist_sets_three_cookies_for_its_show(table: Store) -> None:
    table.create_session(Session(id="show", owner="ann"))
    assert table.begin_attempt(table.session("show"), start=True)
    recording, _ = table.open_recording(table.session("show"), 1, "talk", None)
    assert "Set-Cookie" not in read("show-1-1", Caller("ann")).headers
    table.close_recording(recording, "2026-07-01T20:00:00.000Z")
    table.cut_recording(recording, Playlist(f"{recording.folder}/index.m3u8", 4000))
    answer = read("show-1-1", Caller("ann"))
    assert answer.body["playlist"] == PLAYLIST
    assert answer.body["playlist_cookies"]["url"] == f"{CDN_URL}/api/recordings/show-1-1"
    set_cookies = [each.split("; ") for each in answer.headers["Set-Cookie"]]
    assert look(PLAYLIST, dict(pair.split("=", 1) for pair, *_ in set_cookies)) == "opened"
    for _, *attributes in set_cookies:
        assert attributes == ["Path=/show/1/", "Secure", "HttpOnly", "SameSite=None", "Partitioned"]
    with pytest.raises(RecordingNotFound):
        read("show-1-1", Caller("bob"))


def test_the_key_is_made_once_and_its_public_half_is_the_same_each_time(table: Store) -> None:
    first = public_key("another")
    assert first == public_key("another") != public_key("test")
    assert first.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert fingerprint(first) != fingerprint(public_key("test"))


def test_two_deployments_at_once_have_one_key(table: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one stores its key between this one's look and its write."""
    from infra import keys

    faster: list[str] = []
    generate = keys.generated

    def slow() -> str:
        if not faster:
            faster.append("")
            faster.append(public_key("another"))
        return generate()

    monkeypatch.setattr(keys, "generated", slow)
    assert public_key("another") == faster[1]


def test_what_a_browser_is_told_of_aws_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudfront, "first_distribution", lambda: "d1")
    addresses = Addresses("http://127.0.0.1:4566", 4567)
    told = {
        "https://d1.cloudfront.net/": "http://127.0.0.1:4567/",
        "https://d2.cloudfront.net/a": "http://127.0.0.1:4566/_aws/cloudfront/d2/a",
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A/": "http://127.0.0.1:4566/us-east-1_A/",
        "https://showrunner-x-1.auth.us-east-1.amazoncognito.com": "http://127.0.0.1:4566",
        "https://b-1.s3.us-east-1.amazonaws.com https://*.live-video.net;": "http://127.0.0.1:4566 http://127.0.0.1:4566;",
        "https://studio.example": "https://studio.example",
    }
    assert [addresses.here(text) for text in told] == list(told.values())


@pytest.mark.parametrize(
    ("path", "headers", "led"),
    [
        ("/", {"accept": "text/html,*/*"}, True),
        ("/", {"accept": "text/html", "authorization": "AWS4-HMAC-SHA256 ..."}, False),
        ("/", {"accept": "*/*"}, False),
        ("/a-bucket", {"accept": "text/html"}, False),
    ],
)
def test_a_browser_that_opens_the_endpoint_is_told_from_a_client_of_aws(
    path: str, headers: dict[str, str], led: bool
) -> None:
    assert opens_root({"method": "GET", "path": path, "query_string": b""}, headers) is led
