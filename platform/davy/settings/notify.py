"""Notifications: the mail server, which private receivers are allowed, and browser push (off)."""

import ipaddress

from django.core.exceptions import ImproperlyConfigured

from davy.env import env, env_bool, env_float, env_list, env_secret

__all__ = [
    "DEFAULT_FROM_EMAIL",
    "EMAIL_BACKEND",
    "EMAIL_FILE_PATH",
    "EMAIL_HOST",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_HOST_USER",
    "EMAIL_PORT",
    "EMAIL_SET",
    "EMAIL_TIMEOUT",
    "EMAIL_USE_SSL",
    "EMAIL_USE_TLS",
    "NOTIFY_DAYS",
    "NOTIFY_PRIVATE",
    "PUSH",
    "VAPID_KEY",
    "VAPID_SUBJECT",
]

EMAIL_HOST = env("DAVY_EMAIL_HOST")
# starttls (port 587), tls (465) or none (25): nothing is sent in the clear unless somebody says so.
_SECURITY = env("DAVY_EMAIL_SECURITY", "starttls")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
if _SECURITY not in _PORTS:
    raise ImproperlyConfigured(f"DAVY_EMAIL_SECURITY={_SECURITY!r}: say starttls, tls or none")
EMAIL_PORT = int(env_float("DAVY_EMAIL_PORT", _PORTS[_SECURITY]))
EMAIL_USE_TLS, EMAIL_USE_SSL = _SECURITY == "starttls", _SECURITY == "tls"
EMAIL_HOST_USER = env("DAVY_EMAIL_USER")
EMAIL_HOST_PASSWORD = env_secret("DAVY_EMAIL_PASSWORD")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DAVY_EMAIL_FROM", "davy@localhost")
# Instead of a server: a folder into which each mail is written (the demo).
EMAIL_FILE_PATH = env("DAVY_EMAIL_DIR")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
if EMAIL_FILE_PATH and not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_SET = bool(EMAIL_HOST or EMAIL_FILE_PATH)

# Networks of receivers inside the house, such as 10.20.0.0/16; none unless said.
NOTIFY_PRIVATE = env_list("DAVY_NOTIFY_PRIVATE")
for _network in NOTIFY_PRIVATE:
    try:
        ipaddress.ip_network(_network)
    except ValueError as _error:
        raise ImproperlyConfigured(f"DAVY_NOTIFY_PRIVATE: {_error}") from None
# How long the log of deliveries is kept.
NOTIFY_DAYS = env_float("DAVY_NOTIFY_DAYS", 90, least=1)

# Browser push goes through the browser maker's service, so it is off unless somebody says so.
PUSH = env_bool("DAVY_PUSH", False)
VAPID_KEY = env_secret("DAVY_VAPID_KEY")
# How a push service reaches whoever runs this: mailto: or https:.
VAPID_SUBJECT = env("DAVY_VAPID_SUBJECT", f"mailto:{DEFAULT_FROM_EMAIL}")
if PUSH and not VAPID_KEY:
    raise ImproperlyConfigured("DAVY_PUSH needs DAVY_VAPID_KEY: `manage.py vapid` makes one.")
