"""Setting up skips what is done, and says in words what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from infra import install, lock


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(install, "VENV", tmp_path)
    return tmp_path


def test_a_step_is_done_once_until_its_inputs_change_or_its_result_is_gone(venv: Path) -> None:
    done: list[str] = []
    result = venv / "dist"

    def work() -> None:
        result.mkdir(exist_ok=True)
        done.append("again")

    for stamp in ("one", "one", "two", "two"):
        install.step("frontend", stamp, work, result)
    assert len(done) == 2
    result.rmdir()
    install.step("frontend", "two", work, result)
    assert len(done) == 3


def test_a_step_that_failed_is_tried_again(venv: Path) -> None:
    def fail() -> None:
        raise install.SetupError("no index")

    for _ in range(2):
        with pytest.raises(install.SetupError):
            install.step("requirements", "one", fail)


def test_what_tests_need_is_installed_at_once_with_what_the_demo_needs(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str | Path, ...]] = []
    compiled: list[int] = []
    monkeypatch.setattr(install, "pip_install", lambda *words: asked.append(words))
    monkeypatch.setattr(install, "compile_packages", lambda: compiled.append(len(asked)))
    others = ("make_venv", "get_node", "compile_translations", "fetch_weights", "build_frontend")
    for other in others:
        monkeypatch.setattr(install, other, lambda: None)
    install.setup_dev()
    install.setup_run()
    assert asked == [("-r", install.ROOT / "requirements-dev.txt")]
    assert compiled == [1]


def test_a_failing_command_shows_its_end_and_a_hint() -> None:
    with pytest.raises(install.SetupError, match="(?s)is the index there.*no such package"):
        install.run(
            *(sys.executable, "-c", "print('no such package'); raise SystemExit(3)"),
            hint="is the index there?",
        )


@pytest.mark.parametrize(
    ("version", "fits"),
    [("v18.19.0", False), ("v20.18.1", False), ("v20.19.0", True), ("v22.3.0", False)]
    + [("v24.1.0", True), ("nonsense", False)],
)
def test_a_node_that_cannot_build_the_frontend_does_not_count(
    tmp_path: Path, version: str, fits: bool
) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    assert install.node_fits(node) is fits
    assert not install.node_fits(tmp_path / "none")


def test_pins_with_a_condition_stay_though_this_python_does_not_need_them() -> None:
    assert "async-timeout" in lock.conditional(lock.ROOT / "requirements.in")


def test_every_requirement_is_pinned_exactly() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (lock.ROOT / name).read_text().splitlines():
            assert "==" in line or line.startswith("-r "), line
