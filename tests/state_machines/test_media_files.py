"""Files of an owner's own, in the real stack: uploaded as a browser does, looked at when S3 tells, ready or refused."""

from typing import Any

import httpx
import pytest

from sandbox.media.testcard import write_clip
from tests.studio import Studio, eventually


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("tracks") / "track.mp4"
    write_clip(path, "tracklist", seconds=2, width=160, height=96)
    return path.read_bytes()


def send(studio: Studio, data: bytes, **wish: Any) -> tuple[dict[str, Any], httpx.Response]:
    """Ask for an upload and send the file there."""
    answer = studio.call("POST", "/media", wish)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    upload = said["upload"]
    return said["media"], httpx.post(upload["url"], data=upload["fields"], files={"file": data}, timeout=30)


def settled(studio: Studio, media_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        shown: dict[str, Any] = studio.call("GET", f"/media/{media_id}").json()
        return shown if shown["state"] in ("ready", "refused", "failed") else None

    return eventually(look, what=f"the look at {media_id}")


def test_a_track_is_uploaded_and_made_ready(studio: Studio, track: bytes) -> None:
    media, sent = send(studio, track, title="Opening")
    assert (media["state"], sent.status_code) == ("waiting", 204)
    ready = settled(studio, media["id"])
    assert (ready["state"], ready["seconds"], ready["width"], ready["title"]) == ("ready", 2.0, 160, "Opening")
    assert ready["gain_db"] is not None
    assert media["id"] in [each["id"] for each in studio.call("GET", "/media").json()["media"]]
    bucket = studio.outputs["MediaBucket"]
    keys = [item["Key"] for item in studio.aws["s3"].list_objects_v2(Bucket=bucket)["Contents"]]
    assert [key for key in keys if media["id"] in key] == [f"media/{studio.session_owner()}/{media['id']}.mp4"]

    other = studio.another("media@example.com")
    assert other.call("GET", "/media").json() == {"media": [], "next": None}
    for method in ("GET", "DELETE"):
        assert other.call(method, f"/media/{media['id']}").json()["error"] == "MediaNotFound"
    assert studio.call("DELETE", f"/media/{media['id']}").status_code == 200
    assert studio.call("GET", f"/media/{media['id']}").status_code == 404
    keys = [item["Key"] for item in studio.aws["s3"].list_objects_v2(Bucket=bucket)["Contents"]]
    assert not [key for key in keys if media["id"] in key]


def test_an_image_is_laid_over_a_show_and_taken_off(studio: Studio, logo: bytes) -> None:
    media, _ = send(studio, logo, kind="image", title="Logo")
    ready = settled(studio, media["id"])
    assert (ready["state"], ready["width"], ready["height"]) == ("ready", 64, 48)
    show = studio.create()
    path, wish = f"/sessions/{show}/overlay", {"image": media["id"], "x": 30, "fade_ms": 200, "layer": 1}
    early = studio.call("PUT", path, wish)
    assert (early.status_code, early.json()["error"]) == (409, "Conflict")
    studio.press(show, "start")
    studio.until(show, "live")

    answer = studio.call("PUT", path, wish)
    assert (answer.status_code, answer.json()["state"]) == (202, "accepted")
    (channel,) = studio.channels(show)
    bucket = studio.outputs["MediaBucket"]

    def scheduled() -> list[dict[str, Any]]:
        actions = studio.aws["medialive"].describe_schedule(ChannelId=channel["Id"])["ScheduleActions"]
        return [each["ScheduleActionSettings"] for each in actions if each["ActionName"].startswith("overlay-1-")]

    (activated,) = scheduled()
    asked = activated["StaticImageOutputActivateSettings"]
    assert asked["Image"]["Uri"] == f"s3ssl://{bucket}/media/{studio.session_owner()}/{media['id']}.png"
    assert asked["OutputNames"] == ["ivs", "recording"]
    assert [each["image"] for each in studio.session(show)["overlays"]] == [media["id"]]

    assert studio.call("PUT", path, {"image": None, "layer": 1}).status_code == 202
    assert scheduled()[1]["StaticImageOutputDeactivateSettings"]["Layer"] == 1
    assert studio.session(show)["overlays"] == []
    texts = [entry["text"] for entry in studio.timeline(show) if entry["kind"] == "overlay"]
    assert texts == [f"Overlay '{media['id']}' on layer 1 was accepted", "No overlay on layer 1 was accepted"]

    for body, status, words in (
        ({"image": media["id"], "x": 640}, 400, "outside of the picture"),
        ({"image": media["id"], "layer": 8}, 400, "0 to 7"),
        ({"image": "m-nobody"}, 404, "GET /media"),
    ):
        refused = studio.call("PUT", path, body)
        assert refused.status_code == status
        assert words in refused.json()["message"]
    studio.press(show, "stop")
    studio.until(show, "ended")


def test_what_can_not_be_played_is_refused_with_the_reason(studio: Studio) -> None:
    media, sent = send(studio, b"not a film")
    assert sent.status_code == 204
    refused = settled(studio, media["id"])
    assert refused["state"] == "refused"
    assert "not an MP4" in refused["message"]


def test_s3_takes_no_more_than_was_agreed(studio: Studio) -> None:
    media, sent = send(studio, b"x" * (20 * 2**20 + 1), kind="image")
    assert sent.status_code == 400
    assert "EntityTooLarge" in sent.text
    assert studio.call("GET", f"/media/{media['id']}").json()["state"] == "waiting"


def test_an_upload_goes_nowhere_else(studio: Studio) -> None:
    upload = studio.call("POST", "/media", {}).json()["upload"]
    fields = upload["fields"] | {"key": "slate/default.mp4"}
    assert httpx.post(upload["url"], data=fields, files={"file": b"mine now"}).status_code == 403


@pytest.fixture(scope="module")
def long_track(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Long enough for an edit before its end."""
    path = tmp_path_factory.mktemp("long") / "track.mp4"
    write_clip(path, "tracklist", seconds=30, width=64, height=48)
    return path.read_bytes()


def test_a_tracklist_is_played_changed_and_gone_through(studio: Studio, track: bytes, long_track: bytes) -> None:
    media, short = send(studio, long_track)[0], send(studio, track)[0]
    assert {settled(studio, each["id"])["state"] for each in (media, short)} == {"ready"}
    show = studio.create(sources=[{"name": "host"}, {"name": "tracklist", "type": "MP4_FILE"}])
    items = {"items": [media["id"], media["id"]], "fallback": "host"}
    assert studio.call("PUT", f"/sessions/{show}/tracklist", items).status_code == 200
    level = studio.call("PUT", f"/sessions/{show}/sources/tracklist/audio", {"gain_db": -6}).json()
    assert (level["gain_db"], level["effect"]) == (-6, "at_next_play")
    studio.press(show, "start")
    studio.until(show, "live")

    def levels() -> set[str]:
        return {each["level"] for each in studio.call("GET", f"/sessions/{show}/tracklist").json()["tracks"]}

    eventually(lambda: levels() == {"ready"}, what="the copies at the level")
    played = studio.call("POST", f"/sessions/{show}/tracklist/play", {"position": 0})
    assert played.status_code == 202, played.text

    def position() -> int | None:
        found: int | None = studio.call("GET", f"/sessions/{show}/tracklist").json()["position"]
        return found

    eventually(lambda: position() == 0, what="the first track on air")
    assert {each["source"]: each["effect"] for each in studio.session(show)["levels"]}["tracklist"] == "in_effect"
    assert f"{media['id']}.down6.mp4" in paths(studio, show)
    needed = studio.call("DELETE", f"/media/{media['id']}")
    assert (needed.status_code, needed.json()["details"]) == (409, {"sessions": [show]})
    changed = studio.call("PUT", f"/sessions/{show}/tracklist", items | {"items": [media["id"], short["id"]]}).json()
    assert (changed["effect"], changed["locked"], changed["follows"]) == ("scheduled", [], [short["id"], "host"])
    assert fixed(studio, show) == [changed["effect_at"]]
    assert studio.call("POST", f"/sessions/{show}/tracklist/next").status_code == 202
    assert fixed(studio, show) == []  # the edit, which the cut overtook, was taken back
    eventually(lambda: position() == 1, what="the second track on air")
    ended = studio.call("POST", f"/sessions/{show}/tracklist/next")
    assert ended.status_code == 202, ended.text
    assert ended.json()["action"].startswith("take-host-")
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)
    deleted = studio.call("DELETE", f"/media/{media['id']}")
    assert (deleted.status_code, deleted.json()["missing_in"]) == (200, [show])
    listed = studio.aws["s3"].list_objects_v2(Bucket=studio.outputs["MediaBucket"])["Contents"]
    assert not [item["Key"] for item in listed if media["id"] in item["Key"]]


def test_a_file_that_can_not_be_looked_at_has_failed_with_the_reason(studio: Studio, track: bytes) -> None:
    said = studio.call("POST", "/media", {"title": "Unlucky"}).json()
    media, upload = said["media"], said["upload"]
    lost = {"kind": "error", "service": "s3", "operation": "HeadObject", "code": "AccessDenied", "status": 403}
    fault = studio.control("faults", **lost, resource=media["id"], count=100)["fault"]
    before = failed_events(studio)
    try:
        assert httpx.post(upload["url"], data=upload["fields"], files={"file": track}, timeout=30).status_code == 204
        failed = settled(studio, media["id"])
    finally:
        httpx.delete(f"{studio.sandbox.url}/_sandbox/faults/{fault['id']}").raise_for_status()
    assert failed["state"] == "failed"
    assert "Three times it could not be looked at (ClientError)" in failed["message"]
    eventually(lambda: failed_events(studio) > before, what="the operator's event")


def failed_events(studio: Studio) -> int:
    """How many events the operator is told of that a function failed on."""
    (url,) = [url for url in studio.outputs["DeadLetterQueueUrls"].split(",") if "FailedEvents" in url]
    asked = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
    return int(studio.aws["sqs"].get_queue_attributes(**asked)["Attributes"]["ApproximateNumberOfMessages"])


def paths(studio: Studio, show: str) -> list[str]:
    """The files that the switches of the show's channel play."""
    (channel,) = studio.channels(show)
    actions = studio.aws["medialive"].describe_schedule(ChannelId=channel["Id"])["ScheduleActions"]
    settings = [each["ScheduleActionSettings"].get("InputSwitchSettings", {}) for each in actions]
    return [path for each in settings for path in each.get("UrlPath", [])]


def fixed(studio: Studio, show: str) -> list[str]:
    """The times in the schedule of the show's channel."""
    (channel,) = studio.channels(show)
    actions = studio.aws["medialive"].describe_schedule(ChannelId=channel["Id"])["ScheduleActions"]
    starts = [each["ScheduleActionStartSettings"].get("FixedModeScheduleActionStartSettings") for each in actions]
    return [start["Time"] for start in starts if start]
