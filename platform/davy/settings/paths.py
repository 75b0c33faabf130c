"""Where the code is and where state is kept."""

from pathlib import Path

from davy.env import env

ROOT = Path(__file__).resolve().parents[3]
VAR = Path(env("DAVY_VAR", str(ROOT / "var"))).resolve()
