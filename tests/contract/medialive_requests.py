"""Requests that MediaLive accepts, for the tests to spoil."""

from typing import Any

IMMEDIATE: dict[str, Any] = {"ImmediateModeScheduleActionStartSettings": {}}
ROLE = "arn:aws:iam::000000000000:role/MediaLiveAccess"


def input_request(name: str, security_group: str, stream_name: str = "app/instance") -> dict[str, Any]:
    """A CreateInput of an RTMP push input."""
    return {
        "Name": name,
        "Type": "RTMP_PUSH",
        "InputSecurityGroups": [security_group],
        "Destinations": [{"StreamName": stream_name}],
    }


def channel_request(input_ids: list[str], endpoint: str, stream_key: str, name: str = "show") -> dict[str, Any]:
    """A CreateChannel: a single pipeline to IVS, recorded as HLS with segment tags."""
    return {
        "Name": name,
        "ChannelClass": "SINGLE_PIPELINE",
        "RoleArn": ROLE,
        "LogLevel": "WARNING",
        "Tags": {"session": name},
        "InputSpecification": {"Codec": "AVC", "Resolution": "HD", "MaximumBitrate": "MAX_10_MBPS"},
        "InputAttachments": [
            {
                "InputId": input_id,
                "InputAttachmentName": f"source-{number}",
                "InputSettings": {"AudioSelectors": [{"Name": "default"}], "SourceEndBehavior": "CONTINUE"},
            }
            for number, input_id in enumerate(input_ids)
        ],
        "Destinations": [
            {"Id": "ivs", "Settings": [{"Url": f"rtmps://{endpoint}:443/app/", "StreamName": stream_key}]},
            {"Id": "rec", "Settings": [{"Url": "s3ssl://recordings/show/1/index"}]},
        ],
        "EncoderSettings": {
            "TimecodeConfig": {"Source": "SYSTEMCLOCK"},
            "ThumbnailConfiguration": {"State": "AUTO"},
            "VideoDescriptions": [
                {
                    "Name": "video",
                    "Width": 1280,
                    "Height": 720,
                    "CodecSettings": {
                        "H264Settings": {
                            "Bitrate": 3_000_000,
                            "FramerateControl": "SPECIFIED",
                            "FramerateNumerator": 30,
                            "FramerateDenominator": 1,
                        }
                    },
                }
            ],
            "AudioDescriptions": [
                {
                    "Name": "audio",
                    "AudioSelectorName": "default",
                    "CodecSettings": {"AacSettings": {"Bitrate": 160_000.0}},
                    "RemixSettings": {
                        "ChannelMappings": [
                            {"OutputChannel": 0, "InputChannelLevels": [{"Gain": -6, "InputChannel": 0}]}
                        ]
                    },
                }
            ],
            "OutputGroups": [
                {
                    "Name": "ivs",
                    "OutputGroupSettings": {"RtmpGroupSettings": {"InputLossAction": "EMIT_OUTPUT"}},
                    "Outputs": [
                        output("ivs", {"RtmpOutputSettings": {"Destination": {"DestinationRefId": "ivs"}}}),
                    ],
                },
                {
                    "Name": "recording",
                    "OutputGroupSettings": {
                        "HlsGroupSettings": {
                            "Destination": {"DestinationRefId": "rec"},
                            "Mode": "VOD",
                            "HlsId3SegmentTagging": "ENABLED",
                            "HlsCdnSettings": {"HlsS3Settings": {}},
                        }
                    },
                    "Outputs": [
                        output(
                            "recording",
                            {
                                "HlsOutputSettings": {
                                    "NameModifier": "_720p30",
                                    "HlsSettings": {"StandardHlsSettings": {"M3u8Settings": {}}},
                                }
                            },
                        ),
                    ],
                },
            ],
        },
    }


def output(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """An output of the one video and the one audio."""
    return {
        "OutputName": name,
        "VideoDescriptionName": "video",
        "AudioDescriptionNames": ["audio"],
        "OutputSettings": settings,
    }


def tag_action(name: str, start: dict[str, Any] | None = None, tag: str = "on") -> dict[str, Any]:
    """A schedule action that tags HLS segments; at once unless `start` says when."""
    return action(name, "HlsId3SegmentTaggingSettings", {"Tag": tag}, start)


def fixed(time: str) -> dict[str, Any]:
    """A start at a time."""
    return {"FixedModeScheduleActionStartSettings": {"Time": time}}


def action(name: str, kind: str, settings: dict[str, Any], start: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "ActionName": name,
        "ScheduleActionStartSettings": start or IMMEDIATE,
        "ScheduleActionSettings": {kind: settings},
    }


def switch(name: str, to: str, *path: str, start: dict[str, Any] | None = None) -> dict[str, Any]:
    settings = {"InputAttachmentNameReference": to} | ({"UrlPath": list(path)} if path else {})
    return action(name, "InputSwitchSettings", settings, start)


def prepare(name: str, to: str | None, *path: str, start: dict[str, Any] | None = None) -> dict[str, Any]:
    settings = ({"InputAttachmentNameReference": to} if to else {}) | ({"UrlPath": list(path)} if path else {})
    return action(name, "InputPrepareSettings", settings, start)


def follow(name: str, point: str = "END") -> dict[str, Any]:
    return {"FollowModeScheduleActionStartSettings": {"ReferenceActionName": name, "FollowPoint": point}}
