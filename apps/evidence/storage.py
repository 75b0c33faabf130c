"""The one door to the S3-compatible store."""

import hashlib
import os
import tempfile
import time
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

__all__ = [
    "LINK_LIFE_S",
    "Features",
    "TURN_S",
    "Missing",
    "Refused",
    "StorageError",
    "download_link",
    "features",
    "get_file",
    "keys_under",
    "legal_hold",
    "open_object",
    "put_bytes",
    "put_file",
    "reach",
    "remove",
    "sha256_of",
    "size_of",
]

LINK_LIFE_S = 300
# A store that hangs takes 40 s a question, and a task of two minutes is killed: what is left after
# so long waits for the next bell, which comes within seconds.
TURN_S = 20.0


class StorageError(Exception):
    """The store did not take or give something; the message says why."""


class Missing(StorageError):
    """The store answers, and does not have the object."""


class Refused(StorageError):
    """The store answers, and does not let us in: keys that are wrong or over, or a wrong clock."""


KINDS = {401: Refused, 403: Refused, 404: Missing}


def _status(error: Exception) -> int:
    """Return what the store itself answered, or 0 where it did not."""
    answer = error.response if isinstance(error, ClientError) else {}
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _fault(error: Exception, words: str) -> StorageError:
    """Return what to raise: Missing or Refused where the store itself says so."""
    return KINDS.get(_status(error), StorageError)(f"{words}: {error}")


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


@dataclass(frozen=True)
class Features:
    """What the bucket can do: keep older versions, and refuse to delete locked ones."""

    versioned: bool
    lock: bool


_KNOWN_S = 600.0
_known: dict[tuple[str, str], tuple[float, Features]] = {}


def features(*, anew: bool = False) -> Features:
    """Ask what the bucket can do, at most every ten minutes; StorageError when it is away.

    A store that does not know the question has not the thing, nor has one that lets us in and
    refuses the question alone. One that lets nobody in has said nothing: it may well lock.
    """
    name = (settings.S3_ENDPOINT_URL, settings.S3_BUCKET)
    at, found = _known.get(name, (0.0, None))
    if found is not None and not anew and time.monotonic() - at < _KNOWN_S:
        return found
    client = _client(settings.S3_ENDPOINT_URL)
    versioning = _asked(client.get_bucket_versioning)
    lock = _asked(client.get_object_lock_configuration).get("ObjectLockConfiguration", {})
    found = Features(
        versioned=versioning.get("Status") in ("Enabled", "Suspended"),
        lock=lock.get("ObjectLockEnabled") == "Enabled",
    )
    _known[name] = (time.monotonic(), found)
    return found


def _asked(question: Any) -> dict[str, Any]:
    try:
        return dict(question(Bucket=settings.S3_BUCKET))
    except ClientError as error:
        status = _status(error)
        if status == 429 or (status >= 500 and status != 501):
            raise StorageError(f"The store does not answer: {error}") from error
        if KINDS.get(status) is Refused:
            reach()
        return {}
    except BotoCoreError as error:
        raise StorageError(f"The store does not answer: {error}") from error


def put_file(
    key: str,
    path: Path,
    *,
    content_type: str,
    filename: str = "",
    locked_until: datetime | None = None,
) -> None:
    """Store a file under a key; putting it twice is the same as once.

    With a file name a browser that is sent to the object saves it under that name. Players take
    no notice. Not every store lets a link say so (`ResponseContentDisposition`). locked_until: the
    store must refuse to delete it before, by DAVY_OBJECT_LOCK; only where `features().lock`.
    """
    how = {"ContentDisposition": f'attachment; filename="{filename}"'} if filename else {}
    with path.open("rb") as body:
        if locked_until is not None:
            md5 = hashlib.file_digest(body, lambda: hashlib.md5(usedforsecurity=False)).digest()
            how |= _locked(locked_until, md5)
            body.seek(0)
        _put(key, body, content_type, how)


