"""The HTTP API as Python calls: each method is a route, and answers the JSON that came back.

Any request may be sent again when the network or the API stumbles: GET and DELETE by nature, POST by the
Idempotency-Key that all its tries carry.
"""

import time
import uuid
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx

from showrunner.cli.errors import Refused

Json = dict[str, Any]
PAUSES = (0.3, 0.7)  # seconds before the second and the third try
PASSING = frozenset({429, 502, 503, 504})
TIMEOUT = 35.0  # API Gateway gives up after 29 s
UPLOAD_TIMEOUT = 60.0  # without a byte


class Token(httpx.Auth):
    """Sends an ID token, and gets another once it is refused, where `renew` can."""

    def __init__(self, token: str | None, renew: Callable[[], str] | None = None) -> None:
        self._token = token
        self._renew = renew

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token is None and self._renew:
            self._token = self._renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        answer = yield request
        if answer.status_code == 401 and self._renew:
            self._token = self._renew()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request


class Client:
    """Raises Refused where the API says no, or does not answer."""

    def __init__(self, url: str, auth: httpx.Auth, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self._http = httpx.Client(auth=auth, timeout=TIMEOUT, transport=transport)

    def create(self, wish: Json) -> Json:
        return self._request("POST", "/sessions", wish)

    def sessions(self, limit: int, owner: str | None = None) -> Json:
        """{"sessions": up to `limit`, newest first, "next": None if that is all}."""
        return self._pages("/sessions", "sessions", limit, {"owner": owner} if owner else {})

    def _pages(self, path: str, name: str, limit: int, query: dict[str, str]) -> Json:
        """{name: up to `limit` of a list, "next"}."""
        found: list[Json] = []
        while True:
            page = self._request("GET", path, query={**query, "limit": str(min(100, limit - len(found)))})
            found += page[name]
            if page["next"] is None or len(found) >= limit:
                return {name: found, "next": page["next"]}
            query = {**query, "cursor": page["next"]}

    def session(self, session_id: str) -> Json:
        return self._request("GET", f"/sessions/{session_id}")

    def delete(self, session_id: str) -> Json:
        return self._request("DELETE", f"/sessions/{session_id}")

    def prepare(self, session_id: str) -> Json:
        return self._request("POST", f"/sessions/{session_id}/streaming/prepare")

    def start(self, session_id: str, hold: bool = False) -> Json:
        return self._request("POST", f"/sessions/{session_id}/streaming/start", {"hold": True} if hold else None)

    def stop(self, session_id: str) -> Json:
        return self._request("POST", f"/sessions/{session_id}/streaming/stop")

    def extend(self, session_id: str, wish: Json) -> Json:
        return self._request("POST", f"/sessions/{session_id}/extend", wish)

    def ingest(self, session_id: str) -> Json:
        """The answer holds stream keys: secrets."""
        return self._request("GET", f"/sessions/{session_id}/ingest")

    def take(self, session_id: str, source: str | None = None, **wish: str | None) -> Json:
        """`wish`: `item`, `at`, `after`."""
        given = {name: value for name, value in {"source": source, **wish}.items() if value is not None}
        return self._request("POST", f"/sessions/{session_id}/source", given)

    def panic(self, session_id: str) -> Json:
        return self._request("POST", f"/sessions/{session_id}/panic")

    def cue(self, session_id: str, source: str | None, item: str | None) -> Json:
        given = {"source": source, "item": item}
        return self._request("PUT", f"/sessions/{session_id}/cue", {k: v for k, v in given.items() if v})

    def overlay(self, session_id: str, wish: Json) -> Json:
        return self._request("PUT", f"/sessions/{session_id}/overlay", wish)

    def set_level(self, session_id: str, source: str | None, wish: Json) -> Json:
        """Of a source; without one, of the programme."""
        where = f"/sessions/{session_id}" + (f"/sources/{source}" if source else "")
        return self._request("PUT", f"{where}/audio", wish)

    def start_recording(self, session_id: str, name: str | None = None, since: int | None = None) -> Json:
        given: Json = {"name": name, "since": since}
        wish = {key: value for key, value in given.items() if value is not None}
        return self._request("POST", f"/sessions/{session_id}/recording/start", wish)

    def stop_recording(self, session_id: str, name: str | None = None) -> Json:
        return self._request("POST", f"/sessions/{session_id}/recording/stop", {"name": name} if name else {})

    def recordings(self, session_id: str) -> Json:
        return self._request("GET", f"/sessions/{session_id}/recordings")

    def recording(self, recording_id: str) -> Json:
        return self._request("GET", f"/recordings/{recording_id}")

    def playlist_cookie(self, recording_id: str) -> str:
        """The Cookie header that opens a recording's playlist and segments for an hour: a secret. '' without one."""
        answer = self._send("GET", f"/recordings/{recording_id}")
        self._read(answer)
        return "; ".join(each.partition(";")[0] for each in answer.headers.get_list("set-cookie"))

    def publish_recording(self, recording_id: str) -> Json:
        return self._request("POST", f"/recordings/{recording_id}/publish")

    def delete_recording(self, recording_id: str) -> Json:
        return self._request("DELETE", f"/recordings/{recording_id}")

    def pieces(self, url: str) -> Generator[bytes, None, None]:
        """What a signed address gives, piece by piece; the token is not sent there."""
        try:
            with self._http.stream("GET", url, auth=None) as answer:
                if not answer.is_success:
                    raise Refused(f"The recording's address answers {answer.status_code}. It holds for 15 minutes.")
                yield from answer.iter_bytes(1 << 20)
        except httpx.TransportError:
            raise Refused("The connection broke off. Try again.") from None

    def cost(self, session_id: str, minutes: int | None, viewers: int | None) -> Json:
        query = {"minutes": minutes, "viewers": viewers}
        return self._request(
            "GET", f"/sessions/{session_id}/cost", query={name: str(value) for name, value in query.items() if value}
        )

    def costs(self, month: str | None, owner: str | None) -> Json:
        query = {"month": month, "owner": owner}
        return self._request("GET", "/costs", query={name: value for name, value in query.items() if value})

    def thumbnail(self, session_id: str) -> Json:
        return self._request("GET", f"/sessions/{session_id}/thumbnail")

    def timeline(self, session_id: str) -> Json:
        return self._request("GET", f"/sessions/{session_id}/timeline")

    def executions(self, session_id: str) -> Json:
        return self._request("GET", f"/sessions/{session_id}/executions")

    def history(self, session_id: str, execution: str) -> Json:
        return self._request("GET", f"/sessions/{session_id}/executions/{execution}/history")

    def tracklist(self, session_id: str) -> Json:
        return self._request("GET", f"/sessions/{session_id}/tracklist")

    def set_tracklist(self, session_id: str, items: list[str], fallback: str | None = None) -> Json:
        wish: Json = {"items": items, **({"fallback": fallback} if fallback else {})}
        return self._request("PUT", f"/sessions/{session_id}/tracklist", wish)

    def play_tracklist(self, session_id: str, position: int) -> Json:
        return self._request("POST", f"/sessions/{session_id}/tracklist/play", {"position": position})

    def next_track(self, session_id: str) -> Json:
        return self._request("POST", f"/sessions/{session_id}/tracklist/next")

    def stop_tracklist(self, session_id: str) -> Json:
        return self._request("POST", f"/sessions/{session_id}/tracklist/stop")

    def create_channel(self, name: str, kind: str) -> Json:
        return self._request("POST", "/channels", {"name": name, "type": kind})

    def delete_channel(self, channel_id: str) -> Json:
        return self._request("DELETE", f"/channels/{channel_id}")

    def channels(self, owner: str | None) -> Json:
        return self._request("GET", "/channels", query={"owner": owner} if owner else {})

    def add_media(self, kind: str, title: str, file: Path) -> Json:
        """Upload a file; what became of it so far."""
        made = self._request("POST", "/media", {"kind": kind, "title": title})
        upload = made["upload"]
        with file.open("rb") as content:
            try:
                sent = httpx.post(upload["url"], data=upload["fields"], files={"file": content}, timeout=UPLOAD_TIMEOUT)
            except httpx.TransportError as error:
                raise Refused(f"The file could not be sent: {type(error).__name__}. Try again.") from None
        if "EntityTooLarge" in sent.text:
            raise Refused("The file is too large: 2 GiB are the most for a film, 20 MiB for an image.")
        if not sent.is_success:
            raise Refused(f"S3 did not take the file: it answered {sent.status_code}. Try again.")
        media: Json = made["media"]
        return media

    def media(self, media_id: str) -> Json:
        return self._request("GET", f"/media/{media_id}")

    def media_list(self, limit: int) -> Json:
        """{"media": up to `limit`, newest first, "next": None if that is all}."""
        return self._pages("/media", "media", limit, {})

    def delete_media(self, media_id: str) -> Json:
        return self._request("DELETE", f"/media/{media_id}")

    def _request(self, method: str, path: str, body: Json | None = None, query: dict[str, str] | None = None) -> Json:
        return self._read(self._send(method, path, body, query))

    def _send(
        self, method: str, path: str, body: Json | None = None, query: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        for pause in (*PAUSES, None):
            try:
                answer = self._http.request(method, self._url + path, json=body, params=query, headers=headers)
            except httpx.TransportError as error:
                if pause is None:
                    raise Refused(self._unreachable(error)) from None
            else:
                if pause is None or answer.status_code not in PASSING:
                    return answer
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _unreachable(self, error: httpx.TransportError) -> str:
        if isinstance(error, httpx.TimeoutException):
            return f"The API at {self._url} does not answer in time. Try again."
        return f"Nothing answers at {self._url}. Check SHOWRUNNER_API_URL and the network; is the sandbox up?"

    def _read(self, answer: httpx.Response) -> Json:
        if answer.status_code == 401:
            raise Refused(
                "The API refuses the token; one lasts an hour. Get a new one: "
                "export SHOWRUNNER_TOKEN=$(showrunner token)"
            )
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refused(f"What answers at {self._url} is not Showrunner's API. Check SHOWRUNNER_API_URL.")
        if answer.is_success:
            return body
        said = str(body.get("message") or f"The API answered {answer.status_code}.")
        raise Refused(said if "error" in body else f"{said.rstrip('.')}. Check SHOWRUNNER_API_URL.")
