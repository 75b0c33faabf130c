"""The one door to the S3-compatible store."""

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

__all__ = [
    "LINK_LIFE_S",
    "Missing",
    "StorageError",
    "download_link",
    "get_file",
    "open_object",
    "put_bytes",
    "put_file",
    "reach",
    "remove",
    "size_of",
]

LINK_LIFE_S = 300


class StorageError(Exception):
    """The store did not take or give something; the message says why."""


class Missing(StorageError):
    """The store answers, and does not have the object."""


@cache
def _client(endpoint: str) -> Any:
    """Return one client an endpoint; making one costs a tenth of a second."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        aws_access_key_id=settings.S3_ACCESS_KEY_ID,
        aws_secret_access_key=settings.S3_SECRET_ACCESS_KEY,
        region_name=settings.S3_REGION,
        config=Config(
            signature_version="s3v4",
            connect_timeout=3,
            read_timeout=20,
            retries={"max_attempts": 1},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def put_file(key: str, path: Path, *, content_type: str, filename: str = "") -> None:
    """Store a file under a key; putting it twice is the same as once.

    With a file name a browser that is sent to the object saves it under that name. Players take
    no notice. Not every store lets a link say so (`ResponseContentDisposition`).
    """
    disposition = f'attachment; filename="{filename}"' if filename else ""
    with path.open("rb") as body:
        _put(key, body, content_type, disposition)


def put_bytes(key: str, body: bytes, *, content_type: str) -> None:
    """Store bytes under a key."""
    _put(key, body, content_type)


def _put(key: str, body: Any, content_type: str, disposition: str = "") -> None:
    how = {"ContentType": content_type}
    if disposition:
        how["ContentDisposition"] = disposition
    try:
        _client(settings.S3_ENDPOINT_URL).put_object(
            Bucket=settings.S3_BUCKET, Key=key, Body=body, **how
        )
    except (BotoCoreError, ClientError, OSError) as error:
        raise StorageError(f"The store did not take {key}: {error}") from error


def get_file(key: str, path: Path) -> None:
    """Copy an object to a file, which appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".get-", delete=False) as file:
        try:
            # One plain request: not every store answers the ranges that boto3 would ask for.
            answer = _client(settings.S3_ENDPOINT_URL).get_object(
                Bucket=settings.S3_BUCKET, Key=key
            )
            for block in answer["Body"].iter_chunks(1 << 20):
                file.write(block)
        except (BotoCoreError, ClientError, OSError) as error:
            Path(file.name).unlink()
            raise StorageError(f"The store did not give {key}: {error}") from error
    os.replace(file.name, path)


def open_object(key: str, span: str = "") -> tuple[dict[str, str], Any]:
    """Return an object's headers and its body, which must be closed; `span` as in `bytes=0-99`."""
    wanted = {"Range": span} if span else {}
    try:
        answer = _client(settings.S3_ENDPOINT_URL).get_object(
            Bucket=settings.S3_BUCKET, Key=key, **wanted
        )
    except (BotoCoreError, ClientError, OSError) as error:
        raise StorageError(f"The store did not give {key}: {error}") from error
    headers = {"Content-Length": str(answer["ContentLength"])}
    if "ContentRange" in answer:
        headers["Content-Range"] = answer["ContentRange"]
    return headers, answer["Body"]


def size_of(key: str) -> int:
    """Return an object's size in bytes; Missing when the store answers that it has none."""
    try:
        answer = _client(settings.S3_ENDPOINT_URL).head_object(Bucket=settings.S3_BUCKET, Key=key)
    except ClientError as error:
        gone = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404
        kind = Missing if gone else StorageError
        raise kind(f"The store does not have {key}: {error}") from error
    except BotoCoreError as error:
        raise StorageError(f"The store does not have {key}: {error}") from error
    return int(answer["ContentLength"])


def reach() -> None:
    """Ask the store whether the bucket is there; StorageError when not."""
    try:
        _client(settings.S3_ENDPOINT_URL).head_bucket(Bucket=settings.S3_BUCKET)
    except (BotoCoreError, ClientError) as error:
        raise StorageError(f"The store does not answer: {error}") from error


def remove(key: str) -> None:
    """Delete an object; one that is gone already is no fault."""
    try:
        _client(settings.S3_ENDPOINT_URL).delete_object(Bucket=settings.S3_BUCKET, Key=key)
    except (BotoCoreError, ClientError) as error:
        raise StorageError(f"The store did not delete {key}: {error}") from error


def download_link(key: str, *, filename: str | None = None) -> str:
    """Return a signed address that works for five minutes; with a file name it downloads."""
    parameters = {"Bucket": settings.S3_BUCKET, "Key": key}
    if filename:
        parameters["ResponseContentDisposition"] = f'attachment; filename="{filename}"'
    return str(
        _client(settings.S3_PUBLIC_URL).generate_presigned_url(
            "get_object", Params=parameters, ExpiresIn=LINK_LIFE_S
        )
    )
