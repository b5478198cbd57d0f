"""A show run by programs of others: the AWS CLI, librtmp, ffmpeg, boto3's waiters, and a validator of playlists."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import imageio_ffmpeg
import pytest

from sandbox.media.testcard import write_clip
from sandbox.server import Sandbox
from tests.contract.foreign.hls_rules import check_media, check_multivariant, check_reload
from tests.contract.medialive_requests import channel_request

T = TypeVar("T")
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
WIDTH, HEIGHT = 320, 180
BUCKET = "recordings"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "medialive.amazonaws.com"}}],
}
MAY_RECORD = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": f"arn:aws:s3:::{BUCKET}/*"}],
}


def eventually(look: Callable[[], T], seconds: float, what: str) -> T:
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)
    return seen


@contextmanager
def librtmp(url: str, clip: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """librtmp publishes a clip again and again; ffmpeg only paces it."""
    source = [FFMPEG, "-loglevel", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(clip)]
    with subprocess.Popen([*source, "-c", "copy", "-f", "flv", "-"], stdout=subprocess.PIPE) as flv:
        script = Path(__file__).with_name("librtmp_publisher.py")
        environment = os.environ | {"RTMP_URL": url}
        publisher = subprocess.Popen([sys.executable, str(script)], stdin=flv.stdout, env=environment)
        try:
            yield publisher
        finally:
            for process in (flv, publisher):
                process.kill()
                process.wait()


def frames(*source: str, seconds: int) -> list[bytes]:
    """What ffmpeg as a player shows: grey pictures."""
    command = [FFMPEG, "-loglevel", "error", "-nostdin", *source, "-t", str(seconds)]
    command += ["-f", "rawvideo", "-pix_fmt", "gray", "-"]
    shown = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert shown.returncode == 0, shown.stderr.decode(errors="replace")[-500:]
    size = WIDTH * HEIGHT
    return [shown.stdout[at : at + size] for at in range(0, len(shown.stdout), size)]


def newest_segment(playlist: str) -> bytes:
    name = httpx.get(playlist).text.strip().splitlines()[-1]
    return httpx.get(f"{playlist.rpartition('/')[0]}/{name}").content


def small_channel(input_id: str, endpoint: str, key: str, role: str) -> dict[str, Any]:
    request = channel_request([input_id], endpoint, key) | {"RoleArn": role}
    [video] = request["EncoderSettings"]["VideoDescriptions"]
    video |= {"Width": WIDTH, "Height": HEIGHT}
    video["CodecSettings"]["H264Settings"] |= {"Bitrate": 500_000, "GopSize": 2.0, "GopSizeUnits": "SECONDS"}
    return request


@pytest.mark.usefixtures("_librtmp")
def test_a_show_with_programs_of_others(aws_program: Path, tmp_path: Path) -> None:
    clip = tmp_path / "host.mp4"
    write_clip(clip, "host", seconds=20, width=WIDTH, height=HEIGHT)
    with Sandbox(media=True, stack=False, timings="brief") as sandbox:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | {
            name: value for name, value in sandbox.env.items() if name.startswith("AWS_")
        }

        def cli(*arguments: str) -> Any:
            command = [str(aws_program), *arguments, "--output", "json"]
            said = subprocess.run(command, capture_output=True, env=environment, timeout=60, check=False)
            assert said.returncode == 0, said.stderr.decode()
            return json.loads(said.stdout) if said.stdout.strip() else None

        def order(kind: str, **options: Any) -> None:
            ordered = httpx.post(f"{sandbox.url}/_sandbox/faults", json={"kind": kind, **options})
            assert ordered.status_code == 200, ordered.text

        def publishing() -> bool:
            [seen] = httpx.get(f"{sandbox.url}/_sandbox/status").json()["channels"]
            assert seen["on_air"] == "source-0"
            return bool(seen["publishing"].get("source-0"))

        def refused(*arguments: str) -> str:
            said = subprocess.run([str(aws_program), *arguments], capture_output=True, env=environment, check=False)
            assert said.returncode != 0
            return said.stderr.decode()

        iam = sandbox.session().client("iam", endpoint_url=sandbox.url)
        role = iam.create_role(RoleName="MediaLive", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="MediaLive", PolicyName="record", PolicyDocument=json.dumps(MAY_RECORD))
        medialive = sandbox.session().client("medialive", endpoint_url=sandbox.url)
        brief = {"Delay": 1, "MaxAttempts": 30}

        # The AWS CLI creates and starts.
        cli("s3api", "create-bucket", "--bucket", BUCKET)
        made = cli("ivs", "create-channel", "--name", "show")
        arn, playback = made["channel"]["arn"], made["channel"]["playbackUrl"]
        rules = ["--whitelist-rules", "Cidr=127.0.0.1/32"]
        group = cli("medialive", "create-input-security-group", *rules)["SecurityGroup"]["Id"]
        source = ["--destinations", "StreamName=live/a-secret-name", "--input-security-groups", group]
        host = cli("medialive", "create-input", "--name", "host", "--type", "RTMP_PUSH", *source)["Input"]
        request = small_channel(host["Id"], made["channel"]["ingestEndpoint"], made["streamKey"]["value"], role)
        created = cli("medialive", "create-channel", "--cli-input-json", json.dumps(request))["Channel"]["Id"]
        channel = ["--channel-id", created]
        cli("medialive", "wait", "channel-created", *channel)
        cli("medialive", "start-channel", *channel)
        medialive.get_waiter("channel_running").wait(ChannelId=created, WaiterConfig=brief)
        assert "ChannelNotBroadcasting" in refused("ivs", "get-stream", "--channel-arn", arn)

        # Its encoder is killed, and comes back before anybody publishes.
        order("die", resource=created)
        eventually(lambda: medialive.describe_channel(ChannelId=created)["State"] == "RECOVERING", 5, "its death")
        medialive.get_waiter("channel_running").wait(ChannelId=created, WaiterConfig=brief)

        # librtmp publishes; the playlists keep to the RFC; ffmpeg plays them.
        with librtmp(host["Destinations"][0]["Url"], clip) as publisher:
            live = playback.rpartition("/")[0] + "/live.m3u8"
            eventually(lambda: httpx.get(playback).status_code == 200, 20, "the stream is on air")
            assert check_multivariant(httpx.get(playback).text) == []
            first = httpx.get(live).text
            pictures = frames("-i", playback, seconds=3)
            assert len(pictures) >= 60
            assert len(set(pictures[-30:])) > 15, "the picture moves"
            eventually(lambda: httpx.get(live).text != first, 10, "the next segment")
            later = httpx.get(live).text
            assert check_media(first, vod=False) + check_media(later, vod=False) + check_reload(first, later) == []
            stream = cli("ivs", "get-stream", "--channel-arn", arn)["stream"]
            assert (stream["state"], stream["health"]) == ("LIVE", "HEALTHY")
            assert "ConflictException" in refused("ivs", "update-channel", "--arn", arn, "--name", "other")
            cli("ivs", "put-metadata", "--channel-arn", arn, "--metadata", "a-word-to-viewers")
            eventually(lambda: b"a-word-to-viewers" in newest_segment(live), 10, "the metadata in a segment")
            assert publisher.poll() is None
            order("input_drop", resource=host["Id"], seconds=0.5)
            eventually(lambda: publisher.poll() is not None, 5, "librtmp is cut off")
            assert not publishing()
            time.sleep(0.5)  # as long as nobody is let in
        with librtmp(host["Destinations"][0]["Url"], clip):
            eventually(publishing, 10, "it is let in again")
            cli("medialive", "stop-channel", *channel)
            medialive.get_waiter("channel_stopped").wait(ChannelId=created, WaiterConfig=brief)

        # The recording, fetched by the CLI.
        cli("s3", "cp", "--recursive", "--only-show-errors", f"s3://{BUCKET}/show/1", str(tmp_path / "recording"))
        playlists = {path: path.read_text() for path in (tmp_path / "recording").glob("*.m3u8")}
        masters = [path for path, text in playlists.items() if "EXT-X-STREAM-INF" in text]
        assert len(masters) == 1
        assert check_multivariant(playlists.pop(masters[0])) == []
        for path, text in playlists.items():
            assert check_media(text, vod=True) == [], path.name
        assert len(frames("-i", str(masters[0]), seconds=4)) >= 90

        # The AWS CLI deletes.
        cli("medialive", "delete-channel", *channel)
        medialive.get_waiter("channel_deleted").wait(ChannelId=created, WaiterConfig=brief)
        medialive.get_waiter("input_detached").wait(InputId=host["Id"], WaiterConfig=brief)
        cli("medialive", "delete-input", "--input-id", host["Id"])
        medialive.get_waiter("input_deleted").wait(InputId=host["Id"], WaiterConfig=brief)
        sessions = cli("ivs", "list-stream-sessions", "--channel-arn", arn)["streamSessions"]
        assert [each["hasErrorEvent"] for each in sessions] == [False]
        cli("ivs", "delete-channel", "--arn", arn)
        assert cli("ivs", "list-channels")["channels"] == []
