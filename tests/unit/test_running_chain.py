"""A tracklist that is changed while it plays, against MediaLive's schedule; the product's clock is the virtual one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from showrunner import aws, clock, medialive
from showrunner.api import Answer, Call, Caller
from showrunner.errors import Conflict
from showrunner.running_order import LEAD, behind, place
from showrunner.session import moment
from showrunner.store import Store
from showrunner.switch import Switch
from tests.cloud import Cloud
from tests.on_air import TRACK_SECONDS, put_on_air, react, ready
from workflows import switching, tracks
from workflows.requests import Jump, Nothing, SourceWish, TracklistWish


class Show:
    """The session 'show' on air, with the tracks one to five, each of a minute.

    `seen` is what was on air after the host, by MediaLive's events. While it is `deaf`, the product hears of none.
    """

    def __init__(self, cloud: Cloud, table: Store) -> None:
        self.cloud, self.table = cloud, table
        self.seen: list[str] = []
        self.deaf = False
        cloud.react = self._hear
        for track in ("one", "two", "three", "four", "five"):
            table.add_media(ready(track))

    def set(self, *items: str, fallback: str = "slate") -> dict[str, Any]:
        answer = tracks.put(Call(Caller("ann"), TracklistWish(list(items), fallback)), "show")
        assert answer.status == 200
        return answer.body

    def begin(self, *items: str, fallback: str = "slate") -> None:
        self.set(*items, fallback=fallback)
        tracks.play(Call(Caller("ann"), Jump()), "show")
        self.after(1)

    def next(self) -> Answer:
        return tracks.following(Call(Caller("ann"), Nothing()), "show")

    def panic(self) -> Answer:
        return switching.panic(Call(Caller("ann"), Nothing()), "show")

    def take(self, source: str, **wish: Any) -> Answer:
        return switching.take(Call(Caller("ann"), SourceWish(source, **wish)), "show")

    def crash(self) -> None:
        self.cloud.plane.kill(str(self.table.attempt("show", 1).channel_id), "it crashed")

    def look(self) -> dict[str, Any]:
        return tracks.read(Call(Caller("ann"), None), "show").body

    def after(self, seconds: float) -> None:
        self.cloud.clock.advance(seconds)

    @property
    def schedule(self) -> dict[str, Any]:
        channel_id = str(self.table.attempt("show", 1).channel_id)
        actions = aws.medialive().describe_schedule(ChannelId=channel_id)["ScheduleActions"]
        return {each["ActionName"]: each for each in actions}

    def _hear(self, event: dict[str, Any]) -> None:
        if event["detail-type"] == "MediaLive Channel Input Change":
            action = self.schedule[event["detail"]["active_input_switch_action_name"]]
            settings = action["ScheduleActionSettings"]["InputSwitchSettings"]
            path = settings.get("UrlPath") or [settings["InputAttachmentNameReference"]]
            self.seen.append(path[0].removesuffix(".mp4"))
            if not self.deaf:
                react(event)

    @property
    def coming(self) -> list[str]:
        """Where edits begin, in MediaLive's schedule."""
        settings = [each["ScheduleActionStartSettings"] for each in self.schedule.values()]
        starts = [each.get("FixedModeScheduleActionStartSettings") for each in settings]
        return [start["Time"] for start in starts if start and moment(start["Time"]) > clock.now()]


class Clock:
    """The product's, in step with MediaLive's; a pause is none."""

    def __init__(self, cloud: Cloud) -> None:
        self.time = cloud.clock.time

    def sleep(self, seconds: float) -> None: ...


