"""The layout that everything stands on."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_platform_is_a_source_root_and_not_a_package() -> None:
    # With an __init__.py it would hide Python's own `platform`, which celery and uvicorn need.
    assert not list((ROOT / "platform").glob("*.py"))


def test_python_still_finds_its_own_platform_module_in_the_repository_root() -> None:
    code = "import platform; assert platform.system()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_arrows_between_the_packages_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        env={"PYTHONPATH": "platform:.", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
