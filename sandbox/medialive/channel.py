"""One channel going through the table of `states` with its encoder.

RUNNING needs two things: the start's time has passed, and the encoder that is started then has reported that it
runs. IDLE after a stop likewise: the time, and the encoder's outputs are finished. An encoder that dies is started
again.
"""

from collections.abc import Callable
from typing import Any

from sandbox.clock import Clock, Timer
from sandbox.errors import AwsError
from sandbox.events import Emit
from sandbox.media.plane import Encoder, MediaPlane
from sandbox.medialive.schedule import Schedule
from sandbox.medialive.states import EVENTS, REFUSALS, TRANSITIONS, Cause, State, StopWhileStarting, Timings


class Channel:
    """`request` is CreateChannel's, without Tags; `inputs` is what the encoder gets of its inputs."""

    def __init__(
        self,
        channel_id: str,
        arn: str,
        request: dict[str, Any],
        tags: dict[str, str],
        inputs: dict[str, dict[str, Any]],
        *,
        clock: Clock,
        emit: Emit,
        plane: MediaPlane,
        timings: Timings,
        stop_while_starting: StopWhileStarting,
        deleted: Callable[["Channel"], None],
        creatable: Callable[["Channel"], bool],
    ) -> None:
        self.id = channel_id
        self.arn = arn
        self.request = request
        self.tags = tags
        self.inputs = inputs
        self.state: State = "CREATING"
        self.connected: dict[str, bool] = {}
        self._on_air: tuple[str | None, str] | None = None  # the switch that did it, and the attachment
        self.schedule = Schedule(clock)
        self._clock = clock
        self._emit = emit
        self._plane = plane
        self._timings = timings
        self._stop_while_starting = stop_while_starting
        self._deleted = deleted
        self._creatable = creatable
        self._encoder: Encoder | None = None
        self._run = 0  # which encoder's reports count
        self._unfinished: set[str] = set()  # what IDLE still waits for after a stop: "time", "encoder"
        self._timer: Timer = clock.call_later(timings.create, self._created)

    @property
    def pipelines_running(self) -> int:
        """Pipelines of a channel that runs."""
        if self.state != "RUNNING":
            return 0
        return 1 if self.request.get("ChannelClass") == "SINGLE_PIPELINE" else 2

    @property
    def pipeline_details(self) -> dict[str, Any]:
        """What is on air, of each pipeline alike: as the encoder tells, and before it does, the first attachment."""
        if self._on_air is None:
            return {"ActiveInputAttachmentName": self.request["InputAttachments"][0]["InputAttachmentName"]}
        action, attachment = self._on_air
        return {"ActiveInputAttachmentName": attachment, "ActiveInputSwitchActionName": action}

    @property
    def takes_segment_tags(self) -> bool:
        """Whether an HLS output group has segment tagging enabled."""
        groups = [group["OutputGroupSettings"] for group in self.request["EncoderSettings"]["OutputGroups"]]
        return any(each.get("HlsGroupSettings", {}).get("HlsId3SegmentTagging") == "ENABLED" for each in groups)

    # Calls

    def start(self) -> None:
        """Raises AwsError ConflictException unless IDLE."""
        self._become("start")
        self._timer = self._clock.call_later(self._timings.start, self._launch)

    def stop(self) -> None:
        """Raises AwsError ConflictException unless it runs or is about to."""
        if self.state == "STARTING" and self._stop_while_starting == "conflict":
            raise AwsError("ConflictException", REFUSALS["stop"].format(state=self.state), 409)
        self._become("stop")
        self._timer.cancel()
        self.schedule.rest()
        self._unfinished = {"time"} if self._encoder is None else {"time", "encoder"}
        self._timer = self._clock.call_later(self._timings.stop, lambda: self._finished("time"))
        if self._encoder is not None:
            run = self._run
            self._encoder.stop(lambda: self._encoder_finished(run))

    def delete(self) -> None:
        """Raises AwsError ConflictException unless IDLE."""
        self._become("delete")
        self._timer = self._clock.call_later(self._timings.delete, self._gone)

    # What happens by itself

    def _created(self) -> None:
        self._become("created" if self._creatable(self) else "create_failed")

    def _become(self, cause: Cause) -> None:
        following = TRANSITIONS.get((self.state, cause))
        if following is None:
            raise AwsError("ConflictException", REFUSALS[cause].format(state=self.state), 409)
        self.state = following
        if cause in EVENTS:
            state, message = EVENTS[cause]
            detail = {
                "channel_arn": self.arn,
                "state": state,
                "message": message,
                "pipelines_running_count": self.pipelines_running,
            }
            self._emit("aws.medialive", "MediaLive Channel State Change", detail, [self.arn])

    def _launch(self) -> None:
        self._run += 1
        run = self._run
        content = {**self.request, "Id": self.id, "Arn": self.arn}
        if latest := self.schedule.latest_switch():  # a restart begins with it
            content["StartAttachment"] = latest["InputAttachmentNameReference"]
            content["StartUrlPath"] = latest.get("UrlPath")
        self._encoder = self._plane.start(content, self.inputs, lambda report: self._told(run, report))

    def _told(self, run: int, report: dict[str, Any]) -> None:
        if run != self._run:
            return
        if report["event"] == "input":
            self.connected[report["attachment"]] = report["connected"]
        elif report["event"] == "switched":
            self._switched(report["action"], report["attachment"])
        elif report["event"] == "running" and self._encoder is not None and (self.state, "started") in TRANSITIONS:
            self._become("started")
            self.schedule.run(self._encoder.schedule)
        elif report["event"] == "died" and self.state == "STOPPING":
            self._encoder_finished(run)
        elif report["event"] == "died":
            self._become("died")
            self._forget_encoder()
            self.schedule.rest()
            self._timer = self._clock.call_later(self._timings.recover, self._launch)

    def _switched(self, action: str | None, attachment: str) -> None:
        """An input is on air. Whether AWS sends the event for the first one too is not known; here it does."""
        self._on_air = (action, attachment)
        for number in range(1 if self.request.get("ChannelClass") == "SINGLE_PIPELINE" else 2):
            detail = {
                "channel_arn": self.arn,
                "active_input_attachment_name": attachment,
                "active_input_switch_action_name": action or "",
                "pipeline": str(number),
                "message": "Input switch event on pipeline",
            }
            self._emit("aws.medialive", "MediaLive Channel Input Change", detail, [self.arn])

    def _encoder_finished(self, run: int) -> None:
        if run == self._run:
            self._forget_encoder()
            self._finished("encoder")

    def _forget_encoder(self) -> None:
        self._encoder = None
        self._run += 1
        self._on_air = None
        self.connected.clear()

    def _finished(self, what: str) -> None:
        self._unfinished.discard(what)
        if not self._unfinished:
            self._become("stopped")

    def _gone(self) -> None:
        self._become("deleted")
        self._deleted(self)
