"""The S3-compatible store that keeps evidence."""

from davy.env import env, env_secret

S3_ENDPOINT_URL = env("S3_ENDPOINT_URL")
# Browsers fetch clips here; differs from the endpoint when the store has an inner and outer name.
S3_PUBLIC_URL = env("S3_PUBLIC_URL", S3_ENDPOINT_URL)
S3_ACCESS_KEY_ID = env_secret("S3_ACCESS_KEY_ID")
S3_SECRET_ACCESS_KEY = env_secret("S3_SECRET_ACCESS_KEY")
S3_BUCKET = env("S3_BUCKET", "davy-clips")
S3_REGION = env("S3_REGION", "us-east-1")
