"""Division of an archive among machines that know nothing of each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpen_core import GPENError
from gpen_core.archive import Shard

KEYS = [f"box {number % 7}/scan {number}.tif" for number in range(3000)]


@pytest.mark.parametrize("count", [1, 2, 3, 16])
def test_every_picture_is_in_one_shard(count: int) -> None:
    held = [[key for key in KEYS if Shard(number, count).holds(key)] for number in range(1, count + 1)]
    assert sorted(key for shard in held for key in shard) == sorted(KEYS)
    assert all(len(shard) == pytest.approx(len(KEYS) / count, rel=0.3) for shard in held)


@given(st.text(), st.integers(1, 50))
def test_any_name_has_its_shard(key: str, count: int) -> None:
    assert sum(Shard(number, count).holds(key) for number in range(1, count + 1)) == 1


def test_the_division_stays_as_it_is() -> None:
    """Machines with other versions of Python or of this program must agree, and later runs with earlier ones."""
    held = {key: [n for n in range(1, 9) if Shard(n, 8).holds(key)] for key in ("a.jpg", "x/b.png", "x/b.jpg")}
    assert held == {"a.jpg": [2], "x/b.png": [3], "x/b.jpg": [3]}


def test_other_unicode_forms_and_bytes_that_are_no_unicode() -> None:
    composed, decomposed = "caf\u00e9.jpg", "cafe\u0301.jpg"
    assert all(Shard(n, 64).holds(composed) == Shard(n, 64).holds(decomposed) for n in range(1, 65))
    assert sum(Shard(n, 5).holds("\udcff.jpg") for n in range(1, 6)) == 1


@pytest.mark.parametrize("text", ["0/0", "5/4", "0/4", "1/0", "-1/4", "a/b", "1", "1/2/3", "", "1/100001", "1.5/2"])
def test_impossible_shards(text: str) -> None:
    with pytest.raises(GPENError, match="shard"):
        Shard.parse(text)


def test_shards_are_read() -> None:
    assert (Shard.parse(" 3/8 "), str(Shard(3, 8))) == (Shard(3, 8), "3/8")
