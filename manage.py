#!/usr/bin/env python
"""Davy's command line: Django's own commands and `analyse`, `record`, `seed`."""

import os
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
        sys.exit(f"The database does not answer, or broke off: {error}")


if __name__ == "__main__":
    main()
