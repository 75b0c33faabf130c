#!/usr/bin/env python
"""Davy's command line: Django's own commands and `analyse`, `record`, `seed`."""

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# platform/ is a source root, never a package: see CONTRIBUTING.md.
sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "davy.settings")


def main() -> None:
    """Run one management command."""
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        said = f"The database does not answer, or broke off: {error}"
        if not os.environ.get("DATABASE_URL"):
            words = shlex.join(sys.argv[1:])
            said += (
                "\nDATABASE_URL is not set. The demo's own database is found by"
                f" `python -m infra.manage {words}`."
            )
        sys.exit(said)


if __name__ == "__main__":
    main()
