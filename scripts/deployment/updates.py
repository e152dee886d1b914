"""Talks SMP to a device, with smpclient as it is, over a serial port or through a gateway over UDP.

Every step has a time limit and a few attempts; an upload goes on where a broken link left it. Raises DeviceError.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from smp.exceptions import SMPException
from smp.image_management import ImageState
from smpclient import SMPClient
from smpclient.exceptions import SMPClientException, SMPUploadError
from smpclient.generics import error
from smpclient.requests.image_management import ImageStatesRead, ImageStatesWrite
from smpclient.requests.os_management import ResetWrite
from smpclient.transport import SMPTransport, SMPTransportDisconnected
from smpclient.transport.serial.encoded import SMPSerialTransport
from smpclient.transport.udp import SMPUDPTransport

from scripts.device.link import UDP, DeviceError

_ATTEMPTS = 8
_PAUSE_S = 0.1  # before the next attempt, doubled with each
ANSWER_S = 10.0  # a virtual board takes its time to start
logging.getLogger("smpclient").setLevel(logging.CRITICAL)  # what it logs comes as an error as well
# What smpclient raises when a link is lost, late or garbled.
_BROKEN = (
    SMPClientException,
    SMPTransportDisconnected,
    SMPException,
    TimeoutError,
    OSError,
    AssertionError,
    ValueError,
)
Answer = TypeVar("Answer")


class Refused(DeviceError):
    """The device answered that it will not: no use to try again."""


class Updates:
    """The images of the device behind `address`: a serial port, or udp://HOST:PORT of its gateway."""

    def __init__(self, address: str, name: str, baud: int = 115_200, answer_s: float = ANSWER_S):
        self._address, self._name, self._baud, self._answer_s = address, name, baud, answer_s
        self.broken_links = 0

    def states(self) -> list[ImageState]:
        """Return what is in the slots."""
        return self._insist(lambda client: client.request(ImageStatesRead())).images

    def active(self) -> ImageState:
        """Return the running image."""
        return next(state for state in self.states() if state.active)

    def upload(self, image: bytes, progress: Callable[[int, int], None]) -> None:
        """Fill the other slot; `progress(bytes, of)` is called as they arrive."""

        arrived, first_s = 0, 2 * self._answer_s  # with the first bytes two pages are erased, later never more than one

        async def send(client: SMPClient) -> None:
            nonlocal arrived
            try:
                async for offset in client.upload(image, 0, False, first_s, self._answer_s):
                    self._advanced |= offset > arrived
                    arrived = max(arrived, offset)
                    progress(offset, len(image))
            except SMPUploadError as problem:
                if isinstance(problem.args[0], str):  # the link's fault, in words; otherwise the device's answer
                    raise
                raise self._refused(problem.args[0]) from problem

        self._insist(send)

    def try_image(self, hash_: bytes) -> None:
        """Have the image with this hash started once."""
        self._insist(lambda client: client.request(ImageStatesWrite(hash=hash_)))

    def confirm(self) -> None:
        """Make the running image the one to start."""
        self._insist(lambda client: client.request(ImageStatesWrite(confirm=True)))

    def reset(self) -> None:
        """Let the device start anew."""
        self._insist(lambda client: client.request(ResetWrite()))

    def _insist(self, ask: Callable[[SMPClient], Awaitable[Answer]]) -> Answer:
        tries = 0
        while True:
            self._advanced = False
            try:
                answer = asyncio.run(self._ask(ask))
            except _BROKEN as problem:
                said = str(problem)
                tries = 1 if self._advanced else tries + 1  # a link that breaks on and on, but brings more each time
                if tries == _ATTEMPTS:
                    raise DeviceError(f"{self._name}: {_first_line(said) or type(problem).__name__}") from problem
                self.broken_links += 1
                # What a slow device still has to say to the last question is dropped when the port is opened anew.
                time.sleep(min(_PAUSE_S * 2**tries, self._answer_s))
                continue
            if answer is not None and error(answer):
                raise self._refused(answer)
            return answer

    def _refused(self, answer: object) -> Refused:
        said = str(answer)
        mark = "IMG_MGMT_ERR."
        reason = said.split(mark)[1].split(":")[0] if mark in said else _first_line(said)
        return Refused(f"{self._name}: refused: {reason}")

    async def _ask(self, ask: Callable[[SMPClient], Awaitable[Answer]]) -> Answer:
        client = SMPClient(self._transport(), self._address.removeprefix(UDP), timeout_s=self._answer_s)
        async with client:
            return await ask(client)

    def _transport(self) -> SMPTransport:
        return _Udp() if self._address.startswith(UDP) else SMPSerialTransport(baudrate=self._baud)


class _Udp(SMPUDPTransport):
    """smpclient's transport, which takes the port apart from the host."""

    async def connect(self, address: str, timeout_s: float) -> None:
        host, _, port = address.rpartition(":")
        await super().connect(host.strip("[]"), timeout_s, int(port))


def _first_line(said: str) -> str:
    return (said.strip().splitlines() or [""])[0][:200]
