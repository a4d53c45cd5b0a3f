"""How much memory this process may still take: what the system has free, within its container's and its own limits.

Linux alone says it, in files: proc(5), cgroups(7), and the kernel's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_ROOT = Path("/")
_ADDRESS_SPACE = "Max address space"  # RLIMIT_AS in /proc/self/limits


class _Files(NamedTuple):
    """Where a version of cgroups is mounted, and what it calls limit and usage of memory, and in memory.stat its cache.

    cache: of files not used lately, which the kernel drops before it lets an allocation fail.
    """

    mount: str
    limit: str
    usage: str
    cache: str


_V1 = _Files("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = _Files("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file")


def free_host_memory() -> int | None:
    """Bytes that can be allocated without swapping and within all limits, at least 0; None where nobody says."""
    said = [value for value in (_free_of_system(), _free_of_address_space(), *_free_of_cgroups()) if value is not None]
    return max(min(said), 0) if said else None


def _free_of_system() -> int | None:
    return _kilobytes(_ROOT / "proc/meminfo", "MemAvailable")


def _free_of_address_space() -> int | None:
    """Within RLIMIT_AS (`ulimit -v`): what is reserved counts too, such as the stacks of threads."""
    lines = _lines(_ROOT / "proc/self/limits")
    limits = [line.removeprefix(_ADDRESS_SPACE).split()[0] for line in lines if line.startswith(_ADDRESS_SPACE)]
    used = _kilobytes(_ROOT / "proc/self/status", "VmSize")
    return None if used is None or not limits or not limits[0].isdecimal() else int(limits[0]) - used


def _free_of_cgroups() -> Iterator[int | None]:
    """Of each control group that holds this process: the limit of any may be the narrowest."""
    for line in _lines(_ROOT / "proc/self/cgroup"):
        number, controllers, path = line.split(":", 2)
        files = _V2 if number == "0" and not controllers else _V1 if "memory" in controllers.split(",") else None
        if files is not None:
            yield from (_free_of_group(folder, files) for folder in _up(_ROOT / files.mount, path))


def _up(mount: Path, path: str) -> Iterator[Path]:
    """The folders from `path` up to the mount.

    Inside a container the path may be that of the host while the mount begins at the container: folders that are not
    there say nothing, and the mount itself has the container's limit.
    """
    inside = PurePosixPath(path.lstrip("/"))
    if ".." not in inside.parts:  # else a group outside of what this container sees
        yield from (mount / folder for folder in (inside, *inside.parents) if folder.parts)
    yield mount


def _free_of_group(folder: Path, files: _Files) -> int | None:
    limit, usage = _number(folder / files.limit), _number(folder / files.usage)
    if limit is None or usage is None:  # no limit ("max"), no such group, or the root of all groups
        return None
    cache = [int(line.split()[1]) for line in _lines(folder / "memory.stat") if line.startswith(f"{files.cache} ")]
    return limit - usage + sum(cache)


def _kilobytes(path: Path, name: str) -> int | None:
    """Bytes of the line "name: 123 kB"."""
    values = [1024 * int(line.split()[1]) for line in _lines(path) if line.startswith(f"{name}:")]
    return values[0] if values else None


def _number(path: Path) -> int | None:
    lines = _lines(path)
    return int(lines[0]) if lines and lines[0].isdecimal() else None


def _lines(path: Path) -> list[str]:
    """Of a file of the kernel; none where it is not there or not for us."""
    try:
        return path.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