def put_bytes(
    key: str, body: bytes, *, content_type: str, locked_until: datetime | None = None
) -> None:
    """Store bytes under a key; locked as in `put_file`."""
    how = {}
    if locked_until is not None:
        how = _locked(locked_until, hashlib.md5(body, usedforsecurity=False).digest())
    _put(key, body, content_type, how)


def _locked(until: datetime, md5: bytes) -> dict[str, Any]:
    # A store takes a lock only with a sum of what it is to keep.
    return {
        "ObjectLockMode": settings.OBJECT_LOCK.upper(),
        "ObjectLockRetainUntilDate": until,
        "ContentMD5": b64encode(md5).decode(),
    }


def legal_hold(key: str, *, on: bool) -> None:
    """Put a legal hold on an object or take it off; twice is as once. Missing when it is gone."""
    try:
        _client(settings.S3_ENDPOINT_URL).put_object_legal_hold(
            Bucket=settings.S3_BUCKET, Key=key, LegalHold={"Status": "ON" if on else "OFF"}
        )
    except (BotoCoreError, ClientError) as error:
        raise _fault(error, f"The store did not change the hold on {key}") from error


def _put(key: str, body: Any, content_type: str, more: dict[str, Any]) -> None:
    how = {"ContentType": content_type, **more}
    try:
        _client(settings.S3_ENDPOINT_URL).put_object(
            Bucket=settings.S3_BUCKET, Key=key, Body=body, **how
        )
    except (BotoCoreError, ClientError, OSError) as error:
        raise StorageError(f"The store did not take {key}: {error}") from error


def get_file(key: str, path: Path) -> None:
    """Copy an object to a file, which appears whole or not at all; Missing where there is none."""
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
            raise _fault(error, f"The store did not give {key}") from error
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
    except (BotoCoreError, ClientError) as error:
        raise _fault(error, f"The store does not have {key}") from error
    return int(answer["ContentLength"])


def sha256_of(key: str) -> str:
    """Return an object's SHA-256 in hex, read in pieces; Missing where there is none."""
    hashed = hashlib.sha256()
    try:
        answer = _client(settings.S3_ENDPOINT_URL).get_object(Bucket=settings.S3_BUCKET, Key=key)
        for block in answer["Body"].iter_chunks(1 << 20):
            hashed.update(block)
    except (BotoCoreError, ClientError, OSError) as error:
        raise _fault(error, f"The store did not give {key}") from error
    return hashed.hexdigest()


def keys_under(prefix: str) -> list[str]:
    """List the keys that begin so, in order; StorageError when the store does not say."""
    pages = _client(settings.S3_ENDPOINT_URL).get_paginator("list_objects_v2")
    try:
        found = pages.paginate(Bucket=settings.S3_BUCKET, Prefix=prefix)
        return sorted(row["Key"] for page in found for row in page.get("Contents", []))
    except (BotoCoreError, ClientError) as error:
        raise StorageError(f"The store did not list {prefix}: {error}") from error


def reach() -> None:
    """Ask the store whether the bucket is there; StorageError when not, of the kind that fits."""
    try:
        _client(settings.S3_ENDPOINT_URL).head_bucket(Bucket=settings.S3_BUCKET)
    except (BotoCoreError, ClientError) as error:
        raise _fault(error, "The store does not answer") from error


def remove(key: str) -> None:
    """Delete an object with all its versions; one that is gone already is no fault.

    A version that the store keeps locked is a StorageError, and stays.
    """
    client = _client(settings.S3_ENDPOINT_URL)
    try:
        if not features().versioned:
            client.delete_object(Bucket=settings.S3_BUCKET, Key=key)
            return
        # Without a version it would only be hidden.
        pages = client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=settings.S3_BUCKET, Prefix=key):
            for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if one["Key"] == key:
                    client.delete_object(
                        Bucket=settings.S3_BUCKET, Key=key, VersionId=one["VersionId"]
                    )
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
