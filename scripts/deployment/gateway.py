"""Stands beside a device and brings its serial line to the network: python -m scripts.deployment.gateway --port ….

UDP datagrams are SMP messages, as smpclient's UDP transport sends them; a TCP connection to the same number is the text
protocol. Both share the line: frames of SMP and lines of text are told apart by how they begin. Refuses datagrams that
are no SMP message, and a second TCP connection waits for the first to end. Nobody is asked who they are: a device only
starts signed images, but whoever reaches the gateway may reset it or have it go back. So it listens on loopback unless
told otherwise.
"""

import argparse
import binascii
import contextlib
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable

import serial
from smp import packet
from smp.exceptions import SMPException

from scripts.device.link import DeviceError, open_port

SMP_PORT = 1337  # where smpclient expects a device
_LONGEST_LINE_BYTES = 1 << 16
_LOOK_S = 0.1


class Gateway:
    """One device behind `link` on `host`; port 0 is any free one, `port` tells which."""

    def __init__(self, link: serial.SerialBase, host: str = "127.0.0.1", port: int = SMP_PORT):
        self._link, self._client, self._peer = link, None, None
        self._line, self._frame = bytearray(), None
        family = socket.getaddrinfo(host, None)[0][0]
        self._door = socket.create_server((host, port), family=family)
        self.port = self._door.getsockname()[1]
        self._datagrams = socket.socket(family, socket.SOCK_DGRAM)
        self._datagrams.bind((host, self.port))

    def serve(self, ended: Callable[[], bool]) -> None:
        """Carry bytes until `ended()`; raises DeviceError when the serial line is lost."""
        try:
            while not ended():
                self._look()
        except (serial.SerialException, OSError) as error:
            raise DeviceError(f"gateway: the serial line was lost: {error}") from error
        finally:
            self._hang_up()
            self._door.close()
            self._datagrams.close()

    def _look(self) -> None:
        ways = {self._link.fileno(): self._from_device, self._datagrams.fileno(): self._from_datagram}
        way = self._client or self._door
        ways[way.fileno()] = self._from_client if self._client else self._let_in
        for ready in select.select(list(ways), [], [], _LOOK_S)[0]:
            ways[ready]()

    def _let_in(self) -> None:
        self._client = self._door.accept()[0]

    def _hang_up(self) -> None:
        if self._client:
            self._client.close()
        self._client = None

    def _from_client(self) -> None:
        try:
            text = self._client.recv(4096)
        except OSError:
            text = b""
        if text:
            self._link.write(text)
        else:
            self._hang_up()

    def _from_datagram(self) -> None:
        message, peer = self._datagrams.recvfrom(65_535)
        if is_message(message):
            self._peer = peer
            self._link.write(b"".join(packet.encode(message)))

    def _from_device(self) -> None:
        self._line += self._link.read(self._link.in_waiting or 1)
        while (end := self._line.find(b"\n")) >= 0:
            line = bytes(self._line[: end + 1])
            del self._line[: end + 1]
            self._take(line)
        if len(self._line) > _LONGEST_LINE_BYTES:
            self._line.clear()

    def _take(self, line: bytes) -> None:
        """Send a line of text to the client, and an SMP message to who asked last when its frame is whole."""
        delimiter = line[: packet.DELIMITER_SIZE]
        if delimiter == packet.START_DELIMITER:
            self._frame = packet.decode()
            next(self._frame)
        elif delimiter != packet.CONTINUE_DELIMITER:
            if self._client:
                with contextlib.suppress(OSError):  # who has gone is noticed when they are read from
                    self._client.sendall(line)
            return
        if self._frame:
            self._continue(line)

    def _continue(self, line: bytes) -> None:
        try:
            self._frame.send(line)
        except StopIteration as whole:
            self._frame = None
            if self._peer:
                self._datagrams.sendto(whole.value, self._peer)
        except (SMPException, binascii.Error, struct.error):  # noise on the line: who asked will ask again
            self._frame = None


def is_message(datagram: bytes) -> bool:
    """Return whether a datagram is an SMP message: a header of 8 bytes, and as many more as it says."""
    return len(datagram) >= 8 and int.from_bytes(datagram[2:4], "big") == len(datagram) - 8


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.deployment.gateway", description=__doc__.split(":")[0])
    parser.add_argument("--port", required=True, help="serial device or pyserial URL")
    parser.add_argument("--baud", type=int, default=115_200, help="default: 115200")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; default: this machine only")
    parser.add_argument("--listen", type=int, default=SMP_PORT, help=f"UDP and TCP port; default: {SMP_PORT}")
    options = parser.parse_args(arguments)
    try:
        with open_port(options.port, options.baud) as link:
            gateway = Gateway(link, options.host, options.listen)
            print(f"udp://{options.host}:{gateway.port}", flush=True)
            gateway.serve(threading.Event().is_set)
    except KeyboardInterrupt:
        return 0
    except (DeviceError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
