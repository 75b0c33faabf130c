"""The S3-compatible store that keeps evidence."""

from django.core.exceptions import ImproperlyConfigured

from davy.env import env, env_address, env_float, env_secret

S3_ENDPOINT_URL = env_address("S3_ENDPOINT_URL")
# Browsers fetch clips here; differs from the endpoint when the store has an inner and outer name.
S3_PUBLIC_URL = env_address("S3_PUBLIC_URL", S3_ENDPOINT_URL)
S3_ACCESS_KEY_ID = env_secret("S3_ACCESS_KEY_ID")
S3_SECRET_ACCESS_KEY = env_secret("S3_SECRET_ACCESS_KEY")
S3_BUCKET = env("S3_BUCKET", "davy-clips")
S3_REGION = env("S3_REGION", "us-east-1")

# Whether the store itself must refuse to delete videos: off, governance (whoever has that right at
# the store may) or compliance (nobody). For so many days; the bucket must be made with object lock.
OBJECT_LOCK = env("DAVY_OBJECT_LOCK", "off")
OBJECT_LOCK_DAYS = env_float("DAVY_OBJECT_LOCK_DAYS", 365, least=1)
if OBJECT_LOCK not in ("off", "governance", "compliance"):
    raise ImproperlyConfigured(
        f"DAVY_OBJECT_LOCK={OBJECT_LOCK!r}: say off, governance or compliance"
    )

# Where `manage.py backup s3://…` goes; another store than the one that is backed up, if it may be.
BACKUP_S3_ENDPOINT_URL = env_address("DAVY_BACKUP_S3_ENDPOINT_URL", S3_ENDPOINT_URL)
BACKUP_S3_ACCESS_KEY_ID = env_secret("DAVY_BACKUP_S3_ACCESS_KEY_ID") or S3_ACCESS_KEY_ID
BACKUP_S3_SECRET_ACCESS_KEY = env_secret("DAVY_BACKUP_S3_SECRET_ACCESS_KEY") or S3_SECRET_ACCESS_KEY
