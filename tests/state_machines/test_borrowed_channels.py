"""A host's own channel in the sandbox: lent to one session at a time, and given back whatever becomes of it."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.studio import Studio


@pytest.fixture
def channel(studio: Studio) -> Iterator[dict[str, Any]]:
    answer = studio.call("POST", "/channels", {"name": f"c-{uuid.uuid4().hex[:8]}"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["channel"]
    yield made
    assert holder(studio, made) is None, "it is given back"
    path = f"/channels/{made['arn'].rpartition('/')[2]}"
    assert studio.call("DELETE", path).status_code == 200
    assert studio.call("DELETE", path).status_code == 404


def holder(studio: Studio, channel: dict[str, Any]) -> str | None:
    """Which session has it, as its owner sees it."""
    listed = studio.call("GET", "/channels").json()["channels"]
    (lease,) = [each["lease"] for each in listed if each["arn"] == channel["arn"]]
    return lease and str(lease["session_id"])


def borrowers(studio: Studio, channel: dict[str, Any], count: int = 2) -> list[str]:
    return [studio.create(output={"channel_arn": channel["arn"]}) for _ in range(count)]


def end(studio: Studio, session_id: str) -> None:
    studio.press(session_id, "stop")
    studio.until(session_id, "ended")


def test_a_borrowed_channel_is_leased_and_given_back(studio: Studio, channel: dict[str, Any]) -> None:
    first, second = borrowers(studio, channel)
    studio.press(first, "start")
    known = studio.aws["ivs"].get_channel(arn=channel["arn"])["channel"]
    assert studio.until(first, "live")["playback_url"] == known["playbackUrl"]
    assert holder(studio, channel) == first
    kept = studio.call("DELETE", f"/channels/{channel['arn'].rpartition('/')[2]}")
    assert (kept.status_code, kept.json()["details"]["session_id"]) == (409, first)
    refused = studio.press(second, "start")
    assert (refused.status_code, refused.json()["error"]) == (409, "OutputInUse")
    assert refused.json()["details"] == {"channel_arn": channel["arn"], "session_id": first}
    assert studio.session(second)["state"] == "created"
    end(studio, first)
    assert studio.aws["ivs"].get_channel(arn=channel["arn"])["channel"]["name"] == channel["name"]
    studio.press(second, "start")
    studio.until(second, "live")
    late = studio.start_cleanup(first)  # a second end of the first, while the second is live
    assert studio.ended(late) == "SUCCEEDED"
    assert (holder(studio, channel), studio.session(second)["state"]) == (second, "live")
    assert studio.aws["ivs"].get_stream(channelArn=channel["arn"])["stream"]["state"] == "LIVE"
    end(studio, second)


def test_of_two_starts_at_once_one_has_it_and_the_other_says_who(studio: Studio, channel: dict[str, Any]) -> None:
    both = borrowers(studio, channel)
    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(both, pool.map(lambda each: studio.press(each, "start"), both), strict=True))
    begun = [each for each in both if answers[each].status_code == 202]
    states = {each: studio.until(each, "live", "failed") for each in begun}
    (winner,) = [each for each in begun if states[each]["state"] == "live"]
    (loser,) = set(both) - {winner}
    said = states[loser]["reason"] if loser in states else answers[loser].json()["message"]
    assert f"in use by '{winner}-1'" in said
    assert holder(studio, channel) == winner
    end(studio, winner)


def test_a_crash_gives_it_back_with_the_cleanup(studio: Studio, channel: dict[str, Any]) -> None:
    crashed, next_one = borrowers(studio, channel)
    studio.press(crashed, "start")
    studio.until(crashed, "live")
    studio.aws["stepfunctions"].stop_execution(executionArn=studio.execution_arn(crashed))
    studio.until(crashed, "failed")
    studio.assert_nothing_left(crashed)
    studio.press(next_one, "start")
    studio.until(next_one, "live")
    end(studio, next_one)


def test_a_channel_that_is_not_the_owners_cannot_be_borrowed(studio: Studio) -> None:
    foreign = studio.aws["ivs"].create_channel(name="foreign", tags={"showrunner:owner": "somebody"})["channel"]
    show = studio.create(output={"channel_arn": foreign["arn"]})
    studio.press(show, "start")
    assert "There is no IVS channel" in studio.until(show, "failed")["reason"]
    assert studio.aws["ivs"].get_channel(arn=foreign["arn"])["channel"]["arn"] == foreign["arn"]
    studio.assert_nothing_left(show)
    studio.aws["ivs"].delete_channel(arn=foreign["arn"])


def command(studio: Studio, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`showrunner channel ...`, as a person runs it."""
    run = [sys.executable, "-c", "from showrunner.cli import main; main()", "channel", *arguments]
    return subprocess.run(run, env={**os.environ, **studio.sandbox.env}, capture_output=True, text=True, check=False)


def test_an_operator_gives_a_channel_to_a_host(studio: Studio) -> None:
    arn = studio.aws["ivs"].create_channel(name="old-studio", tags={"showrunner:owner": "gone"})["channel"]["arn"]
    given = command(studio, "tag", arn, "--user", studio.sandbox.env["SHOWRUNNER_USER"])
    assert given.returncode == 0, given.stderr
    assert "It was gone's before." in given.stdout
    assert "old-studio" in command(studio, "list").stdout
    nobody = command(studio, "tag", arn, "--user", "nobody@example.com")
    assert (nobody.returncode, "no user 'nobody@example.com'" in nobody.stderr) == (1, True)
    missing = command(studio, "tag", f"{arn}x", "--user", studio.sandbox.env["SHOWRUNNER_USER"])
    assert (missing.returncode, "There is no IVS channel" in missing.stderr) == (1, True)
    studio.aws["ivs"].delete_channel(arn=arn)
