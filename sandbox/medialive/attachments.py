"""What MediaLive refuses of a channel's input attachments: their inputs, audio selectors and failover pairs.

Rules (user guide, feature rules and limits; planning audio selectors; input classes), of `validate.channel_request`:
- inputs exist; at most 20 of them, of which at most two are push inputs;
- a STANDARD channel takes inputs of class STANDARD only, that is with two destinations or sources (API reference,
  Input: else "the channel requires two sources in the input"); a single pipeline takes both classes;
- all attachments have the same number and names of audio selectors, at most 32; an RTMP input's have no settings
  (whether the API refuses them or ignores them is not verified);
- PremixSettings need at least two and at most 16 tracks or PIDs in the selector (user guide, audio mixing);
- automatic failover pairs two push inputs of the channel, of the same class, and each in one pair; its conditions
  name audio selectors that there are (user guide, automatic input failover; the CDK's AutomaticInputFailover).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.medialive.inputs import PUSH, Input

Fault = tuple[str, str]
Attachment = dict[str, Any]

MOST_INPUTS, MOST_PUSH_INPUTS = 20, 2
MOST_SELECTORS = 32
PREMIXED = range(2, 17)


def faults(attachments: list[Attachment], inputs: Mapping[str, Input], channel_class: str) -> Iterator[Fault]:
    """`inputs`: those that there are, by id. Every attachment names an input."""
    yield from _inputs(attachments, inputs, channel_class)
    yield from _selectors(attachments)
    yield from _failover(attachments, inputs)
    for at, attachment in enumerate(attachments):
        found = inputs.get(attachment["InputId"])
        for number, selector in enumerate(settings(attachment).get("AudioSelectors", [])):
            path = f"inputAttachments[{at}].inputSettings.audioSelectors[{number}].selectorSettings"
            chosen = selector.get("SelectorSettings", {})
            if found is not None and found.type == "RTMP_PUSH" and chosen:
                yield path, "An RTMP input's selectors have no settings"
            yield from _premix(chosen, path)


def settings(attachment: Attachment) -> dict[str, Any]:
    """The InputSettings, if there are any."""
    found: dict[str, Any] = attachment.get("InputSettings", {})
    return found


def selector_names(attachment: Attachment, kind: str = "AudioSelectors") -> list[str]:
    """The names of an attachment's selectors."""
    return [each["Name"] for each in settings(attachment).get(kind, [])]


def _inputs(attachments: list[Attachment], inputs: Mapping[str, Input], channel_class: str) -> Iterator[Fault]:
    ids = [attachment["InputId"] for attachment in attachments]
    for at, input_id in enumerate(ids):
        if input_id not in inputs:
            yield f"inputAttachments[{at}].inputId", f"There is no input {input_id}"
        elif channel_class == "STANDARD" and inputs[input_id].input_class != "STANDARD":
            yield f"inputAttachments[{at}].inputId", "A STANDARD channel needs inputs of class STANDARD"
    if len(ids) > MOST_INPUTS:
        yield "inputAttachments", f"A channel has at most {MOST_INPUTS} inputs"
    if sum(input_id in inputs and inputs[input_id].type in PUSH for input_id in ids) > MOST_PUSH_INPUTS:
        yield "inputAttachments", f"A channel has at most {MOST_PUSH_INPUTS} push inputs"


def _selectors(attachments: list[Attachment]) -> Iterator[Fault]:
    first, *others = (selector_names(attachment) for attachment in attachments)
    if any(set(each) != set(first) or len(each) != len(first) for each in others):
        yield "inputAttachments", "All inputs of a channel need the same number and names of audio selectors"
    if len(first) > MOST_SELECTORS:
        yield "inputAttachments", f"An input has at most {MOST_SELECTORS} audio selectors"


def _premix(chosen: Mapping[str, Any], path: str) -> Iterator[Fault]:
    for kind, member in (("AudioTrackSelection", "Tracks"), ("AudioPidSelection", "Pids")):
        parts = chosen.get(kind, {}).get(member, [])
        if any("PremixSettings" in part for part in parts) and len(parts) not in PREMIXED:
            where = f"{path}.{kind[:1].lower()}{kind[1:]}.{member.lower()}"
            yield where, f"PremixSettings need {PREMIXED.start} to {PREMIXED.stop - 1} {member.lower()}"


def _failover(attachments: list[Attachment], inputs: Mapping[str, Input]) -> Iterator[Fault]:
    attached = {each["InputId"] for each in attachments}
    paired: set[str] = set()
    for at, attachment in enumerate(attachments):
        failover = attachment.get("AutomaticInputFailoverSettings")
        if failover is None:
            continue
        path = f"inputAttachments[{at}].automaticInputFailoverSettings"
        first, second = attachment["InputId"], failover["SecondaryInputId"]
        if second not in attached - {first}:
            yield f"{path}.secondaryInputId", "This must be another input of the channel"
        elif first in inputs and second in inputs:
            yield from _pair(inputs[first], inputs[second], path)
        if paired & {first, second}:
            yield path, "An input is in one failover pair only"
        paired |= {first, second}
        for number, condition in enumerate(failover.get("FailoverConditions", [])):
            silence = condition.get("FailoverConditionSettings", {}).get("AudioSilenceSettings")
            if silence is not None and silence["AudioSelectorName"] not in selector_names(attachment):
                where = f"{path}.failoverConditions[{number}].failoverConditionSettings.audioSilenceSettings"
                yield f"{where}.audioSelectorName", f"There is no audio selector {silence['AudioSelectorName']}"


def _pair(first: Input, second: Input, path: str) -> Iterator[Fault]:
    if first.type not in PUSH or second.type not in PUSH:
        yield path, "Automatic input failover pairs two push inputs"
    elif first.input_class != second.input_class:
        yield path, "The inputs of a failover pair must be of the same class"
