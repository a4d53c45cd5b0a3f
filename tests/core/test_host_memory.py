"""Free memory of the host, in made-up trees of the kernel's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpen_core.host_memory import free_host_memory

V1_UNLIMITED = 9223372036854771712


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host with 8000 kB available, without control groups and limits."""
    monkeypatch.setattr("gpen_core.host_memory._ROOT", tmp_path)
    put(tmp_path / "proc/meminfo", "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:    8000 kB\n")
    put(tmp_path / "proc/self/cgroup", "")
    put(tmp_path / "proc/self/status", "Name:\tgpen\nVmPeak:\t 900 kB\nVmSize:\t     700 kB\nVmRSS:\t 300 kB\n")
    limit_address_space(tmp_path, "unlimited")
    return tmp_path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def limit_address_space(root: Path, soft: str) -> None:
    put(
        root / "proc/self/limits",
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max open files            20000                20000                files     \n"
        f"Max address space         {soft:<20} unlimited            bytes     \n",
    )


def group_v2(folder: Path, limit: int | str, used: int, cache: int = 0) -> None:
    put(folder / "memory.max", f"{limit}\n")
    put(folder / "memory.current", f"{used}\n")
    put(folder / "memory.stat", f"anon 5\nfile 77\ninactive_anon 3\ninactive_file {cache}\nactive_file 9\n")


def group_v1(folder: Path, limit: int, used: int, cache: int = 0) -> None:
    put(folder / "memory.limit_in_bytes", f"{limit}\n")
    put(folder / "memory.usage_in_bytes", f"{used}\n")
    put(folder / "memory.stat", f"cache 8\ninactive_file 1\ntotal_cache 8\ntotal_inactive_file {cache}\n")


def test_without_limits_it_is_what_the_system_says(root: Path) -> None:
    assert free_host_memory() == 8000 * 1024


def test_systems_without_such_files_say_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpen_core.host_memory._ROOT", tmp_path)
    assert free_host_memory() is None


def test_a_group_of_version_2_limits_and_its_inactive_cache_is_free(root: Path) -> None:
    put(root / "proc/self/cgroup", "0::/user.slice/gpen.scope\n")
    group_v2(root / "sys/fs/cgroup/user.slice/gpen.scope", 5_000_000, used=3_000_000, cache=400_000)
    assert free_host_memory() == 5_000_000 - 3_000_000 + 400_000


def test_a_group_of_version_1_limits_and_its_inactive_cache_is_free(root: Path) -> None:
    put(root / "proc/self/cgroup", "9:name=systemd:/\n5:cpu,cpuacct:/job\n4:memory:/job\n0::/\n")
    group_v1(root / "sys/fs/cgroup/memory/job", 5_000_000, used=3_000_000, cache=400_000)
    group_v1(root / "sys/fs/cgroup/memory", V1_UNLIMITED, used=99_000_000)
    assert free_host_memory() == 5_000_000 - 3_000_000 + 400_000


@pytest.mark.parametrize("narrow", ["a", "a/b", "a/b/c"])
def test_the_narrowest_group_on_the_way_up_counts(root: Path, narrow: str) -> None:
    put(root / "proc/self/cgroup", "0::/a/b/c\n")
    for folder in ("a", "a/b", "a/b/c"):
        limit = 2_000_000 if folder == narrow else 6_000_000
        group_v2(root / "sys/fs/cgroup" / folder, limit, used=500_000)
    assert free_host_memory() == 1_500_000


def test_a_group_may_be_unlimited(root: Path) -> None:
    put(root / "proc/self/cgroup", "0::/a/b\n")
    group_v2(root / "sys/fs/cgroup/a/b", "max", used=500_000)
    group_v2(root / "sys/fs/cgroup/a", 4_000_000, used=1_000_000)
    assert free_host_memory() == 3_000_000


@pytest.mark.parametrize("line", ["0::/", "0::/docker/4711", "0::/../other"])
def test_a_container_sees_its_own_group_where_groups_are_mounted(root: Path, line: str) -> None:
    put(root / "proc/self/cgroup", f"{line}\n")
    group_v2(root / "sys/fs/cgroup", 4_000_000, used=1_000_000)
    assert free_host_memory() == 3_000_000


def test_a_container_of_version_1_with_the_path_of_the_host(root: Path) -> None:
    put(root / "proc/self/cgroup", "4:memory:/docker/4711\n")
    group_v1(root / "sys/fs/cgroup/memory", 4_000_000, used=1_000_000)
    assert free_host_memory() == 3_000_000


def test_groups_of_others_and_other_controllers_do_not_count(root: Path) -> None:
    put(root / "proc/self/cgroup", "5:cpu:/job\n4:memory:/mine\n")
    group_v1(root / "sys/fs/cgroup/memory/job", 10, used=1)
    group_v1(root / "sys/fs/cgroup/memory/mine", 4_000_000, used=1_000_000)
    assert free_host_memory() == 3_000_000


def test_the_system_may_be_the_narrowest(root: Path) -> None:
    put(root / "proc/self/cgroup", "0::/a\n")
    group_v2(root / "sys/fs/cgroup/a", 90_000_000, used=1_000_000)
    limit_address_space(root, "90000000")
    assert free_host_memory() == 8000 * 1024


def test_the_address_space_of_the_process_may_be_limited(root: Path) -> None:
    limit_address_space(root, "3000000")
    assert free_host_memory() == 3_000_000 - 700 * 1024


def test_a_limit_that_is_passed_leaves_nothing(root: Path) -> None:
    limit_address_space(root, "1000")
    assert free_host_memory() == 0


def test_files_that_may_not_be_read_say_nothing(root: Path) -> None:
    put(root / "proc/self/cgroup", "0::/a\n")
    (root / "sys/fs/cgroup/a/memory.max").mkdir(parents=True)  # reading it fails, as root too
    assert free_host_memory() == 8000 * 1024
