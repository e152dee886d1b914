"""Opens the serial port of a board, virtual or real, for one program at a time."""

from pathlib import Path

import serial
from serial.tools import list_ports

UDP = "udp://"


class DeviceError(RuntimeError):
    """The board could not be reached, or did not answer as the protocol says."""


def open_port(port: str, baud: int) -> serial.SerialBase:
    """Return the open port; raises DeviceError if it is absent, busy or not a serial port.

    `port` is a device such as /dev/ttyACM0, a pty, a pyserial URL, or udp://HOST:PORT, the address of a gateway.
    """
    if port.startswith(UDP):
        port = f"socket://{port.removeprefix(UDP)}"  # where the gateway has the text protocol
    is_url = "://" in port
    if not is_url and not Path(port).exists():
        present = ", ".join(sorted(item.device for item in list_ports.comports())) or "none"
        raise DeviceError(f"port {port} does not exist (serial ports present: {present})")
    try:
        # A URL handler may know no exclusive access; a local device always does.
        return serial.serial_for_url(
            port, baud, timeout=0.1, write_timeout=10, **({} if is_url else {"exclusive": True})
        )
    except (serial.SerialException, OSError, ValueError) as error:
        if "exclusively lock" in str(error):
            raise DeviceError(f"port {port} is in use by another program") from error
        raise DeviceError(f"port {port} cannot be opened: {error}") from error
