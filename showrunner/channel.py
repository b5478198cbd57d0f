"""What MediaLive is asked to make for a session: a single pipeline from its sources to IVS, and to S3 as HLS.

Pure: a session in, a CreateChannel request out. The settings are those that ran in production elsewhere
(MediaLive to IVS over RTMPS), with a 2 s closed GOP and no B-frames, so that a recording can be cut exactly.
"""

from typing import Any

from showrunner.profiles import PROFILES, Profile
from showrunner.session import SLATE, Session, Source
from showrunner.sound import MUTE_DB, Sound

SEGMENT_SECONDS = 2


def channel_request(
    session: Session,
    *,
    name: str,
    tags: dict[str, str],
    role_arn: str,
    inputs: dict[str, str],
    ingest_endpoint: str,
    stream_key: str,
    recordings: str,
    sound: Sound,
) -> dict[str, Any]:
    """`inputs`: source name, and `slate` -> input id. `recordings`: `bucket/prefix` without a dot in the bucket's name.

    The request holds the stream key: it goes to MediaLive and nowhere else.
    """
    profile = PROFILES[session.profile]
    destinations = [{"Id": "ivs", "Settings": [{"Url": rtmps_url(ingest_endpoint), "StreamName": stream_key}]}]
    groups = [_ivs_group()]
    if session.record != "off":
        destinations.append({"Id": "recording", "Settings": [{"Url": f"s3ssl://{recordings}/index"}]})
        groups.append(_recording_group(profile))
    return {
        "Name": name,
        "RequestId": name,
        "Tags": tags,
        "RoleArn": role_arn,
        "ChannelClass": "SINGLE_PIPELINE",
        "LogLevel": "WARNING",
        "InputSpecification": {
            "Codec": "AVC",
            "Resolution": profile.resolution_class,
            "MaximumBitrate": "MAX_10_MBPS",
        },
        "InputAttachments": [
            _file_attachment(SLATE, inputs[SLATE], "LOOP"),
            *(_attachment(source, inputs[source.name]) for source in session.sources),
        ],
        "Destinations": destinations,
        "EncoderSettings": {
            "TimecodeConfig": {"Source": "SYSTEMCLOCK"},
            "ThumbnailConfiguration": {"State": "AUTO"},
            "FeatureActivations": {
                "InputPrepareScheduleActions": "ENABLED",
                "OutputStaticImageOverlayScheduleActions": "ENABLED",
            },
            "GlobalConfiguration": {
                "InputEndAction": "NONE",
                "InputLossBehavior": {
                    "RepeatFrameMsec": 1000,
                    "BlackFrameMsec": 10_000,
                    "InputLossImageType": "COLOR",
                    "InputLossImageColor": "202020",
                },
            },
            "VideoDescriptions": [_video(profile)],
            "AudioDescriptions": [_audio(profile, sound)],
            "OutputGroups": groups,
        },
    }


def output_names(session: Session) -> list[str]:
    """Of all outputs that a session's channel has."""
    return ["ivs"] if session.record == "off" else ["ivs", "recording"]


def rtmps_url(ingest_endpoint: str) -> str:
    """IVS's ingest endpoint, bare or already dressed as a URL, as MediaLive wants it: without the stream name."""
    host = ingest_endpoint.removeprefix("rtmps://").split("/")[0].split(":")[0]
    return f"rtmps://{host}:443/app/"


def _attachment(source: Source, input_id: str) -> dict[str, Any]:
    if source.type == "MP4_FILE":
        return _file_attachment(source.name, input_id, "CONTINUE")
    # An RTMP input has one audio: its selector stays without settings (MediaLive user guide, audio selectors).
    return {
        "InputId": input_id,
        "InputAttachmentName": source.name,
        "InputSettings": {
            "SourceEndBehavior": "CONTINUE",
            "InputFilter": "AUTO",
            "AudioSelectors": [{"Name": "default"}],
        },
    }


def _file_attachment(name: str, input_id: str, at_its_end: str) -> dict[str, Any]:
    """`at_its_end`: a SourceEndBehavior, LOOP or CONTINUE. All attachments need selectors of the same names."""
    track = {"AudioTrackSelection": {"Tracks": [{"Track": 1}]}}
    return {
        "InputId": input_id,
        "InputAttachmentName": name,
        "InputSettings": {
            "SourceEndBehavior": at_its_end,
            "InputFilter": "AUTO",
            "AudioSelectors": [{"Name": "default", "SelectorSettings": track}],
        },
    }


