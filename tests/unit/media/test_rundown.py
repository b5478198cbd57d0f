"""Which input is on air when, without video."""

import numpy as np

from sandbox.media.buffer import Picture
from sandbox.media.rundown import Rundown, Switch
from sandbox.media.sound import Sound

HOUR = 1_800_000_000.0  # the UTC of the channel's time 0


class FakeInput:
    """`length` in seconds from when it began."""

    def __init__(self, name: str, ready: bool = True, length: float = 1e9) -> None:
        self.name = name
        self.ready = ready
        self.length = length
        self.began: float | None = None
        self.left = False

    def begin(self, time: float) -> None:
        self.began = time

    def start_clock(self) -> None: ...

    def leave(self) -> None:
        self.left = True

    def ended(self, time: float) -> bool:
        return self.began is not None and time - self.began >= self.length

    def picture(self, time: float, patience: float) -> Picture | None: ...

    def sound(self, position: int, count: int) -> Sound:
        return np.zeros((2, count), np.float32)


class Stage:
    """A rundown that began with the host; files are of 10 s."""

    def __init__(self) -> None:
        self.opened: list[FakeInput] = []
        self.told: list[str | None] = []
        self.slow = False
        self.host = FakeInput("host")
        self.ended: list[str | None] = []
        self.rundown = Rundown(
            Switch(None, "host"),
            self.open,
            lambda switch: self.told.append(switch.action),
            lambda switch: self.ended.append(switch.action),
        )
        self.rundown.begin()

    def open(self, attachment: str, path: str | None) -> FakeInput:
        if attachment == "host":
            return self.host
        self.opened.append(FakeInput(path or attachment, not self.slow, 10.0))
        return self.opened[-1]

    def at(self, time: float, *switches: Switch) -> str:
        """What is on air at `time`, after these switches came."""
        for switch in switches:
            self.rundown.add(switch, HOUR + time)
        self.rundown.advance(HOUR + time, time)
        assert isinstance(self.rundown.input, FakeInput)
        return self.rundown.input.name


def test_the_start() -> None:
    stage = Stage()

    assert stage.at(0.0) == "host"
    assert stage.told == [None]
    assert stage.host.began == 0.0


def test_at_once_and_at_its_time() -> None:
    stage = Stage()

    assert stage.at(1.0, Switch("now", "file", "a")) == "a"
    assert stage.at(2.0, Switch("then", "host", time=HOUR + 3.0)) == "a"
    assert stage.at(2.999) == "a"
    assert stage.at(3.0) == "host"
    assert stage.told == [None, "now", "then"]
    assert stage.opened[0].left


def test_a_file_begins_anew_each_time() -> None:
    stage = Stage()

    stage.at(1.0, Switch("1", "file", "a"))
    stage.at(2.0, Switch("2", "file", "a"))

    first, second = stage.opened
    assert (first.began, first.left, second.began, second.left) == (1.0, True, 2.0, False)


def test_the_old_input_stays_until_the_new_one_is_ready() -> None:
    stage = Stage()
    stage.slow = True

    assert stage.at(1.0, Switch("1", "file", "a")) == "host"
    stage.opened[0].ready = True

    assert stage.at(1.5) == "a"
    assert stage.opened[0].began == 1.5


def test_the_latest_of_those_that_are_due_counts() -> None:
    stage = Stage()
    stage.slow = True

    assert stage.at(1.0, Switch("1", "file", "a")) == "host"
    assert stage.at(2.0, Switch("2", "host")) == "host"
    stage.opened[0].ready = True

    assert stage.at(3.0) == "host"
    assert stage.told == [None, "2"]
    assert stage.opened[0].left


def test_a_chain_of_files() -> None:
    stage = Stage()
    chain = (Switch("1", "file", "a"), Switch("2", "file", "b", after="1"), Switch("3", "host", after="2"))

    assert stage.at(1.0, *chain) == "a"
    assert [each.name for each in stage.opened] == ["a", "b"]  # the next one is prepared
    assert stage.at(10.9) == "a"
    assert stage.at(11.0) == "b"
    assert stage.at(21.0) == "host"
    assert stage.told == [None, "1", "2", "3"]


def test_a_switch_ends_the_chain() -> None:
    stage = Stage()
    stage.at(1.0, Switch("1", "file", "a"), Switch("2", "file", "b", after="1"), Switch("3", "host", after="2"))

    assert stage.at(5.0, Switch("4", "file", "c")) == "c"
    assert stage.at(15.0) == "c"
    assert [each.left for each in stage.opened] == [True, True, False]


def test_a_chain_that_hangs_on_a_switch_to_come() -> None:
    stage = Stage()
    stage.at(1.0, Switch("1", "file", "a", time=HOUR + 3.0), Switch("2", "host", after="1"))
    stage.at(2.0, Switch("0", "file", "b"))

    assert stage.at(3.0) == "a"
    assert stage.at(13.0) == "host"


def test_what_follows_comes_at_once_if_the_file_is_over() -> None:
    stage = Stage()
    stage.at(1.0, Switch("1", "file", "a"))
    stage.at(20.0)

    assert stage.at(21.0, Switch("2", "host", after="1")) == "host"


def test_what_was_taken_back_never_comes() -> None:
    stage = Stage()
    stage.at(1.0, Switch("1", "file", "a", time=HOUR + 3.0))

    stage.rundown.remove(["1", "unknown"])

    assert stage.at(4.0) == "host"
    assert stage.opened[0].left


def test_prepared_is_used_by_the_same_path_only() -> None:
    stage = Stage()
    prepared = stage.rundown.prepare("file", "a")

    assert stage.at(1.0, Switch("1", "file", "b")) == "b"
    assert stage.rundown.input is not prepared
    assert stage.at(2.0, Switch("2", "file", "a")) == "a"
    assert stage.rundown.input is prepared


def test_one_input_is_prepared_at_a_time() -> None:
    stage = Stage()
    stage.rundown.prepare("file", "a")
    stage.rundown.prepare("file", "b")
    assert [each.left for each in stage.opened] == [True, False]

    assert stage.rundown.prepare(None, None) is None
    assert stage.opened[1].left


def test_the_end() -> None:
    stage = Stage()
    stage.at(1.0, Switch("1", "file", "a"), Switch("2", "file", "b", after="1"), Switch("3", "file", "c", time=2e9))
    stage.rundown.prepare("file", "d")

    stage.rundown.close()

    assert len(stage.opened) == 4
    assert all(each.left for each in stage.opened)


def test_each_end_of_a_file_is_told_once() -> None:
    stage = Stage()
    stage.at(1.0, Switch("1", "file", "a"), Switch("2", "file", "b", after="1"))
    assert stage.at(10.9) == "a"
    assert stage.ended == []
    assert stage.at(11.0) == "b"
    for tick in range(20):
        stage.at(21.0 + tick)
    assert stage.ended == ["1", "2"]