@pytest.fixture
def show(cloud: Cloud, table: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    put_on_air(cloud, table, monkeypatch)
    clock.use(Clock(cloud))
    yield Show(cloud, table)
    clock.use()


def test_an_edit_counts_from_the_end_of_the_track_on_air(show: Show) -> None:
    show.begin("one", "two", "three")
    before = show.look()
    assert (before["effect"], before["follows"], before["locked"]) == ("in_effect", ["two", "three", "slate"], [])
    said = show.set("one", "four", "three")
    assert (said["effect"], said["next"], said["locked"]) == ("scheduled", "four", [])
    assert said["follows"] == ["four", "three", "slate"]
    assert moment(said["effect_at"]) == moment(said["ends_at"]) - LEAD
    assert show.coming == [said["effect_at"]]
    show.after(TRACK_SECONDS)
    assert (show.look()["on_air"], show.look()["position"], show.look()["effect"]) == ("four", 1, "in_effect")
    show.after(2 * TRACK_SECONDS)
    assert show.seen == ["one", "four", "three", "slate"]
    assert show.table.attempt("show", 1).switches == {}


def test_what_is_too_near_is_locked_and_the_edit_counts_behind_it(show: Show) -> None:
    show.begin("one", "two", "three")
    show.after(TRACK_SECONDS - 12)
    assert show.look()["locked"] == ["two"]
    said = show.set("one", "four")
    assert (said["effect"], said["next"], said["locked"]) == ("scheduled", "two", ["two"])
    assert said["follows"] == ["two", "four", "slate"]
    show.after(3 * TRACK_SECONDS)
    assert show.seen == ["one", "two", "four", "slate"]


def test_tracks_too_short_for_an_edit_are_all_locked(show: Show) -> None:
    for track in ("one", "two"):
        show.table.add_media(ready(track, 6))
        show.cloud.plane.lengths[f"s3ssl://media-test/media/ann/{track}.mp4"] = 6
    show.begin("one", "two", "three", "four")
    said = show.set("one", "two", "three", "five")
    assert (said["locked"], said["follows"]) == (["two", "three"], ["two", "three", "five", "slate"])
    show.after(3 * TRACK_SECONDS)
    assert show.seen == ["one", "two", "three", "five", "slate"]


def test_the_same_edit_again_changes_nothing_and_none_is_taken_back(show: Show) -> None:
    show.begin("one", "two", "three")
    first, again = show.set("one", "four"), show.set("one", "four")
    assert first == again
    assert len(show.coming) == 1
    undone = show.set("one", "two", "three")
    assert (undone["effect"], undone["effect_at"], show.coming) == ("in_effect", None, [])
    assert show.set("one", "four")["effect"] == "scheduled"  # under the name that it had before
    show.after(2 * TRACK_SECONDS)
    assert show.seen == ["one", "four", "slate"]


def test_of_two_edits_the_later_counts(show: Show) -> None:
    show.begin("one", "two")
    show.set("one", "three", "four")
    show.set("one", "five")
    assert len(show.coming) == 1
    show.after(2 * TRACK_SECONDS)
    assert show.seen == ["one", "five", "slate"]


def test_an_edit_that_comes_at_once_is_locked_for_the_next_one(show: Show) -> None:
    show.begin("one", "two")
    show.set("one", "three", "four")
    show.after(TRACK_SECONDS - 10)
    said = show.set("one", "three", "five")
    assert (said["locked"], said["follows"]) == (["three"], ["three", "five", "slate"])
    assert len(show.coming) == 2
    show.after(3 * TRACK_SECONDS)
    assert show.seen == ["one", "three", "five", "slate"]


@pytest.mark.parametrize("between", ["before the table is written", "before MediaLive is asked"])
def test_of_two_edits_at_once_one_counts(show: Show, monkeypatch: pytest.MonkeyPatch, between: str) -> None:
    show.begin("one", "two")
    holder: Any = medialive if "MediaLive" in between else Store
    asked: Callable[..., Any] = medialive.schedule_switches if holder is medialive else Store.ask

    def other_first(*arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(holder, asked.__name__, asked)
        show.set("one", "five")
        return asked(*arguments, **more)

    monkeypatch.setattr(holder, asked.__name__, other_first)
    said = show.set("one", "four")
    assert (said["follows"], len(show.coming)) == (["five", "slate"], 1)
    show.after(2 * TRACK_SECONDS)
    assert show.seen == ["one", "five", "slate"]


def test_an_edit_that_died_before_medialive_was_asked_may_come_again(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    show.begin("one", "two")
    with monkeypatch.context() as patch:
        patch.setattr(medialive, "schedule_switches", died)
        with pytest.raises(KeyboardInterrupt):
            show.set("one", "four")
    assert show.coming == []
    show.set("one", "four")
    show.after(2 * TRACK_SECONDS)
    assert show.seen == ["one", "four", "slate"]


def died(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("cut", ["slate", "host", "next"])
def test_a_cut_takes_back_the_edit_that_it_overtakes(show: Show, cut: str) -> None:
    show.begin("one", "two")
    show.set("one", "four", "five")
    {"slate": show.panic, "host": lambda: show.take("host"), "next": show.next}[cut]()
    assert show.coming == []
    show.after(1)
    assert show.look()["follows"] == (["five", "slate"] if cut == "next" else [])
    show.after(3 * TRACK_SECONDS)
    assert (
        show.seen == {"slate": ["one", "slate"], "host": ["one", "host"], "next": ["one", "four", "five", "slate"]}[cut]
    )


@pytest.mark.parametrize("cut", ["slate", "host"])
def test_what_medialive_keeps_of_an_edit_does_not_stay_on_air(show: Show, cut: str) -> None:
    show.begin("one", "two")
    show.set("one", "four", "five")
    show.after(TRACK_SECONDS - 12)
    said = show.panic() if cut == "slate" else show.take("host")
    if cut == "slate":
        assert "is put back" in said.body["message"]
    show.after(4 * TRACK_SECONDS)
    assert show.seen == ["one", cut, "four", cut]
    assert show.table.attempt("show", 1).switches == {}


def test_next_while_the_edit_is_at_the_door_waits_for_it(show: Show) -> None:
    show.begin("one", "two")
    show.set("one", "four")
    show.after(TRACK_SECONDS - 12)
    said = show.next()
    assert (said.status, said.body["next"]) == (200, "four")
    assert "'four' comes at" in said.body["message"]
    with pytest.raises(Conflict, match="Play from another track after that"):
        tracks.play(Call(Caller("ann"), Jump(1)), "show")
    show.after(2 * TRACK_SECONDS)
    assert show.seen == ["one", "four", "slate"]


@pytest.mark.parametrize("track", [1, 2])
def test_an_edit_outlasts_a_recovery(show: Show, track: int) -> None:
    show.begin("one", "two", "three")
    show.after((track - 1) * TRACK_SECONDS + 20)
    show.set("one", "two", "five")
    show.crash()
    show.after(20)
    assert show.look()["on_air"] == ("one", "two")[track - 1]
    assert show.look()["effect"] == "in_effect"
    show.after(3 * TRACK_SECONDS)
    assert [name for name in show.seen if name != "one"][-3:] == ["two", "five", "slate"]
    assert show.coming == []


def test_a_chain_that_lost_its_encoder_at_its_first_track_goes_on(show: Show) -> None:
    show.begin("one", "two")
    show.after(20)
    show.crash()
    show.after(20 + 2 * TRACK_SECONDS)
    assert show.seen[-2:] == ["two", "slate"]


def test_a_track_that_was_taken_off_the_list_is_not_begun_again(show: Show) -> None:
    show.begin("one", "two", "three")
    show.set("two", "three")
    show.after(10)
    show.crash()
    show.after(20)
    assert show.look()["on_air"] == "two"


def test_when_the_end_was_not_known_in_time_the_edit_counts_behind_the_next_track(show: Show) -> None:
    show.set("one", "two", "three")
    show.deaf = True
    tracks.play(Call(Caller("ann"), Jump()), "show")
    show.after(30)  # its event is lost
    show.deaf = False
    assert show.set("one", "five")["next"] == "five"
    show.after(TRACK_SECONDS)
    assert (show.look()["on_air"], show.look()["follows"]) == ("two", ["five", "slate"])
    show.after(2 * TRACK_SECONDS)
    assert show.seen == ["one", "two", "five", "slate"]


@pytest.mark.parametrize(
    ("wanted", "follows"),
    [
        (["two", "three"], ["two", "three", "slate"]),  # the one on air is taken off
        (["four", "one", "two"], ["two", "slate"]),  # one is put before it
        (["two", "one"], ["slate"]),  # it becomes the last
        ([], ["slate"]),
    ],
)
def test_the_list_counts_behind_the_track_that_is_on_air(show: Show, wanted: list[str], follows: list[str]) -> None:
    show.begin("one", "five")
    assert show.set(*wanted)["follows"] == follows
    show.after(4 * TRACK_SECONDS)
    assert show.seen == ["one", *follows]


def test_behind_the_last_track_the_fallback_is_locked(show: Show) -> None:
    show.begin("one", fallback="callers")
    show.after(TRACK_SECONDS - 10)
    said = show.set("one", "two", fallback="callers")
    assert (said["effect"], said["locked"], said["follows"]) == ("at_next_play", ["callers"], ["callers"])
    show.after(2 * TRACK_SECONDS)
    assert show.seen == ["one", "callers"]


def test_a_switch_at_a_time_ends_the_chain_and_no_edit_comes_after_it(show: Show) -> None:
    show.begin("one", "two")
    show.take("callers", at=datetime.fromtimestamp(show.cloud.clock.time() + 30, UTC))
    said = show.set("one", "four")
    assert (said["effect"], said["follows"]) == ("at_next_play", ["callers"])
    show.after(2 * TRACK_SECONDS)
    assert show.seen == ["one", "callers"]


def test_a_switch_at_a_time_that_is_asked_later_takes_the_edit_back(show: Show) -> None:
    show.begin("one", "two")
    show.set("one", "four")
    show.take("callers", at=datetime.fromtimestamp(show.cloud.clock.time() + 30, UTC))
    show.after(3 * TRACK_SECONDS)
    assert show.seen == ["one", "callers"]


def test_an_edit_is_asked_of_what_was_just_cut_to(show: Show) -> None:
    show.begin("one", "two", "three")
    show.next()  # not confirmed yet
    said = show.set("one", "two", "four")
    assert (said["effect"], said["follows"]) == ("scheduled", ["two", "four", "slate"])
    show.after(3 * TRACK_SECONDS)
    assert show.seen == ["one", "two", "four", "slate"]


def test_the_schedule_does_not_grow_with_edits(show: Show) -> None:
    show.begin("one", *["two"] * 5)
    sizes = []
    for _ in range(3):
        show.set("one", *["two"] * 4, "three")
        show.set("one", *["two"] * 5)
        sizes.append(len(show.schedule))
        show.set("two", "one", *["two"] * 4)
        show.next()
        show.after(1)
        sizes.append(len(show.schedule))
    assert max(sizes) <= 2 * 7 + 1, sizes


def test_a_session_that_rests_has_nothing_on_air(show: Show) -> None:
    show.begin("one", "two")
    show.table.advance("show", 1, "stopping", "Stop requested")
    said = show.set("two")
    assert (said["effect"], said["on_air"], said["follows"], said["locked"]) == ("at_next_play", None, [], [])


def test_when_medialive_takes_no_edit_the_answer_says_so(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    show.begin("one", "two")

    def refused(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "UnprocessableEntityException", "Message": "no"}}, "BatchUpdateSchedule")

    monkeypatch.setattr(medialive, "schedule_switches", refused)
    said = show.set("one", "four")
    assert (said["effect"], said["follows"]) == ("at_next_play", ["two", "slate"])
    assert [track["id"] for track in said["tracks"]] == ["one", "four"]


def test_where_a_track_is_in_a_changed_list() -> None:
    assert place(["x", "y", "x"], "x", 2) == 2
    assert place(["n", "x", "x"], "x", 0) == 1
    assert place(["y"], "x", 0) is None
    assert behind(["a", "b", "c"], "b", 0) == 2
    assert behind(["a", "c"], "b", 1) == 1
    assert behind(["a"], "b", 5) == 1
    assert Switch("a", "b", "c", "d").void is False
