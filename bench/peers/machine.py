"""What the figures were measured on."""

import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path


def _first_line(path, prefix):
    try:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if line.startswith(prefix):
                return line[len(prefix):].strip(" \t:=\"")
    except OSError:
        pass
    return "unknown"


def _commit(root):
    try:
        git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, text=True,
                             capture_output=True, check=True)
        return git.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def describe(root):
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _first_line("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory": _first_line("/proc/meminfo", "MemTotal"),
        "system": _first_line("/etc/os-release", "PRETTY_NAME"),
        "kernel": platform.release(),
        "commit": _commit(root),
        "load_at_the_start": f"{os.getloadavg()[0]:.1f}",
    }
