"""Processes for functions, forked from one that has boto3 loaded (`sandbox/lambda_worker.py`): the parent's side."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

WORKER = Path(__file__).with_name("lambda_worker.py")


def can_fork() -> bool:
    """Not without descriptors of processes, which macOS has not, nor has every container."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


class Fork:
    """To its users what a `subprocess.Popen` is; but it is not this process's child, and its exit code is not known."""

    def __init__(self, pid: int, descriptor: int, stdin: int) -> None:
        self.pid = pid
        self.stdin = os.fdopen(stdin, "wb")
        self._process = os.fdopen(descriptor)  # of a process: readable once it has ended

    def poll(self) -> int | None:
        """None while it runs, then 0."""
        return 0 if readable([self._process.fileno()], 0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        if not readable([self._process.fileno()], timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return 0

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process.fileno(), number)


class Parent:
    """The process with boto3 loaded, for the functions of one zip; started when it is needed."""

    def __init__(self, root: Path, runtime: Path, constant: Mapping[str, str]) -> None:
        self._arguments = [str(root), str(runtime)]
        self._constant = constant
        self._lock = threading.Lock()
        self._line: socket.socket | None = None

    def fork(self, handler: str, variables: Mapping[str, str], log: int, replies: int) -> Fork:
        """A function's process, which writes to these two pipes."""
        theirs, ours = os.pipe()
        order = json.dumps([handler, dict(variables)]).encode()
        try:
            with self._lock:
                message, (descriptor,) = self._ask(order, [theirs, log, replies])
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return Fork(int(message), descriptor, ours)

    def _ask(self, order: bytes, pipes: Sequence[int]) -> tuple[bytes, list[int]]:
        for line in (self._line or self._start(), None):
            line = line or self._start()
            with contextlib.suppress(OSError):
                socket.send_fds(line, [order], pipes)
                message, descriptors, *_ = socket.recv_fds(line, 64, 1)
                if descriptors:
                    return message, descriptors
        raise ChildProcessError("The process that is to fork a function's ends at once.")

    def _start(self) -> socket.socket:
        if self._line is not None:
            self._line.close()
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            subprocess.Popen(
                [sys.executable, "-I", "-S", str(WORKER), *self._arguments, str(theirs.fileno())],
                cwd=self._arguments[0],
                env=dict(self._constant),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                process_group=0,  # a Ctrl-C in the terminal is the sandbox's, not the functions'
            )
        return self._line


def readable(pipes: Sequence[int], timeout: float | None) -> list[int]:
    """Those with something to read, or at their end; waits `timeout` seconds for the first.

    Not by select(), which takes no descriptor above 1023: many environments have more.
    """
    poll = select.poll()
    for pipe in pipes:
        poll.register(pipe, select.POLLIN)
    return [pipe for pipe, _ in poll.poll(None if timeout is None else timeout * 1000)]
