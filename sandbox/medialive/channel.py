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
from sandbox.media.plane import Encoder, MediaPlane, Thumbnail
from sandbox.medialive.alerts import Alerts
from sandbox.medialive.schedule import Schedule
from sandbox.medialive.states import EVENTS, REFUSALS, TRANSITIONS, Cause, State, Timings
from sandbox.medialive.unknowns import Unknowns

NO_PICTURE = "Video Not Detected"
"""The alert of an input on air without a picture, and what it says: as programs in public repositories meet it."""
_NO_PICTURE_SAYS = "[VideoBuffer[1]] Video not detected: Check input signal"
AT_THE_START = "Initial Channel Input"
"""The name of the switch that there was none of: as programs in public repositories meet it; AWS has no document."""


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
        unknowns: Unknowns,
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
        self._on_air: tuple[str, str] | None = None  # the switch that did it, and the attachment
        self.schedule = Schedule(clock)
        self.alerts = Alerts(channel_id, clock, lambda detail: self._tell("Alert", detail))
        self._clock = clock
        self._emit = emit
        self._plane = plane
        self._timings = timings
        self._unknowns = unknowns
        self._deleted = deleted
        self._creatable = creatable
        self._encoder: Encoder | None = None
        self._unseen: tuple[str, Timer] | None = None  # the input on air without a picture
        self._lost_outputs = 0  # outputs whose retries have ended
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
        first = self.request["InputAttachments"][0]["InputAttachmentName"]
        action, attachment = self._on_air or (AT_THE_START, first)
        return {"ActiveInputAttachmentName": attachment, "ActiveInputSwitchActionName": action}

    @property
    def makes_thumbnails(self) -> bool:
        configuration = self.request.get("EncoderSettings", {}).get("ThumbnailConfiguration", {})
        return bool(configuration.get("State") == "AUTO")

    def thumbnail(self) -> Thumbnail | None:
        """Of the active input; None if there is none. Raises AwsError ConflictException unless it runs."""
        if self.state != "RUNNING" or self._encoder is None:
            raise AwsError("ConflictException", f"A channel that is {self.state} has no thumbnails", 409)
        return self._encoder.thumbnail()

    # Calls

    def start(self) -> None:
        """Raises AwsError ConflictException unless IDLE."""
        self._become("start")
        self._timer = self._clock.call_later(self._timings.start, self._launch)

    def stop(self) -> None:
        """Raises AwsError ConflictException unless it runs or is about to."""
        if self.state == "STARTING" and not self._unknowns.stop_while_starting:
            raise self._refusal("stop")
        self._become("stop")
        self._timer.cancel()
        self.schedule.rest()
        self._unfinished = {"time"} if self._encoder is None else {"time", "encoder"}
        self._timer = self._clock.call_later(self._timings.stop, lambda: self._finished("time"))
        if self._encoder is not None:
            run = self._run
            self._encoder.stop(lambda: self._encoder_finished(run))

    def delete(self) -> None:
        """Raises AwsError ConflictException unless IDLE, or its creation failed."""
        if self.state == "CREATE_FAILED" and not self._unknowns.delete_create_failed:
            raise self._refusal("delete")
        self._become("delete")
        self._timer = self._clock.call_later(self._timings.delete, self._gone)

    # What happens by itself

    def _created(self) -> None:
        self._become("created" if self._creatable(self) else "create_failed")

    def _become(self, cause: Cause) -> None:
        following = TRANSITIONS.get((self.state, cause))
        if following is None:
            raise self._refusal(cause)
        self.state = following
        if cause in EVENTS:
            self._tell_state(*EVENTS[cause])

    def _tell_state(self, state: str, message: str) -> None:
        running = self.pipelines_running
        self._tell("State Change", {"state": state, "message": message, "pipelines_running_count": running})

    def _refusal(self, cause: Cause) -> AwsError:
        return AwsError("ConflictException", REFUSALS[cause].format(state=self.state), 409)

    def _tell(self, what: str, detail: dict[str, Any]) -> None:
        self._emit("aws.medialive", f"MediaLive Channel {what}", {"channel_arn": self.arn, **detail}, [self.arn])

    def _launch(self) -> None:
        self._run += 1
        run = self._run
        content = {**self.request, "Id": self.id, "Arn": self.arn}
        if first := self.schedule.open(again=self.state == "RECOVERING"):
            switch = first["ScheduleActionSettings"]["InputSwitchSettings"]
            content["StartAction"] = first["ActionName"]
            content["StartAttachment"] = switch["InputAttachmentNameReference"]
            content["StartUrlPath"] = switch.get("UrlPath")
        self._lost_outputs = 0
        self._encoder = self._plane.start(content, self.inputs, lambda report: self._told(run, report))

    def _told(self, run: int, report: dict[str, Any]) -> None:
        if run != self._run:
            return
        match report["event"]:
            case "input":
                self.connected[report["attachment"]] = report["connected"]
            case "picture":
                self._saw(report["attachment"], report["there"])
            case "switched":
                self._switched(report["action"], report["attachment"])
                self.schedule.took_effect(report["action"])
            case "ended":
                self.schedule.ended(report["action"])
            case "alert" if report["set"]:
                self.alerts.set(report["id"], report["type"], report["message"])
            case "alert":
                self.alerts.clear(report["id"])
            case "output" if report["given_up"]:
                self._lost_outputs += 1
                self._stop_without_outputs()
            case "running" if self._encoder is not None and (self.state, "started") in TRANSITIONS:
                self._become("started")
                self.schedule.run(self._encoder)
                self._stop_without_outputs()
            case "died" if self.state == "STOPPING":
                self._encoder_finished(run)
            case "died":
                self._become("died")
                if self.state == "RECOVERING" and self._unknowns.recovering_event:
                    self._tell_state("RECOVERING", "Recovering channel")
                self._forget_encoder()
                self.schedule.pause()
                self._timer = self._clock.call_later(self._timings.recover, self._launch)

    def _saw(self, attachment: str, there: bool) -> None:
        """Alert of an input on air that has had no picture for a time. Of the others MediaLive tells nothing."""
        if self._unseen is not None and (there or attachment != self._unseen[0]):
            self._unseen[1].cancel()
            self._unseen = None
            self.alerts.clear(NO_PICTURE)
        if not there and self._unseen is None:
            alert = self._clock.call_later(
                self._timings.unseen, lambda: self.alerts.set(NO_PICTURE, NO_PICTURE, _NO_PICTURE_SAYS)
            )
            self._unseen = attachment, alert

    def _switched(self, action: str | None, attachment: str) -> None:
        first, self._on_air = self._on_air is None, (action or AT_THE_START, attachment)
        if first and not self._unknowns.first_input_event:
            return
        for number in range(1 if self.request.get("ChannelClass") == "SINGLE_PIPELINE" else 2):
            detail = {
                "active_input_attachment_name": attachment,
                "active_input_switch_action_name": action or AT_THE_START,
                "pipeline": str(number),
                "message": "Input switch event on pipeline",
            }
            self._tell("Input Change", detail)

    def _stop_without_outputs(self) -> None:
        """An output whose retries have ended stops, and with the last one the channel (user guide, RTMP outputs)."""
        groups = self.request["EncoderSettings"]["OutputGroups"]
        if self._lost_outputs == sum(len(group["Outputs"]) for group in groups) and self.state == "RUNNING":
            self.stop()

    def _encoder_finished(self, run: int) -> None:
        if run == self._run:
            self._forget_encoder()
            self._finished("encoder")

    def _forget_encoder(self) -> None:
        self._encoder = None
        self._run += 1
        self._on_air = None
        if self._unseen is not None:
            self._unseen[1].cancel()
            self._unseen = None
        self.connected.clear()
        self.alerts.clear()

    def _finished(self, what: str) -> None:
        self._unfinished.discard(what)
        if not self._unfinished:
            self._become("stopped")

    def _gone(self) -> None:
        self._become("deleted")
        self._deleted(self)
