"""What output groups ask for, and what the encoder does not do of it."""

from typing import Any

import pytest

from sandbox.media.output_settings import (
    ArchiveGroup,
    ArchiveOutput,
    HlsGroup,
    HlsRendition,
    OutputSettings,
    Unsupported,
    read_outputs,
)

DESCRIBED = {"VideoDescriptionName": "v", "AudioDescriptionNames": ["a", "b"]}
TO = {"Destination": {"DestinationRefId": "to"}}


def read(group: str, settings: dict[str, Any], output: dict[str, Any], url: str = "s3ssl://bucket/path/x") -> Any:
    """The settings of a channel with one group of one output."""
    destination = {"Id": "to", "Settings": [{"Url": url, "StreamName": "the-key"}]}
    outputs = [{"OutputSettings": output, **DESCRIBED}]
    groups = [{"Name": "g", "OutputGroupSettings": {group: settings}, "Outputs": outputs}]
    return read_outputs({"Destinations": [destination], "EncoderSettings": {"OutputGroups": groups}}, 4321)


def test_hls_by_default() -> None:
    got = read("HlsGroupSettings", TO, {"HlsOutputSettings": {"NameModifier": "_m"}})

    rendition = HlsRendition("_m", "v", "a", metadata=False)
    assert got == OutputSettings(hls=(HlsGroup("g", "bucket", "path/x", (rendition,)),))
    assert (got.hls[0].mode, got.hls[0].segment_length, got.hls[0].date_time) == ("LIVE", 10, False)


def test_archive() -> None:
    got = read("ArchiveGroupSettings", TO, {"ArchiveOutputSettings": {"ContainerSettings": {"M2tsSettings": {}}}})

    assert got.archive == (ArchiveGroup("g", "bucket", "path/x", (ArchiveOutput("", "m2ts", "v", "a"),), 300),)
    with pytest.raises(Unsupported, match="without a container"):
        read("ArchiveGroupSettings", TO, {"ArchiveOutputSettings": {"ContainerSettings": {"RawSettings": {}}}})


def test_rtmp_of_a_group_and_its_output() -> None:
    group = {"CacheLength": 40, "CacheFullBehavior": "WAIT_FOR_SERVER", "RestartDelay": 7}
    output = {**TO, "ConnectionRetryInterval": 3, "NumRetries": 4, "CertificateMode": "SELF_SIGNED"}

    target = read("RtmpGroupSettings", group, {"RtmpOutputSettings": output}, "rtmps://far.example/live").rtmp[0].target

    assert (target.cache, target.wait_for_server, target.restart_delay) == (40, True, 7)
    assert (target.retry_interval, target.retries, target.verify) == (3, 4, False)
    host, port, tls = target.address()
    assert (host, port) == ("far.example", 443)
    assert tls is not None
    assert not tls.check_hostname
    assert "the-key" not in repr(target)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("DirectoryStructure", "SUBDIRECTORY_PER_STREAM"),
        ("TsFileMode", "SINGLE_FILE"),
        ("OutputSelection", "SEGMENTS_ONLY"),
        ("EncryptionType", "AES128"),
        ("InputLossAction", "PAUSE_OUTPUT"),
    ],
)
def test_what_would_be_stored_otherwise_is_refused(setting: str, value: str) -> None:
    with pytest.raises(Unsupported, match=f"{setting} {value}"):
        read("HlsGroupSettings", {**TO, setting: value}, {"HlsOutputSettings": {"NameModifier": "_m"}})
