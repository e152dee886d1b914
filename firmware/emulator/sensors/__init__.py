"""Simulated sensors: <name>.py has the registers of one, and takes its samples from a file."""

import importlib
from pathlib import Path

from firmware.emulator.machine import VirtualBoard
from firmware.settings import SettingsError


def attach_sensor(machine: VirtualBoard, samples: Path) -> None:
    """Let the board's sensor give the samples of a CSV file; raises SettingsError, also if it has no sensor."""
    board = machine.board
    if board.sensor is None:
        raise SettingsError([f"{board.name}: the board's file names no sensor"])
    kind = importlib.import_module(f"firmware.emulator.sensors.{board.sensor}")
    sensor = kind.Sensor(kind.read_samples(samples), board.clock_hz, lambda: machine.counter.cycles)
    machine.bus[kind.BUS].attach(sensor)
