"""What the hosted UI of MiniStack's Cognito lacks: who is signed in stays so, and a refresh token can be revoked.

On AWS the hosted UI remembers a person by a cookie `cognito` for an hour, and then offers a button to go on as that
person; `/logout` forgets it (re:Post, 'What's the difference between the logout endpoint and the GlobalSignOut API').
So a page that forgets its tokens and does not come by `/logout` has signed nobody out. `/oauth2/revoke` is in the
Developer Guide, 'The revoke endpoint'; discovery names it.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], bytes]
COOKIE = "cognito"
SESSION_SECONDS = 3600
_HIDDEN = re.compile(rb'<input type="hidden"[^>]*>')


@dataclass(frozen=True)
class Person:
    """Who signed in to a user pool, as what, and until when the cookie says so, in seconds since 1970."""

    pool_id: str
    user: str
    signed_in_as: str
    until: float


def mend_hosted_ui(now: Callable[[], float]) -> None:
    """`now`: seconds since 1970."""
    from ministack.services import cognito

    _Sessions(cognito, now).mend()
    _mend_revocation(cognito)


class _Sessions:
    def __init__(self, cognito: Any, now: Callable[[], float]) -> None:
        self._cognito, self._now = cognito, now
        self._people: dict[str, Person] = {}
        self._authorize = cognito.handle_oauth2_authorize
        self._login = cognito.handle_login_submit
        self._logout = cognito.handle_logout

    def mend(self) -> None:
        self._cognito.handle_oauth2_authorize = self.authorize
        self._cognito.handle_login_submit = self.login
        self._cognito.handle_logout = self.logout

    def authorize(self, method: str, path: str, headers: Mapping[str, str], query: dict[str, Any]) -> Answer:
        status, sent, body = self._authorize(method, path, headers, query)
        person = self._person(headers, self._cognito._qp(query, "client_id"))
        if status == 200 and person is not None:
            name = escape(person.signed_in_as).encode()
            fields = b"".join(_HIDDEN.findall(body)) + b'<input type="hidden" name="continue" value="yes">'
            go_on = b'<form method="POST" action="/login">%s<button type="submit">Sign in as %s</button></form>'
            body = body.replace(b"<form", go_on % (fields, name) + b"<form", 1)
        return status, sent, body

    def login(self, method: str, path: str, headers: Mapping[str, str], body: bytes, query: dict[str, Any]) -> Answer:
        form = _form(body)
        person = self._person(headers, form.get("client_id", ""))
        if "continue" not in form or person is None:
            return self._remembered(form.get("username", ""), *self._login(method, path, headers, body, query))
        wish = self._cognito._extract_oauth_form_params(form)
        del wish["response_type"]
        answer = self._cognito._issue_auth_code_redirect(pool_id=person.pool_id, username=person.user, **wish)
        return self._remembered(person.signed_in_as, *answer)

    def logout(self, method: str, path: str, headers: Mapping[str, str], query: dict[str, Any]) -> Answer:
        status, sent, body = self._logout(method, path, headers, query)
        if status != 302:
            return status, sent, body
        self._people.pop(_cookie(headers), None)
        return status, {**sent, "Set-Cookie": f"{COOKIE}=; Path=/; Max-Age=0"}, body

    def _remembered(self, name: str, status: int, sent: dict[str, str], body: bytes) -> Answer:
        """With a cookie, if the answer brings a code to the page."""
        (code,) = parse_qs(urlsplit(sent.get("Location", "")).query).get("code", [""])
        if code not in self._cognito._authorization_codes:
            return status, sent, body
        granted = self._cognito._authorization_codes[code]
        key = secrets.token_urlsafe(24)
        self._people[key] = Person(granted["pool_id"], granted["username"], name, self._now() + SESSION_SECONDS)
        return status, {**sent, "Set-Cookie": f"{COOKIE}={key}; Path=/; HttpOnly; SameSite=Lax"}, body

    def _person(self, headers: Mapping[str, str], client_id: str) -> Person | None:
        person = self._people.get(_cookie(headers))
        pool_id, _, _ = self._cognito._find_pool_by_client_id(client_id)
        return person if person and person.pool_id == pool_id and self._now() < person.until else None


def _cookie(headers: Mapping[str, str]) -> str:
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _mend_revocation(cognito: Any) -> None:
    from ministack import app

    handle = app._handle_cognito_body_request
    discovery = cognito.well_known_openid_configuration

    async def with_revoke(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer | None:
        if (method, path) == ("POST", "/oauth2/revoke"):
            return _revoke(cognito, headers, body)
        answer: Answer | None = await handle(method, path, headers, body, query)
        return answer

    def with_endpoint(*arguments: Any) -> Answer:
        status, headers, body = discovery(*arguments)
        document = json.loads(body)
        document["revocation_endpoint"] = document["token_endpoint"].removesuffix("token") + "revoke"
        return status, headers, json.dumps(document).encode()

    app._handle_cognito_body_request = with_revoke
    cognito.well_known_openid_configuration = with_endpoint


def _revoke(cognito: Any, headers: dict[str, str], body: bytes) -> Answer:
    """200 without a word, for a token that is no refresh token of the client's too."""
    form = _form(body)
    client_id, secret = cognito._authenticate_client(headers, form)
    _, _, client = cognito._find_pool_by_client_id(client_id)
    if not form.get("token"):
        return _refused("invalid_request")
    if client is None or (client.get("ClientSecret") and secret != client["ClientSecret"]):
        return _refused("invalid_client")
    if cognito._token_claims(form["token"]).get("client_id") == client_id:
        cognito._revoke_token({"Token": form["token"]})
    return 200, {}, b""


def _form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}


def _refused(error: str) -> Answer:
    return 400, {"Content-Type": "application/json"}, json.dumps({"error": error}).encode()
