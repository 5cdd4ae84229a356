"""Benches on which the gate contract is tried: a kind of board, and hands that turn the arm and pull the cable.

A new kind of gate joins the suite by adding its rig to RIGS, and to TELLING when it has a contact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from drivers.gates import modbus, relay
from drivers.gates.gate import DrivenGate
from drivers.gates.gpio import GpioBoard
from drivers.simulator.gate import SimulatedBoard, SimulatedGate
from terminal.outputs import Gate, GateOptions, Position
from tests.gate_peers.gpio_chip import GpioChip
from tests.gate_peers.modbus_module import UNIT, ModbusModule
from tests.gate_peers.relay_board import RelayBoard
from tests.gate_peers.serial_cable import NullModem


class Rig(Protocol):
    """One board, one person who turns the arm, one hand at the cable."""

    def gate(self, seconds: float, fails: Position) -> Gate:
        """A new driver, not started."""
        ...

    def wait_until(self, energised: bool, timeout: float = 10.0) -> bool:
        """Whether the output came to stand so in time."""
        ...

    def turn(self) -> None:
        """Close the contact once."""
        ...

    def unplug(self) -> None:
        """Pull the cable."""
        ...

    def plug(self) -> None:
        """Put it back."""
        ...

    def close(self) -> None:
        """Clear the bench."""
        ...


class SimulatedRig:
    """The double."""

    def __init__(self, _folder: Path) -> None:
        self._board = SimulatedBoard()

    def gate(self, seconds: float, fails: Position) -> Gate:
        """The double on its board."""
        return SimulatedGate(GateOptions("simulated", 1, 1, seconds, fails), self._board)

    def wait_until(self, energised: bool, timeout: float = 10.0) -> bool:
        """As its board stands."""
        return self._board.wait_until(energised, timeout)

    def turn(self) -> None:
        """Turn."""
        self._board.turn()

    def unplug(self) -> None:
        """Pull the cable."""
        self._board.unplug()

    def plug(self) -> None:
        """Put it back."""
        self._board.plug()

    def close(self) -> None:
        """Nothing was made."""


class RelayRig:
    """The serial relay board on a pty."""

    def __init__(self, folder: Path) -> None:
        self.board = RelayBoard(folder / "ttyUSB0")

    def gate(self, seconds: float, fails: Position) -> Gate:
        """The driver, for relay 2."""
        return relay.build(GateOptions(str(self.board.port.path), 2, None, seconds, fails))

    def wait_until(self, energised: bool, timeout: float = 10.0) -> bool:
        """As relay 2 stands."""
        return self.board.relays[2].wait_until(energised, timeout)

    def turn(self) -> None:
        """Nobody would know."""

    def unplug(self) -> None:
        """Pull the cable."""
        self.board.unplug()

    def plug(self) -> None:
        """Put it back."""
        self.board.port.plug()

    def close(self) -> None:
        """Take the board away."""
        self.board.port.close()


class ModbusRig:
    """Coil 3 and input 4 of a module."""

    def __init__(self, module: ModbusModule, address: str) -> None:
        self.module = module
        self.address = address
        module.start()

    def gate(self, seconds: float, fails: Position) -> Gate:
        """The driver."""
        return modbus.build(GateOptions(self.address, 3, 4, seconds, fails, UNIT, 115_200))

    def wait_until(self, energised: bool, timeout: float = 10.0) -> bool:
        """As the coil stands."""
        return self.module.coils[3].wait_until(energised, timeout)

    def turn(self) -> None:
        """Close and open the contact."""
        self.module.push(4)

    def unplug(self) -> None:
        """The module is out of reach, and its coil stays."""
        self.module.wait_for_looks()
        self.module.stop()

    def plug(self) -> None:
        """It answers again."""
        self.module.start()

    def close(self) -> None:
        """Take it away."""
        self.module.close()


class ModbusTcpRig(ModbusRig):
    """pymodbus's TCP server on the loopback."""

    def __init__(self, _folder: Path) -> None:
        import socket

        from pymodbus.server import ModbusTcpServer

        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        module = ModbusModule(lambda device: ModbusTcpServer(device, address=("127.0.0.1", port)))
        super().__init__(module, f"tcp:127.0.0.1:{port}")


class ModbusRtuRig(ModbusRig):
    """pymodbus's serial server at the far end of a null modem cable."""

    def __init__(self, folder: Path) -> None:
        from pymodbus.server import ModbusSerialServer

        self.cable = NullModem(folder)
        far = str(self.cable.far.path)
        module = ModbusModule(lambda device: ModbusSerialServer(device, port=far, baudrate=115_200))
        super().__init__(module, str(self.cable.near.path))

    def unplug(self) -> None:
        """The converter is pulled out of the terminal."""
        self.module.wait_for_looks()
        self.cable.near.unplug()

    def plug(self) -> None:
        """And put back."""
        self.cable.near.plug()

    def close(self) -> None:
        """Take everything away."""
        super().close()
        self.cable.close()


class GpioRig:
    """Line 5, and a contact at line 6, of a chip behind gpiod's interface."""

    def __init__(self, _folder: Path) -> None:
        self.chip = GpioChip()

    def gate(self, seconds: float, fails: Position) -> Gate:
        """The driver with another ``request_lines``."""
        options = GateOptions(self.chip.path, 5, 6, seconds, fails)
        return DrivenGate(options, lambda: GpioBoard(options, self.chip.request_lines))  # type: ignore[arg-type]

    def wait_until(self, energised: bool, timeout: float = 10.0) -> bool:
        """As the line stands."""
        return self.chip.outputs[5].wait_until(energised, timeout)

    def turn(self) -> None:
        """Ground the line for a moment."""
        self.chip.push(6)

    def unplug(self) -> None:
        """The chip is gone."""
        self.chip.vanish()

    def plug(self) -> None:
        """It is back."""
        self.chip.come_back()

    def close(self) -> None:
        """Nothing was made."""


RIGS: Mapping[str, Callable[[Path], Rig]] = MappingProxyType(
    {
        "simulated": SimulatedRig,
        "relay": RelayRig,
        "modbus-tcp": ModbusTcpRig,
        "modbus-rtu": ModbusRtuRig,
        "gpio": GpioRig,
    }
)
TELLING = ("simulated", "modbus-tcp", "modbus-rtu", "gpio")
