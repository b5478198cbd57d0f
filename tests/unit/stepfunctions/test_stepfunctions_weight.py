"""200 executions that wait on tokens: no thread, and little memory."""

import threading

from benchmarks.stepfunctions import WAITING, transitions_a_second, waiting_bytes


def test_waiting_executions_cost_no_thread_and_little_memory() -> None:
    threads = threading.active_count()
    assert WAITING == 200
    assert waiting_bytes() < 10_000_000
    assert threading.active_count() == threads


def test_states_pass_fast_enough() -> None:
    assert transitions_a_second() > 1_000
