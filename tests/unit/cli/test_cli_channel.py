"""`showrunner channel ...`: what is asked of the API, and what is printed."""

import json

from fake_api import FakeApi, Run

ARN = "arn:aws:ivs:us-east-1:123456789012:channel/abc"
CHANNEL = {"arn": ARN, "name": "friday", "type": "STANDARD", "lease": None}


def test_a_channel_is_made_and_its_address_shown(api: FakeApi, run: Run) -> None:
    api.on("POST", "/channels", (201, {"message": "The channel 'friday' is made.", "channel": CHANNEL}))
    shown = run("channel", "create", "friday", "--type", "BASIC").stdout
    assert ARN in shown
    assert api.bodies() == [{"name": "friday", "type": "BASIC"}]


def test_the_list_shows_who_has_each(api: FakeApi, run: Run) -> None:
    lease = {"session_id": "show", "attempt": 1, "until": "2026-01-01T12:00:00.000Z"}
    api.on("GET", "/channels", (200, {"channels": [{**CHANNEL, "lease": lease}]}))
    shown = run("channel", "list", "--owner", "ann").stdout
    assert "show" in shown
    assert ARN in shown
    assert json.loads(run("channel", "list", "--json").stdout)["channels"][0]["lease"] == lease
    assert [request.url.query for request in api.requests] == [b"owner=ann", b""]


def test_a_channel_is_deleted_by_its_arn_or_its_id(api: FakeApi, run: Run) -> None:
    api.on("DELETE", "/channels/abc", (200, {"message": "The channel 'friday' is deleted.", "arn": ARN}))
    assert "is deleted" in run("channel", "delete", ARN).stdout
    assert json.loads(run("channel", "delete", "abc", "--json").stdout)["arn"] == ARN


def test_an_empty_list_says_what_to_do(api: FakeApi, run: Run) -> None:
    api.on("GET", "/channels", (200, {"channels": []}))
    assert "showrunner channel create" in run("channel", "list").stdout
