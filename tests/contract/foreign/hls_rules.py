"""What RFC 8216 asks of playlists, as far as a player of ours would stumble. It shares nothing with the sandbox.

`check_multivariant`, `check_media` and `check_reload` return sentences about what is wrong; none is good.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SEGMENT_TAGS = {"EXTINF", "EXT-X-BYTERANGE", "EXT-X-DISCONTINUITY", "EXT-X-KEY", "EXT-X-MAP", "EXT-X-PROGRAM-DATE-TIME"}
ONCE = {
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-ENDLIST",
    "EXT-X-I-FRAMES-ONLY",
}
MULTIVARIANT_TAGS = {"EXT-X-STREAM-INF", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-MEDIA", "EXT-X-SESSION-DATA"}


@dataclass
class Segment:
    """One media segment; `time` is its EXT-X-PROGRAM-DATE-TIME, if it has one."""

    uri: str
    duration: float
    discontinuity: bool
    time: datetime | None


@dataclass
class Playlist:
    """What a text says, and what is wrong with it already."""

    tags: dict[str, list[str]] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    uris: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def sequence(self) -> int:
        return int(self.tags.get("EXT-X-MEDIA-SEQUENCE", ["0"])[0])

    @property
    def ended(self) -> bool:
        return "EXT-X-ENDLIST" in self.tags


def parse(text: str) -> Playlist:
    """4.1: lines are blank, comments, tags or URIs; the first one is EXTM3U."""
    found = Playlist()
    if text.startswith("\ufeff"):
        found.wrong.append("a byte order mark")
    lines = text.splitlines()
    if not lines or lines[0] != "#EXTM3U":
        found.wrong.append("the first line is not #EXTM3U")
    pending: dict[str, str] = {}
    for line in lines[1:]:
        if line.startswith("#EXT"):
            name, _, value = line[1:].partition(":")
            found.tags.setdefault(name, []).append(value)
            if name in SEGMENT_TAGS or name == "EXT-X-STREAM-INF":
                if name in pending:
                    found.wrong.append(f"{name} twice before one URI")
                pending[name] = value
            elif name in ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE") and found.segments:
                found.wrong.append(f"{name} after the first segment")
        elif line and not line.startswith("#"):
            _take(found, line, pending)
            pending = {}
    if pending:
        found.wrong.append(f"{', '.join(pending)} without a URI")
    found.wrong += [f"{name} more than once" for name in ONCE if len(found.tags.get(name, [])) > 1]
    return found


def _take(found: Playlist, uri: str, pending: dict[str, str]) -> None:
    if re.search(r"\s", uri):
        found.wrong.append(f"white space in the URI {uri}")
    if "EXT-X-STREAM-INF" in pending:
        found.uris.append((uri, pending["EXT-X-STREAM-INF"]))
        return
    if "EXTINF" not in pending:
        found.wrong.append(f"{uri} has no EXTINF")
        return
    length = pending["EXTINF"].partition(",")
    if not re.fullmatch(r"\d+(\.\d+)?", length[0]) or not length[1]:
        found.wrong.append(f"EXTINF of {uri} is no duration with a comma")
        return
    time = None
    if (told := pending.get("EXT-X-PROGRAM-DATE-TIME")) is not None:
        time = datetime.fromisoformat(told)
        if time.tzinfo is None:
            found.wrong.append(f"the time of {uri} has no zone")
    found.segments.append(Segment(uri, float(length[0]), "EXT-X-DISCONTINUITY" in pending, time))


def check_multivariant(text: str) -> list[str]:
    """4.3.4: variants with a BANDWIDTH, quoted CODECS, and nothing of a media playlist."""
    found = parse(text)
    wrong = list(found.wrong)
    if not found.uris:
        wrong.append("no variant")
    for uri, attributes in found.uris:
        named: dict[str, str] = dict(re.findall(r'([A-Z0-9-]+)=("[^"\n]*"|[^",\s]+)', attributes))
        if not re.fullmatch(r"\d+", named.get("BANDWIDTH", "")):
            wrong.append(f"{uri} has no BANDWIDTH")
        if "CODECS" in named and not re.fullmatch(r'"[A-Za-z0-9.]+(,[A-Za-z0-9.]+)*"', named["CODECS"]):
            wrong.append(f"CODECS of {uri} are not quoted")
        if "RESOLUTION" in named and not re.fullmatch(r"\d+x\d+", named["RESOLUTION"]):
            wrong.append(f"RESOLUTION of {uri} is none")
    wrong += [
        f"{name} belongs into a media playlist"
        for name in found.tags
        if name in SEGMENT_TAGS | (ONCE - {"EXT-X-VERSION"})
    ]
    return wrong


def check_media(text: str, *, vod: bool, slack: float = 0.1) -> list[str]:
    """4.3.2, 4.3.3: durations within the target, times that go on as the durations say (`slack` seconds)."""
    found = parse(text)
    wrong = list(found.wrong)
    wrong += [f"{name} belongs into a multivariant playlist" for name in found.tags if name in MULTIVARIANT_TAGS]
    target = found.tags.get("EXT-X-TARGETDURATION", [""])[0]
    if not re.fullmatch(r"\d+", target):
        wrong.append("no whole EXT-X-TARGETDURATION")
    else:
        wrong += [
            f"{s.uri} lasts {s.duration}, target {target}" for s in found.segments if round(s.duration) > int(target)
        ]
    version = int(found.tags.get("EXT-X-VERSION", ["1"])[0])
    if version < 3 and any("." in value.partition(",")[0] for value in found.tags.get("EXTINF", [])):
        wrong.append("decimal durations need EXT-X-VERSION 3")
    if not found.segments:
        wrong.append("no segment")
    if len({each.uri for each in found.segments}) < len(found.segments):
        wrong.append("a segment twice")
    if vod and not found.ended:
        wrong.append("no EXT-X-ENDLIST")
    if not vod and found.tags.get("EXT-X-PLAYLIST-TYPE") == ["VOD"]:
        wrong.append("a live playlist of type VOD")
    for before, after in zip(found.segments, found.segments[1:], strict=False):
        if before.time is None or after.time is None or after.discontinuity:
            continue
        expected = before.time + timedelta(seconds=before.duration)
        if abs((after.time - expected).total_seconds()) > slack:
            wrong.append(f"{after.uri} is at {after.time}, expected {expected}")
    return wrong


def check_reload(earlier: str, later: str) -> list[str]:
    """6.2.2: a live playlist loses segments at its front, gains at its end, and stays three targets long."""
    old, new = parse(earlier), parse(later)
    gone = new.sequence - old.sequence
    if gone < 0:
        return ["EXT-X-MEDIA-SEQUENCE went back"]
    kept = old.segments[gone:]
    wrong = []
    if [(s.uri, s.duration) for s in kept] != [(s.uri, s.duration) for s in new.segments[: len(kept)]]:
        wrong.append("a segment changed, or its number")
    if old.tags.get("EXT-X-TARGETDURATION") != new.tags.get("EXT-X-TARGETDURATION"):
        wrong.append("EXT-X-TARGETDURATION changed")
    target = int(new.tags["EXT-X-TARGETDURATION"][0])
    if gone > 0 and sum(s.duration for s in new.segments) < 3 * target - 0.5:
        wrong.append("shorter than three target durations")
    return wrong
