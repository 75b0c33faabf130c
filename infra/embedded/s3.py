"""An S3 server on this machine (nanio): it checks signatures and keeps objects as files."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from infra.command import Command
from infra.embedded.service import Part, Service, start_part
from infra.state import free_port, read_secrets, state_folder

__all__ = ["BUCKET", "REGION", "addresses", "make_bucket", "prepare", "start"]

BUCKET = "davy-clips"
REGION = "us-east-1"


def start(state_dir: Path) -> Service:
    """Start the server with its bucket; `url` is the endpoint."""
    state_dir = state_folder(state_dir)
    return start_part(prepare(state_dir), state_dir)


def prepare(state_dir: Path) -> Part:
    """Say how to run the server, with this installation's keys."""
    data, known = state_dir / "s3", read_secrets(state_dir)
    data.mkdir(exist_ok=True)
    data.chmod(0o700)
    port = free_port(state_dir, "s3")
    env = addresses(known, port)
    url = env["S3_ENDPOINT_URL"]
    argv = [sys.executable, str(Path(__file__).with_name("sweep.py")), str(data)]
    argv += [sys.executable, "-m", "nanio", "serve", "--data-dir", str(data)]
    argv += ["--host", "127.0.0.1", "--port", str(port), "--region", REGION]
    # Parts of a large upload that a kill cut off go after a week, at the next start.
    argv += [
        "--workers",
        "1",
        "--log-level",
        "warning",
        "--no-access-log",
        "--gc-abandoned-uploads",
    ]
    keys = {
        "NANIO_ACCESS_KEY": known["s3_access_key"],
        "NANIO_SECRET_KEY": known["s3_secret_key"],
    }

    def finish() -> None:
        # nanio keeps a bucket as a folder; asking it would cost boto3's import at every start.
        if not (data / BUCKET).is_dir():
            make_bucket(env)

    return Part(
        command=Command("s3", tuple(argv), env=keys),
        url=url,
        env=env,
        ready=lambda: _answers(url),
        finish=finish,
    )


def addresses(known: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the variables by which the application reaches the server."""
    return {
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "S3_ACCESS_KEY_ID": known["s3_access_key"],
        "S3_SECRET_ACCESS_KEY": known["s3_secret_key"],
        "S3_BUCKET": BUCKET,
        "S3_REGION": REGION,
    }


def make_bucket(env: dict[str, str]) -> None:
    """Make the bucket named in the environment `env` when it is not there."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    client = boto3.client(
        "s3",
        endpoint_url=env["S3_ENDPOINT_URL"],
        aws_access_key_id=env["S3_ACCESS_KEY_ID"],
        aws_secret_access_key=env["S3_SECRET_ACCESS_KEY"],
        region_name=env.get("S3_REGION", REGION),
        config=Config(s3={"addressing_style": "path"}),
    )
    bucket = env.get("S3_BUCKET", BUCKET)
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as fault:
        if fault.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        client.create_bucket(Bucket=bucket)


def _answers(url: str) -> bool:
    # Through no proxy: it is this machine that must answer.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=1.0)
    except urllib.error.HTTPError:
        return True  # it refuses us, so it is there
    except OSError:
        return False
    return True