def _video(profile: Profile) -> dict[str, Any]:
    h264 = {
        "RateControlMode": "CBR",
        "Bitrate": profile.video_bitrate,
        "BufSize": profile.video_bitrate,
        "Profile": "MAIN",
        "Level": "H264_LEVEL_AUTO",
        "FramerateControl": "SPECIFIED",  # from the source would be billed as 60 fps
        "FramerateNumerator": profile.fps,
        "FramerateDenominator": 1,
        "GopSize": float(SEGMENT_SECONDS),
        "GopSizeUnits": "SECONDS",
        "GopClosedCadence": 1,
        "GopNumBFrames": 0,
        "GopBReference": "DISABLED",
        "SceneChangeDetect": "DISABLED",
        "ParControl": "SPECIFIED",
        "ParNumerator": 1,
        "ParDenominator": 1,
        "ScanType": "PROGRESSIVE",
        "AdaptiveQuantization": "AUTO",
        "AfdSignaling": "NONE",
        "ColorMetadata": "INSERT",
        "EntropyEncoding": "CABAC",
        "Syntax": "DEFAULT",
        "TimecodeInsertion": "DISABLED",
    }
    return {
        "Name": "video",
        "Width": profile.width,
        "Height": profile.height,
        "ScalingBehavior": "DEFAULT",
        "RespondToAfd": "NONE",
        "Sharpness": 50,
        "CodecSettings": {"H264Settings": h264},
    }


def _audio(profile: Profile, sound: Sound) -> dict[str, Any]:
    aac = {
        "Bitrate": float(profile.audio_bitrate),
        "CodingMode": "CODING_MODE_2_0",
        "InputType": "NORMAL",
        "Profile": "LC",
        "RateControlMode": "CBR",
        "RawFormat": "NONE",
        "SampleRate": 48_000.0,
        "Spec": "MPEG4",
    }
    return {
        "Name": "audio",
        "AudioSelectorName": "default",
        "AudioTypeControl": "FOLLOW_INPUT",
        "LanguageCodeControl": "FOLLOW_INPUT",
        "CodecSettings": {"AacSettings": aac},
        **_gain(MUTE_DB if sound.mute else sound.gain_db),
        **_loudness(sound.loudness_lkfs),
    }


def _gain(gain_db: int) -> dict[str, Any]:
    if gain_db == 0:
        return {}
    channels = range(2)
    mappings = [
        {"OutputChannel": channel, "InputChannelLevels": [{"InputChannel": channel, "Gain": gain_db}]}
        for channel in channels
    ]
    return {"RemixSettings": {"ChannelMappings": mappings, "ChannelsIn": len(channels), "ChannelsOut": len(channels)}}


def _loudness(target_lkfs: int | None) -> dict[str, Any]:
    if target_lkfs is None:
        return {}
    settings = {"Algorithm": "ITU_1770_2", "AlgorithmControl": "CORRECT_AUDIO", "TargetLkfs": float(target_lkfs)}
    return {"AudioNormalizationSettings": settings}


def _output(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "OutputName": name,
        "VideoDescriptionName": "video",
        "AudioDescriptionNames": ["audio"],
        "OutputSettings": settings,
    }


def _ivs_group() -> dict[str, Any]:
    group = {
        "AuthenticationScheme": "COMMON",
        "CacheFullBehavior": "DISCONNECT_IMMEDIATELY",
        "CacheLength": 30,
        "CaptionData": "ALL",
        "InputLossAction": "EMIT_OUTPUT",
        "RestartDelay": 15,
    }
    # When the retries run out the output stops for good, so there are many.
    output = {
        "Destination": {"DestinationRefId": "ivs"},
        "CertificateMode": "VERIFY_AUTHENTICITY",
        "ConnectionRetryInterval": 2,
        "NumRetries": 10_000,
    }
    return {
        "Name": "ivs",
        "OutputGroupSettings": {"RtmpGroupSettings": group},
        "Outputs": [_output("ivs", {"RtmpOutputSettings": output})],
    }


def _recording_group(profile: Profile) -> dict[str, Any]:
    group = {
        "Destination": {"DestinationRefId": "recording"},
        "Mode": "VOD",  # every segment is kept
        "SegmentLength": SEGMENT_SECONDS,
        "ProgramDateTime": "INCLUDE",
        "ProgramDateTimeClock": "SYSTEM_CLOCK",
        "ProgramDateTimePeriod": SEGMENT_SECONDS,
        "DirectoryStructure": "SINGLE_DIRECTORY",
        "InputLossAction": "EMIT_OUTPUT",
        "IncompleteSegmentBehavior": "AUTO",
        "ManifestDurationFormat": "FLOATING_POINT",
        "OutputSelection": "MANIFESTS_AND_SEGMENTS",
        "RedundantManifest": "DISABLED",
        "TsFileMode": "SEGMENTED_FILES",
        "HlsId3SegmentTagging": "ENABLED",
        "HlsCdnSettings": {"HlsS3Settings": {}},
    }
    output = {
        "NameModifier": f"_{profile.name}",
        "HlsSettings": {"StandardHlsSettings": {"M3u8Settings": {"TimedMetadataBehavior": "PASSTHROUGH"}}},
    }
    return {
        "Name": "recording",
        "OutputGroupSettings": {"HlsGroupSettings": group},
        "Outputs": [_output("recording", {"HlsOutputSettings": output})],
    }
