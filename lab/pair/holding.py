"""What keeps packets back: each that goes into a network device comes out of the same device some time later.

A program by itself, which :class:`lab.pair.distance.Distance` runs by its path in the network of a node. It needs
nothing but Python, says ``ready`` when the device is there, and ends, with the device, when its standard input does.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import sys
import time
from collections import deque

_PLACE = "/dev/net/tun"
_SET_INTERFACE = 0x400454CA
# Packets of IP without a header before them.
_TUN, _NO_HEADER = 0x0001, 0x1000
_LARGEST = 65536
_INPUT = 0


def open_device(name: str) -> int:
    """Make a device that is there until its descriptor is closed.

    Raises:
        OSError: the kernel has no such devices, or there is one of this name.
    """
    descriptor = os.open(_PLACE, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, _SET_INTERFACE, struct.pack("16sH22x", name.encode(), _TUN | _NO_HEADER))
    return descriptor


def hold(device: int, seconds: float, until: int) -> None:
    """Give each packet back after so many seconds, until something, or the end, comes from another descriptor."""
    held: deque[tuple[float, bytes]] = deque()
    while True:
        patience = max(0.0, held[0][0] - time.monotonic()) if held else None
        ready, _, _ = select.select([device, until], [], [], patience)
        if until in ready:
            return
        if device in ready:
            held.append((time.monotonic() + seconds, os.read(device, _LARGEST)))
        while held and held[0][0] <= time.monotonic():
            os.write(device, held.popleft()[1])


if __name__ == "__main__":
    _device = open_device(sys.argv[1])
    print("ready", flush=True)
    hold(_device, float(sys.argv[2]), _INPUT)
