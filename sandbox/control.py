"""`/_sandbox/...`: what only the sandbox has. JSON in and out, on loopback.

| request | what it does |
|---|---|
| GET /_sandbox/ready | 200 once everything is up, 503 before |
| GET /_sandbox/status | what there is, who publishes, what is on air, faults and events; without secrets |
| GET /_sandbox/faults | the faults in effect |
| POST /_sandbox/faults `{"kind", ...}` | a fault (`sandbox/faults.py` has the kinds and what they take) |
| DELETE /_sandbox/faults, /_sandbox/faults/ID | all faults end, or one |
| GET /_sandbox/ivs/ID/FILE | live HLS of an emulated IVS channel |
| GET /_sandbox/events | the latest events that our services published |
| POST /_sandbox/events `{"detail_type", "effect", "count", "seconds"}` | lose, double or delay the next ones |
| POST /_sandbox/emit `{"event_id"}` | an earlier event comes once more |
| POST /_sandbox/emit `{"source", "detail_type", "detail", "resources"}` | an event as an AWS service sends it |
| POST /_sandbox/publishing `{"publishing", "input_id"}` | without video: whether the host sends |
| POST /_sandbox/schedule `{"rule"}` | a scheduled rule fires now |

A body must say that it is JSON, so that no web page can post here behind a browser's back.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.faults import EventOutlet, Fault, parse_fault
from sandbox.ministack import Receive, Scope, Send
from sandbox.viewers import Viewers
from sandbox.wire import answer, read_body

PREFIX = "/_sandbox/"
HLS_TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}
EFFECTS = ("lose", "double", "delay")


class BadControl(ValueError):
    """A request that the control interface cannot do; the message says why."""


@dataclass
class Control:
    """The control interface, an ASGI application. `hls_dir` is None without video."""

    outlet: EventOutlet
    status: Callable[[], dict[str, Any]]
    fire_rule: Callable[[str], bool]
    set_publishing: Callable[[bool, str | None], None] | None = None
    hls_dir: Callable[[str], Path | None] | None = None
    viewers: Viewers | None = None
    ready: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(PREFIX)
        if scope["method"] in ("GET", "HEAD") and name.startswith("ivs/"):
            await self._serve_hls(scope, name.split("/")[1:], send)
            return
        body = await read_body(receive)
        try:
            status, result = self._do(scope, name, body)
        except BadControl as error:
            status, result = 400, {"error": str(error)}
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        await answer(send, status, headers, json.dumps(result, default=str).encode())

    def _do(self, scope: Scope, name: str, body: bytes) -> tuple[int, dict[str, Any]]:
        match scope["method"], name:
            case "GET", "ready":
                return (200 if self.ready else 503), {"ready": self.ready}
            case "GET", "status":
                return 200, self.status()
            case "GET", "events":
                return 200, {"events": [self._shown(event) for event in self.outlet.events]}
            case "GET", "faults":
                return 200, {"faults": [fault.show() for fault in self.outlet.faults]}
            case "POST", "faults":
                return self._order(parse(scope, body))
            case "DELETE", "faults":
                return 200, {"cleared": self.outlet.faults.clear()}
            case "DELETE", _ if name.startswith("faults/"):
                return self._clear(name.removeprefix("faults/"))
            case "POST", "events":
                return self._order_fault(parse(scope, body))
            case "POST", "emit":
                return self._emit(parse(scope, body))
            case "POST", "publishing":
                return self._publish(parse(scope, body))
            case "POST", "schedule":
                return self._fire(parse(scope, body))
        return 404, {"error": f"{scope['method']} {scope['path']} is not part of the sandbox's control interface"}

    @staticmethod
    def _shown(event: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": event["EventId"],
            "source": event["Source"],
            "detail_type": event["DetailType"],
            "time": event["Time"],
            "resources": event["Resources"],
            "detail": json.loads(event["Detail"]),
        }

    def _order(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            return 200, {"fault": self.outlet.faults.order(parse_fault(order)).show()}
        except ValueError as error:
            raise BadControl(str(error)) from None

    def _clear(self, fault_id: str) -> tuple[int, dict[str, Any]]:
        if not self.outlet.faults.clear(fault_id):
            return 404, {"error": f"there is no fault {fault_id}"}
        return 200, {"cleared": 1}

    def _order_fault(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        effect = order.get("effect")
        if effect not in EFFECTS:
            raise BadControl(f"effect is one of {', '.join(EFFECTS)}")
        count, seconds = order.get("count", 1), order.get("seconds", 0)
        if not isinstance(count, int) or count < 1 or not isinstance(seconds, (int, float)):
            raise BadControl("count is a whole number from 1, seconds a number")
        event = str(order.get("detail_type", "*"))
        self.outlet.faults.order(Fault(effect, event=event, count=count, seconds=float(seconds)))
        return 200, {"ordered": True}

    def _emit(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if "event_id" in order:
            try:
                event = self.outlet.emit_again(str(order["event_id"]))
            except KeyError:
                raise BadControl("event_id is not the id of an event that GET /_sandbox/events shows") from None
            return 200, {"event": self._shown(event)}
        try:
            event = self.outlet.emit(order["source"], order["detail_type"], order["detail"], order["resources"])
        except KeyError as missing:
            raise BadControl(f"{missing.args[0]} is missing") from None
        return 200, {"event": self._shown(event)}

    def _publish(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.set_publishing is None:
            raise BadControl("with video, a publisher decides that: push to the input's RTMP address, or stop")
        if not isinstance(order.get("publishing"), bool):
            raise BadControl("publishing is true or false")
        self.set_publishing(order["publishing"], order.get("input_id"))
        return 200, {"publishing": order["publishing"]}

    def _fire(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        rule = str(order.get("rule"))
        if not self.fire_rule(rule):
            raise BadControl(f"there is no enabled scheduled rule {rule}")
        return 200, {"fired": rule}

    async def _serve_hls(self, scope: Scope, parts: list[str], send: Send) -> None:
        cors = {"access-control-allow-origin": "*", "access-control-expose-headers": "*"}
        directory = self.hls_dir(parts[0]) if self.hls_dir and len(parts) == 2 else None
        media_type = HLS_TYPES.get(Path(parts[-1]).suffix)
        path = directory / parts[1] if directory and parts[1] == Path(parts[1]).name else None
        if path is None or media_type is None or not path.is_file():
            await answer(send, 404, cors | {"cache-control": "no-store", "content-type": "text/plain"}, b"not on air\n")
            return
        if self.viewers is not None and path.suffix == ".m3u8":
            self.viewers.saw(parts[0], str(scope.get("client")))
        caching = "no-store" if path.suffix == ".m3u8" else "max-age=60"
        await answer(send, 200, cors | {"cache-control": caching, "content-type": media_type}, path.read_bytes())


def parse(scope: Scope, body: bytes) -> dict[str, Any]:
    """The JSON object of a control request."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    if not headers.get(b"content-type", b"").startswith(b"application/json"):
        raise BadControl("the content type must be application/json")
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BadControl("the body must be a JSON object")
    return value
