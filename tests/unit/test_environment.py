"""What people get wrong in the environment is refused in words, and no word tells a password."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from davy.env import env_address, env_broker, env_database, env_float, env_secret

ROOT = Path(__file__).resolve().parents[2]


LOAD = """
import json, os, sys
for said in json.loads(sys.argv[1]):
    for name in [name for name in sys.modules if name.split(".")[0] == "davy"]:
        del sys.modules[name]
    os.environ.update(said)
    try:
        import davy.settings
        print("taken")
    except Exception as error:
        print(type(error).__name__, error)
    for name in said:
        del os.environ[name]
"""


def loaded(*said: dict[str, str]) -> list[str]:
    """Load the settings as a process does, once for each of some environments; return its words."""
    ran = subprocess.run(
        [sys.executable, "-c", LOAD, json.dumps(said)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "platform")},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()


@pytest.mark.parametrize("number", ["-1", "nan", "inf", "4GB"])
def test_a_number_that_would_delete_everything_is_none(monkeypatch, number: str):
    monkeypatch.setenv("DAVY_RING_BYTES", number)
    with pytest.raises(ImproperlyConfigured, match="DAVY_RING_BYTES"):
        env_float("DAVY_RING_BYTES", 4e9)


def test_nought_keeps_nothing_so_it_is_refused_where_somebody_may_mean_for_good():
    names = [
        "DAVY_RING_BYTES", "DAVY_RING_AGE_S", "DAVY_SIGNALS_DAYS", "DAVY_READINGS_RAW_DAYS",
        "DAVY_READINGS_MINUTE_DAYS", "DAVY_READINGS_HOUR_DAYS", "DAVY_NOTIFY_DAYS",
    ]  # fmt: skip
    said = loaded(*({name: "0"} for name in names))
    for name, words in zip(names, said, strict=True):
        assert words.startswith(f"ImproperlyConfigured {name}='0': give a number, at least")
    # Nought years are for good, and no least room is a choice.
    assert loaded({"DAVY_CLIP_YEARS": "0", "DAVY_RING_MIN_FREE_BYTES": "0"}) == ["taken"]


@pytest.mark.parametrize("password", ["se/cret", "se#cret", "se?cret/x", "a:b/cret"])
def test_a_password_that_breaks_an_address_is_refused_and_not_told(monkeypatch, password: str):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://davy_app:{password}@postgres:5432/davy")
    monkeypatch.setenv("REDIS_URL", f"redis://:{password}@valkey:6379")
    for ask in (lambda: env_database("DATABASE_URL", ""), lambda: env_broker("REDIS_URL", "")):
        with pytest.raises(ImproperlyConfigured, match="write / as %2F") as refused:
            ask()
        assert "cret" not in str(refused.value)
        assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_password_that_is_written_as_said_is_taken(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://davy_app:a%2Fb%23c%3F%40%25@db:5432/davy")
    assert env_database("DATABASE_URL", "")["PASSWORD"] == "a/b#c?@%"


def test_a_broker_whose_database_is_named_is_refused(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://valkey:6379/0")
    with pytest.raises(ImproperlyConfigured, match="end it with the port"):
        env_broker("REDIS_URL", "")
    monkeypatch.setenv("REDIS_URL", "valkey:6379")
    with pytest.raises(ImproperlyConfigured, match=r"needs Valkey \(redis://host:6379\)"):
        env_broker("REDIS_URL", "")


def test_an_address_without_its_scheme_is_refused(monkeypatch):
    monkeypatch.setenv("S3_ENDPOINT_URL", "minio:9000")
    with pytest.raises(ImproperlyConfigured, match="http:// or https://"):
        env_address("S3_ENDPOINT_URL")
    monkeypatch.setenv("S3_ENDPOINT_URL", "HTTPS://davy.mine.example/")
    assert env_address("S3_ENDPOINT_URL") == "https://davy.mine.example"


def test_what_is_wrong_is_refused_when_a_process_starts():
    key, address, level, fine = loaded(
        {"DAVY_FIELD_KEY": "my-secret-word"},
        {"DAVY_BASE_URL": "davy.mine.example"},
        {"DAVY_LOG_LEVEL": "verbose"},
        {"DAVY_LOG_LEVEL": "debug"},
    )
    assert "DAVY_FIELD_KEY is no key" in key and "my-secret-word" not in key
    assert "ImproperlyConfigured DAVY_BASE_URL" in address
    assert "ImproperlyConfigured DAVY_LOG_LEVEL" in level
    assert fine == "taken"


def test_a_file_of_a_secret_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("DAVY_SECRET_KEY_FILE", "/nowhere/key")
    with pytest.raises(ImproperlyConfigured, match="DAVY_SECRET_KEY_FILE='/nowhere/key' cannot"):
        env_secret("DAVY_SECRET_KEY")


UNKNOWN = """
import os, sys
import davy.settings
from davy.env import unknown
os.environ.update(dict.fromkeys(sys.argv[1:], "1"))
print(list(unknown()))
"""


def checked(**said: str) -> str:
    """Return what `manage.py check` says in an environment."""
    ran = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **said},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


def test_a_misspelt_name_is_told_with_the_one_that_was_meant_and_not_its_value():
    said = checked(DAVY_CLIP_YEAR="s3cret", DAVY_COFFEE="black", DAVY_HTTPS_="")
    assert "DAVY_CLIP_YEAR is no setting of Davy: did you mean DAVY_CLIP_YEARS?" in said
    assert "DAVY_COFFEE is no setting of Davy\n" in said
    assert "s3cret" not in said and "DAVY_HTTPS_" not in said


def test_a_secret_beside_its_file_is_not_called_misspelt(tmp_path: Path):
    file = tmp_path / "key"
    file.write_text("A" * 43 + "=")
    said = checked(DAVY_FIELD_KEY_FILE=str(file), DAVY_FIELD_KEY="A" * 43 + "=")
    assert "is no setting" not in said


def test_no_name_that_anything_reads_or_that_stands_in_the_documents_is_called_misspelt():
    told = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "Makefile"]
    told += [ROOT / "manage.py", ROOT / "infra" / "compose.yaml", ROOT / "infra" / "Dockerfile"]
    for folder in ("apps", "platform", "workers", "infra", "tests"):
        told += (ROOT / folder).rglob("*.py")
    named = {
        name
        for path in told
        if path != Path(__file__)
        for name in re.findall(r"\bDAVY_[A-Z0-9_]*[A-Z0-9]\b", path.read_text())
    } - {"DAVY_ONVIF_LOOPBACK"}  # as it was called, in docs/upgrade.md
    assert len(named) > 50
    ran = subprocess.run(
        [sys.executable, "-c", UNKNOWN, *named],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "platform")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"
