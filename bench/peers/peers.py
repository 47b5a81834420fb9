"""The peers: a folder each, with the scripts `build` and `run` (README.md says what these do)."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# One folder that holds several peers says which by an argument.
VARIANTS = {"rust": [(name, [f"library={name}"]) for name in ("tokio", "actix", "ractor", "kameo")]}

# The order in tables and pictures; who is not named comes last.
ORDER = ["troupe", "caf", "go", "sup", "erlang", "tokio", "actix", "ractor", "kameo", "pekko"]

BUILD_SECONDS = 1200
MISSING = 3  # exit status of `build` where a toolchain or a package is absent


@dataclass
class Peer:
    name: str
    folder: Path
    built: Path
    arguments: list = field(default_factory=list)
    versions: dict = field(default_factory=dict)


def _run(command, seconds):
    """(exit status, stdout, stderr); the status is None when the time was up. Whatever the command
    has started ends with it."""
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    try:
        out, err = started.communicate(timeout=seconds)
        return started.returncode, out, err
    except subprocess.TimeoutExpired:
        return None, "", f"not done after {seconds} s"
    finally:
        try:
            os.killpg(started.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        started.communicate()


def _last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def _build(folder, built, say):
    """Why it could not be built; nothing if it was."""
    say(f"building {folder.name}")
    status, stdout, stderr = _run([str(folder / "build"), str(built)], BUILD_SECONDS)
    if status == 0:
        return ""
    if status == MISSING:
        return _last_line(stdout)
    return f"build failed: {_last_line(stderr)}"


def find(roots, out, wanted, build, say):
    """Builds what lies in folders below `roots`, and gives those that could be built; with `build`
    False those that were built before."""
    found = []
    for folder in sorted(run.parent for root in roots for run in Path(root).glob("*/run")):
        variants = VARIANTS.get(folder.name, [(folder.name, [])])
        variants = [one for one in variants if not wanted or one[0] in wanted]
        if not variants or not (folder / "build").exists():
            continue
        built = Path(out) / folder.name
        built.mkdir(parents=True, exist_ok=True)
        if build and (why := _build(folder, built, say)):
            say(f"skipped {', '.join(name for name, _ in variants)}: {why}")
            continue
        for name, arguments in variants:
            peer = Peer(name, folder, built, arguments)
            peer.versions = measure(peer, "versions", [], 60)
            if "failed" in peer.versions:
                say(f"skipped {name}: {peer.versions['failed']}")
            else:
                found.append(peer)
    return sorted(found, key=lambda one: (ORDER.index(one.name) if one.name in ORDER else
                                          len(ORDER), one.name))


def _read_anew(built):
    """The program in a folder will be read from the disk when it runs next, into other pages. Where
    those lie in memory can change its time by half, and without this would be the same in all runs."""
    for path in (*built.glob("*"), *built.glob("lib/*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())  # pages not yet written stay
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(peer, workload, arguments, seconds):
    """What one run prints, as a dict; {"failed": why} if it printed nothing of use."""
    _read_anew(peer.built)
    command = [str(peer.folder / "run"), str(peer.built), workload, *peer.arguments, *arguments]
    status, stdout, stderr = _run(command, seconds)
    if status is None:
        return {"failed": stderr}
    if status != 0:
        return {"failed": f"exit status {status}: {_last_line(stderr) or _last_line(stdout)}"}
    return parse(stdout)


def parse(stdout):
    """The one line of JSON that `run` prints."""
    try:
        given = json.loads(_last_line(stdout))
    except ValueError:
        return {"failed": f"no JSON: {_last_line(stdout)[:100]}"}
    if not isinstance(given, dict):
        return {"failed": "the JSON is no object"}
    if "name" in given or "skip" in given:
        return given
    if not given.get("ops", 0) > 0 or not given.get("seconds", 0) > 0:
        return {"failed": "no positive ops and seconds in the JSON"}
    return {**given, "ns": given["seconds"] / given["ops"] * 1e9}
