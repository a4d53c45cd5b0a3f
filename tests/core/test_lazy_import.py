"""What `import gpen_core` and the first moments of `gpen` cost, and how they end when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import gpen_core
from gpen_core import api

_PROJECT = Path(__file__).resolve().parents[2]
# Stands for torch: says that its import has begun, then takes as long as the test needs. Compiled modules turn what
# they are interrupted by into errors of their own.
_SLOW_TORCH = """
import sys, time
print("importing", flush=True)
try:
    time.sleep(60)
except BaseException as error:
    raise ImportError("initialization failed") from error
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=_PROJECT)
    return done.stdout


def test_the_version_needs_no_torch() -> None:
    code = "import sys\nfrom gpen_core.cli import main\ntry: main(['--version'])\nexcept SystemExit: pass\n"
    printed = run(code + "print([name for name in ('torch', 'numpy', 'cv2') if name in sys.modules])")
    assert printed.splitlines() == [f"gpen {gpen_core.__version__}", "[]"]


def test_the_library_is_imported_with_the_first_name_used() -> None:
    code = "import sys, gpen_core\nprint('torch' in sys.modules)\ngpen_core.restore\nprint('torch' in sys.modules)"
    assert run(code) == "False\nTrue\n"


@pytest.mark.parametrize(
    "first",
    [
        "import gpen_core.restore.masks",
        "from gpen_core.restore import count_faces",
        "import gpen_core.restore as given; assert callable(given)",
        "from gpen_core import restore",
        "from gpen_core import *; import gpen_core",
    ],
)
def test_restore_is_the_function_whatever_is_imported_first(first: str) -> None:
    code = f"import gpen_core; {first}\nprint(gpen_core.restore.__name__, type(gpen_core.restore).__name__)"
    assert run(code) == "restore function\n"


def test_all_names_are_there_and_no_others() -> None:
    assert gpen_core.__all__ == api.__all__
    assert all(getattr(gpen_core, name) is getattr(api, name) for name in gpen_core.__all__)
    assert set(gpen_core.__all__) <= set(dir(gpen_core))
    with pytest.raises(AttributeError, match="'gpen_core' has no attribute 'restored'"):
        gpen_core.restored  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue, reportUnusedExpression]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to one process")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("times", [1, 2])
def test_stopped_during_import_it_says_so_in_a_line(
    tmp_path: Path, number: signal.Signals, code: int, times: int
) -> None:
    (tmp_path / "torch.py").write_text(_SLOW_TORCH)
    command = [sys.executable, "-m", "gpen_core.cli", "info"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(_PROJECT)])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as gpen:
        assert gpen.stdout is not None and gpen.stderr is not None
        assert gpen.stdout.readline() == "importing\n"
        for _ in range(times):
            gpen.send_signal(number)
        assert gpen.stderr.read() == "gpen: stopped at once.\n"
        assert gpen.wait() == code
