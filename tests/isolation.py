"""Runs a function in a child process with limits, so that whatever it does is a result."""

import os
import pickle
import resource
import signal
from collections.abc import Callable
from typing import Any


class ChildDied(RuntimeError):
    """The child ended without a result; the text says how."""


def run_in_child(function: Callable[[], Any], seconds: int, memory_bytes: int | None = None) -> Any:
    """Return what `function` returns; raises ChildDied after `seconds`, out of memory, or on a crash."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _serve(function, seconds, memory_bytes, send)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        content = pipe.read()
    status = os.waitpid(child, 0)[1]
    if not content:
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
            raise ChildDied(f"not done within {seconds} s")
        raise ChildDied(f"died with status {status}")
    kind, value = pickle.loads(content)
    if kind == "error":
        raise ChildDied(value)
    return value


def _serve(function: Callable[[], Any], seconds: int, memory_bytes: int | None, send: int) -> None:
    """Send the result and leave; never returns."""
    try:
        signal.alarm(seconds)
        if memory_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        try:
            answer = ("result", function())
        except BaseException as error:  # Whatever it is, the parent wants to know.
            answer = ("error", f"{type(error).__name__}: {error}")
        with os.fdopen(send, "wb") as pipe:
            pickle.dump(answer, pipe)
    finally:
        os._exit(0)
