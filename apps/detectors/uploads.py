"""An uploaded file on its way to the service."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from apps.detectors.models import OwnModel
from apps.detectors.services import model_register
from apps.outside import outside
from workers.models.own import MOST_BYTES

__all__ = ["model_upload"]


def model_upload(file: UploadedFile, **more: Any) -> OwnModel:
    """Hand an uploaded file to the service as a file of its own; too big a one is refused here."""
    if file.size is None or file.size > MOST_BYTES:
        words = _("Expected at most %(most)s MB, found %(found)s MB.")
        found = {"most": MOST_BYTES // 1_000_000, "found": (file.size or 0) // 1_000_000}
        raise ValidationError({"file": words % found})
    with NamedTemporaryFile(prefix="davy-upload-") as copy:
        for block in file.chunks():
            copy.write(block)
        copy.flush()
        with outside():
            return model_register(path=Path(copy.name), **more)
