"""What this process takes of the machine."""

from __future__ import annotations

import os
import resource
import sys
from time import process_time

__all__ = ["cpu_seconds", "resident_bytes"]


def resident_bytes() -> float:
    """Bytes of memory that it holds now; where only the most that it ever held is told (macOS), that."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return float(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(most if sys.platform == "darwin" else most * 1024)


def cpu_seconds() -> float:
    """Seconds of CPU that it took, in user and system."""
    return process_time()
