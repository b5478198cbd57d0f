"""Which tests come first, and at the processor too; and at the end, which faults were tried.

Video is encoded and decoded in real time: of the processes of a run one has all tests with video, one after the other,
begins with them, and comes before the others at the processor. The rest goes to the processes by file, or by folder
where its files share a stack that one process makes.
"""

import os
from collections import Counter
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.simulation import tally

TESTS = Path(__file__).parent
E2E = TESTS / "e2e"
RECORDER = E2E / "recorder"  # from file to file, as fast as it goes
STACK = TESTS / "contract" / "stack"
_NICE = 10  # of what has no video


def _is_video(path: Path) -> bool:
    return E2E in path.parents and RECORDER not in path.parents


class TogetherInOneProcess(LoadFileScheduling):
    """As `--dist loadfile`, with all tests with video as if they were one file, and those of the small stack."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        path = TESTS.parent / file
        return "video" if _is_video(path) else "stack" if STACK in path.parents else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TogetherInOneProcess:
    return TogetherInOneProcess(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole shows first, then video's parts, then what needs no video."""
    items.sort(key=lambda item: (not _is_video(item.path), item.path.parent != E2E))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if not _is_video(item.path) and (nice := os.nice(0)) < _NICE:
        os.nice(_NICE - nice)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the cases of the fault matrix, whichever processes they ran in, and tell what the graph proves."""
    counts, seconds, proven = Counter[str](), 0.0, list[str]()
    for reports in terminalreporter.stats.values():
        for report in reports:
            told = dict(getattr(report, "user_properties", ())) if getattr(report, "when", "") == "call" else {}
            if tally.LIVED in told:
                counts.update(told[tally.LIVED][0])
                seconds += told[tally.LIVED][1]
            if tally.PROVEN in told:
                proven.append(told[tally.PROVEN])
    if proven:
        terminalreporter.section(tally.PROVEN)
        terminalreporter.write_line("\n".join(sorted(proven)))
    if counts:
        terminalreporter.section("faults")
        terminalreporter.write_line(tally.by_state(counts))
        terminalreporter.write_line(f"{counts.total()} cases in {seconds:.0f} s of one processor.")
