"""A device for MLPerf Tiny's performance mode, written from the protocol's description alone, without our extensions.

Its model has outputs that are the mean of its input's halves, over 256. It answers on a pseudo-terminal, in a thread.
"""

import os
import threading
import time
import tty

BUFFER_BYTES = 80
INFERENCE_S = 0.0005


class ReferenceDevice:
    """A device whose input has `input_bytes`; a context manager whose `port` is the path of its terminal."""

    def __init__(self, input_bytes: int):
        self._input = bytearray(input_bytes)
        self._filled = self._expected = 0
        self._results = "m-results-[0.000,0.000]"

    def __enter__(self) -> "ReferenceDevice":
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._slave)
        os.close(self._master)

    def _say(self, *lines: str) -> None:
        os.write(self._master, "".join(f"{line}\r\n" for line in lines).encode())

    def _lap(self) -> str:
        return f"m-lap-us-{time.monotonic_ns() // 1000}"

    def _serve(self) -> None:
        self._say("m-timestamp-mode-performance", self._lap(), "m-init-done", "m-ready")
        command = b""
        try:
            while byte := os.read(self._master, 1):
                if byte == b"%":
                    self._say(*self._answer(command.decode("ascii", "replace").split()), "m-ready")
                    command = b""
                elif byte not in b"\r\n" and len(command) < BUFFER_BYTES - 1:
                    command += byte
        except OSError:
            return

    def _answer(self, words: list[str]) -> list[str]:
        match words:
            case ["name"]:
                return ["m-name-dut-[reference]"]
            case ["profile"]:
                return ["m-profile-[reference firmware 1.0]", "m-model-[kws01]"]
            case ["timestamp"]:
                return [self._lap()]
            case ["help"]:
                return ["reference firmware 1.0", "name profile timestamp db infer results"]
            case ["db", "load", count] if int(count) == len(self._input):
                self._filled, self._expected = 0, int(count)
                return [f"m-[Expecting {count} bytes]"]
            case ["db", "print"]:
                return [f"m-[{self._input[: self._filled].hex()}]"]
            case ["db", digits]:
                return self._store(bytes.fromhex(digits))
            case ["infer", runs, *warmups]:
                return self._infer(int(runs), int(warmups[0]) if warmups else 0)
            case ["results"]:
                return [self._results]
        return [f"e-[Unknown command: {' '.join(words)}]"]

    def _store(self, part: bytes) -> list[str]:
        if self._filled + len(part) > self._expected:
            return ["e-[Too many bytes]"]
        self._input[self._filled : self._filled + len(part)] = part
        self._filled += len(part)
        return ["m-load-done"] if self._filled == self._expected else []

    def _infer(self, runs: int, warmups: int) -> list[str]:
        time.sleep(warmups * INFERENCE_S)
        first = self._lap()
        time.sleep(runs * INFERENCE_S)
        halves = self._input[: len(self._input) // 2], self._input[len(self._input) // 2 :]
        self._results = "m-results-[{:.3f},{:.3f}]".format(*(sum(half) / len(half) / 256 for half in halves))
        return [
            f"m-warmup-start-{warmups}",
            "m-warmup-done",
            f"m-infer-start-{runs}",
            first,
            self._lap(),
            "m-infer-done",
            self._results,
        ]
