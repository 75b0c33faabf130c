"""Writes the exact pins: requirements.in → requirements.txt, requirements-dev.in → …-dev.txt.

Run by `make lock`. pip resolves without installing; nothing here knows an index.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def resolve(*arguments: str) -> dict[str, str]:
    """Return {name: version} of everything that the arguments of `pip install` lead to."""
    report = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pip",
                "install",
                "--dry-run",
                "--ignore-installed",
                "--quiet",
                "--quiet",
            ),
            *("--report", "-", *arguments),
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    found = [item["metadata"] for item in json.loads(report)["install"]]
    # "2.13.0+cpu" is one build of 2.13.0: the pin leaves the build to whoever installs.
    return {item["name"]: item["version"].partition("+")[0] for item in found}


def conditional(path: Path) -> dict[str, str]:
    """Return {name: rest} of pins with a condition: this Python may not be the one they are for."""
    found = {}
    for line in path.read_text().splitlines():
        pin = line.partition("#")[0].strip()
        if ";" in pin:
            name, _, rest = pin.partition("==")
            found[name] = rest
    return found


def write(path: Path, pins: dict[str, str], first: str = "") -> None:
    """Write pins in order of name."""
    lines = [f"{name}=={pins[name]}\n" for name in sorted(pins, key=str.lower)]
    path.write_text(first + "".join(lines))
    print(f"{path.name}: {len(lines)} pins")


def main() -> None:
    """Write both files."""
    runtime = resolve("-r", "requirements.in") | conditional(ROOT / "requirements.in")
    write(ROOT / "requirements.txt", runtime)
    everything = resolve("-r", "requirements-dev.in")
    extra = {name: version for name, version in everything.items() if name not in runtime}
    write(ROOT / "requirements-dev.txt", extra, first="-r requirements.txt\n")


if __name__ == "__main__":
    main()
