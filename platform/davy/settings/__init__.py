"""Settings for every way of running: the environment decides, and nothing secret has a default."""

import logging
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

import davy.checks  # noqa: F401
from davy.env import env, env_address, env_bool, env_database, env_float, env_list, env_secret
from davy.settings.celery import *  # noqa: F403
from davy.settings.notify import *  # noqa: F403
from davy.settings.paths import ROOT, VAR
from davy.settings.stamps import *  # noqa: F403
from davy.settings.storage import *  # noqa: F403

DEBUG = env_bool("DAVY_DEBUG", False)
# Commands that need no secret (analyse, check, makemigrations) run without one; `davy.asgi`
# refuses to serve with an empty key.
SECRET_KEY = env_secret("DAVY_SECRET_KEY") or "unset-refused-by-asgi"
# Fernet key for camera passwords at rest.
FIELD_KEY = env_secret("DAVY_FIELD_KEY")
if FIELD_KEY:
    try:
        Fernet(FIELD_KEY)
    except ValueError:
        raise ImproperlyConfigured(
            "DAVY_FIELD_KEY is no key: 32 bytes in url-safe base64 are needed "
            "(infra/compose.yaml says how to make one)"
        ) from None
BASE_URL = env_address("DAVY_BASE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = env_list("DAVY_ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
# TLS ends in front of Davy where it is reached from outside; then cookies must be secure.
HTTPS = env_bool("DAVY_HTTPS", BASE_URL.startswith("https://"))
# How many proxies stand in front, each of which adds to X-Forwarded-For. 0: uvicorn believes one on
# this very machine (FORWARDED_ALLOW_IPS), and nobody else.
PROXIES = int(env_float("DAVY_PROXIES", 0))
# The address that people open sends forms to itself; what stands in front may hand on another one.
_ITSELF = ["https://" + urlsplit(BASE_URL).netloc] if BASE_URL.startswith("https://") else []
CSRF_TRUSTED_ORIGINS = env_list("DAVY_TRUSTED_ORIGINS") or _ITSELF

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "csp",
    "apps.tenancy",
    "apps.accounts",
    "apps.audit",
    "apps.ledger",
    "apps.mines",
    "apps.cameras",
    "apps.rules",
    "apps.detectors",
    "apps.signals",
    "apps.readings",
    "apps.lists",
    "apps.live",
    "apps.alarms",
    "apps.evidence",
    "apps.bundles",
    "apps.plans",
    "apps.playback",
    "apps.recordings",
    "apps.notify",
    "apps.api",
    "apps.privacy",
    "apps.inquiry",
    "apps.backup",
    "apps.portal",
]

MIDDLEWARE = [
    "davy.postgres.middleware.ConnectionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.accounts.middleware.ScopeMiddleware",
]

ROOT_URLCONF = "davy.urls"
ASGI_APPLICATION = "davy.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.accounts.context.access",
                "apps.accounts.context.look",
            ],
        },
    },
]

# The application connects as a role that owns nothing, so row-level security holds for it.
DATABASES = {"default": env_database("DATABASE_URL", "postgresql://davy_app@/davy")}
# The role that owns the tables: `migrate` and `restore` alone.
DATABASE_OWNER_URL = env_secret("DATABASE_OWNER_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # one shift
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The page may load scripts, styles and pictures from this server only; clips come from the store.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:", S3_PUBLIC_URL],  # noqa: F405
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [ROOT / "apps" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("DAVY_STATIC_ROOT", str(VAR / "static")))
STATICFILES_DIRS = [path for path in [ROOT / "frontend" / "dist"] if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "apps.api.schema.Schema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.api.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.api.negotiation.Negotiation",
    "EXCEPTION_HANDLER": "apps.api.errors.answer",
    "DEFAULT_THROTTLE_CLASSES": ["apps.api.throttling.Throttle"],
    # Answers: more than two hands can give, so that no operator in a flood ever meets the limit.
    "DEFAULT_THROTTLE_RATES": {
        "signals": "50/second",
        "downloads": "60/minute",
        "answers": "20/second",
    },
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Davy",
    "DESCRIPTION": "Mines, cameras, scenes, alarms, clips and machine signals.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AlarmState": "apps.alarms.models.State",
        "ClipState": "apps.evidence.models.Clip.State",
        "DeliveryState": "apps.notify.models.Delivery.State",
        "Severity": "apps.alarms.models.Severity",
    },
}

# The ring of recorded chunks: bounded by age and by bytes, whichever comes first.
RING_DIR = VAR / "ring"
# A mine's own clause packs, which take the place of those of the same name in workers/packs.
PACKS_DIR = Path(env("DAVY_PACKS_DIR")) if env("DAVY_PACKS_DIR") else None
# How long readings are kept: as they came, by minute, by hour.
READINGS_RAW_DAYS = env_float("DAVY_READINGS_RAW_DAYS", 7, least=1)
READINGS_MINUTE_DAYS = env_float("DAVY_READINGS_MINUTE_DAYS", 90, least=1)
READINGS_HOUR_DAYS = env_float("DAVY_READINGS_HOUR_DAYS", 730, least=1)
# How long each signal of a machine and each report of an input is kept; the last one always is.
SIGNALS_DAYS = env_float("DAVY_SIGNALS_DAYS", 90, least=1)
RING_AGE_S = env_float("DAVY_RING_AGE_S", 1800, least=60)
RING_BYTES = int(env_float("DAVY_RING_BYTES", 4e9, least=1e8))
RING_MIN_FREE_BYTES = int(env_float("DAVY_RING_MIN_FREE_BYTES", 1e9))
# How many years videos of alarms are kept where a mine says nothing; 0: for good.
CLIP_YEARS = env_float("DAVY_CLIP_YEARS", 0)
# Where workers keep the networks that mines bring; the object store has them for good.
MODEL_DIR = VAR / "models"
# Whether a camera may be on this machine itself: for the demo, and for trials with simulated ones.
CAMERA_LOOPBACK = env_bool("DAVY_CAMERA_LOOPBACK", False)
# Through which network interfaces cameras are asked for (all unless said), and for how long.
ONVIF_INTERFACES = env_list("DAVY_ONVIF_INTERFACES")
ONVIF_WAIT_S = env_float("DAVY_ONVIF_WAIT_S", 3)
# Folders from which a camera may play a video file; none unless said.
FILE_SOURCES = env_list("DAVY_FILE_SOURCES", ":")

LOG_LEVEL = env("DAVY_LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in logging.getLevelNamesMapping():
    raise ImproperlyConfigured(f"DAVY_LOG_LEVEL={LOG_LEVEL!r}: say DEBUG, INFO, WARNING or ERROR")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "filters": {"outage": {"()": "davy.outage.Outage"}},
    "loggers": {
        "libav": {"level": "CRITICAL"},
        "botocore": {"level": "WARNING"},
        # By logger, for Celery puts handlers of its own in the place of ours.
        **dict.fromkeys(
            ("psycopg.pool", "django.request", "celery.app.trace", "uvicorn.error")
            + ("apps.cameras.recording", "apps.cameras.tasks"),
            {"filters": ["outage"]},
        ),
    },
}
