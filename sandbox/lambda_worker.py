"""The inside of a Lambda execution environment: what `/var/runtime` is on AWS. Standard library only.

Run as `python -I -S lambda_worker.py TASK_ROOT RUNTIME_DIR SOCKET_FD` it loads boto3, which is most of what a start
takes, and forks an environment for each message on the socket: `[HANDLER, {variable: value}]` with the descriptors of
standard input, output and REPLY_FD. The answer is the process's id, with a descriptor of the process.

Run as `python -I -S lambda_worker.py TASK_ROOT RUNTIME_DIR REPLY_FD HANDLER` it is one. One JSON line on standard
input is one invocation: `{"event", "context": {...}}`; one JSON line on REPLY_FD answers it, the first one
says that the handler is loaded. Whatever the function writes to stdout or stderr is its log; the line
`END_OF_LOG` after each invocation tells the reader that it has all of it.

Error payloads are those of AWS's Python runtime: `errorMessage`, `errorType` (the exception's class name),
`requestId`, `stackTrace`; `Runtime.ImportModuleError` and the like when the handler cannot be loaded.
"""

import contextlib
import gc
import importlib
import json
import logging
import os
import select
import socket
import sys
import time
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

END_OF_LOG = "\x04end of log\x04"


def load(handler: str) -> Callable[[Any, Any], Any]:
    """The function that `module.name` says."""
    module_name, _, name = handler.rpartition(".")
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise LoadError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        raise LoadError("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from None
    if not hasattr(module, name):
        raise LoadError("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
    loaded: Callable[[Any, Any], Any] = getattr(module, name)
    return loaded


class LoadError(Exception):
    """The handler cannot be loaded."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


class Context(SimpleNamespace):
    """The context object of an invocation."""

    deadline: float

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.time()) * 1000))


def failure(error: BaseException, request_id: str) -> dict[str, Any]:
    """The error payload of an exception; logs it as AWS's runtime does."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    trace = traceback.format_list(frames)
    print(f"[ERROR] {type(error).__name__}: {error}\nTraceback (most recent call last):\n{''.join(trace)}", end="")
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": trace,
    }


def invoke(handler: Callable[[Any, Any], Any], request: dict[str, Any]) -> dict[str, Any]:
    """Run the handler once; `{"result"}` or `{"error"}`."""
    context = Context(**request["context"])
    try:
        result = handler(request["event"], context)
    except Exception as error:
        return {"error": failure(error, context.aws_request_id)}
    try:
        json.dumps(result)
    except (TypeError, ValueError) as error:
        payload = failure(error, context.aws_request_id)
        return {
            "error": payload
            | {"errorType": "Runtime.MarshalError", "errorMessage": f"Unable to marshal response: {error}"}
        }
    return {"result": result}


def main(task_root: str, runtime_dir: str, descriptor: str, *handler: str) -> None:
    """With a handler an environment, without one the parent of some."""
    sys.path[:0] = [task_root]
    sys.path.append(runtime_dir)
    if handler:
        run(int(descriptor), *handler)
    else:
        fork(socket.socket(fileno=int(descriptor)))


def fork(orders: socket.socket) -> None:
    """Fork an environment for each order, until the other end of the socket is closed."""
    with contextlib.suppress(Exception):  # of a zip's own: its functions will say so
        importlib.import_module("boto3")
    gc.freeze()  # what is loaded is never collected: so the memory stays shared
    children: dict[int, int] = {}  # descriptor -> process id
    while True:
        poll = select.poll()
        for each in (orders.fileno(), *children):
            poll.register(each, select.POLLIN)
        for ended in {each for each, _ in poll.poll()} & set(children):
            os.waitpid(children.pop(ended), 0)
            os.close(ended)
        try:
            order, pipes, *_ = socket.recv_fds(orders, 1 << 17, 3, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        if not order:
            return
        child = os.fork()
        if child == 0:
            orders.close()
            for each in children:
                os.close(each)
            become(*json.loads(order), *pipes)
            return
        with contextlib.suppress(OSError):
            os.setpgid(child, child)  # here too: whoever is told of it may end its group at once
        for pipe in pipes:
            os.close(pipe)
        descriptor = os.pidfd_open(child)
        children[descriptor] = child
        socket.send_fds(orders, [str(child).encode()], [descriptor])


def become(handler: str, variables: dict[str, str], requests: int, log: int, replies: int) -> None:
    """Be the environment of this function."""
    os.setpgid(0, 0)
    for ours, theirs in ((requests, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    os.close(requests)
    os.close(log)
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    with contextlib.suppress(OSError), open("/proc/self/comm", "w") as name:
        name.write(handler.rpartition(".")[0].rpartition(".")[2])  # `ps` tells which it is
    run(replies, handler)


def run(reply_fd: int, handler_name: str) -> None:
    """Load the handler, then answer one invocation after the other until standard input ends."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(format="[%(levelname)s]\t%(asctime)s\t%(name)s\t%(message)s", stream=sys.stdout)
    requests, sys.stdin = sys.stdin, open(os.devnull)  # noqa: SIM115
    replies = os.fdopen(reply_fd, "w", buffering=1)

    def reply(answer: dict[str, Any]) -> None:
        print(END_OF_LOG, flush=True)
        replies.write(json.dumps(answer) + "\n")

    try:
        handler = load(handler_name)
    except LoadError as error:
        print(f"[ERROR] {error.error_type}: {error}")
        reply({"error": {"errorMessage": str(error), "errorType": error.error_type, "stackTrace": []}})
        return
    except Exception as error:
        reply({"error": failure(error, "")})
        return
    reply({})
    for line in requests:
        reply(invoke(handler, json.loads(line)))


if __name__ == "__main__":
    main(*sys.argv[1:])
