"""The command line without a database: it says what to do."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAYS = """
import sys
from unittest.mock import patch
from django.db import OperationalError
import manage
sys.argv = ["manage.py", "found", "Northern Coal", "anna"]
run = "django.core.management.execute_from_command_line"
with patch(run, side_effect=OperationalError("away")):
    manage.main()
"""


def said(**env: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-c", SAYS], cwd=ROOT, env=kept | env, capture_output=True, text=True
    )
    assert done.returncode == 1
    return done.stderr


def test_a_command_that_finds_no_database_names_the_way_to_the_demo_s():
    assert "`python -m infra.manage found 'Northern Coal' anna`" in said()
    other = said(DATABASE_URL="postgresql://x@10.0.0.9/davy")
    assert "The database does not answer, or broke off: away" in other
    assert "infra.manage" not in other
