"""A Modbus I/O module: pymodbus's own server, on a loop of its own, with coils that can be waited on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from tests.gate_peers.output import Output

UNIT = 7
COILS = INPUTS = 16

Server = ModbusTcpServer | ModbusSerialServer


class ModbusModule:
    """Sixteen coils and sixteen inputs as unit 7. ``serve`` makes the server of one connection period."""

    def __init__(self, serve: Callable[[SimDevice], Server]) -> None:
        self.coils = [Output() for _ in range(COILS)]
        self.inputs = [False] * INPUTS
        self.reads = 0
        self._read = threading.Condition()
        self._serve = serve
        self._server: Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="modbus-module", daemon=True)
        self._thread.start()

    def start(self) -> None:
        """Answer from now on."""
        self._on_loop(self._start())

    def stop(self) -> None:
        """Hang up and answer nobody; the coils stay as they are."""
        self._on_loop(self._stop())

    def close(self) -> None:
        """End for good."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10.0)
        self._loop.close()

    def push(self, number: int) -> None:
        """Close the contact, after rest and for as long as an arm that turns does (a few looks); then open it again."""
        for closed in (False, True, False):
            with self._read:
                self.inputs[number] = closed
                self._wait_for_looks()

    def wait_for_looks(self) -> None:
        """Until somebody who looks at the contacts, if there is one, has heard the answer to all asked before."""
        with self._read:
            if self.reads:
                self._wait_for_looks()

    def _wait_for_looks(self) -> None:
        until = self.reads + 4
        while self.reads < until:
            assert self._read.wait(10.0), "nobody looks at the contacts"

    async def _start(self) -> None:
        data = ([_bits(COILS)], [_bits(INPUTS)], [_registers()], [_registers()])
        self._server = self._serve(SimDevice(UNIT, data, action=self._accessed))
        await self._server.serve_forever(background=True)

    async def _stop(self) -> None:
        if self._server is not None:
            await self._server.shutdown()
            self._server = None

    async def _accessed(
        self,
        function: int,
        _start: int,
        address: int,
        _count: int,
        registers: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if function == 5 and values is not None:
            self.coils[address].switch(bool(values[0]))
        if function == 2:
            with self._read:
                registers[0] = sum(1 << number for number, closed in enumerate(self.inputs) if closed)
                self.reads += 1
                self._read.notify_all()
        return None

    def _on_loop(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10.0)


def _bits(count: int) -> SimData:
    return SimData(0, count=1, values=[False] * count, datatype=DataType.BITS)


def _registers() -> SimData:
    return SimData(0, values=0, datatype=DataType.REGISTERS)
