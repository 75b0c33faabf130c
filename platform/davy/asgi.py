"""HTTP and WebSocket entry point: `uvicorn davy.asgi:application`."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "davy.settings")
http = get_asgi_application()

from django.conf import settings  # noqa: E402

from apps.live.routing import websocket_urlpatterns  # noqa: E402
from davy.bodies import BodyLimit  # noqa: E402
from davy.forwarded import Forwarded  # noqa: E402
from davy.origins import OwnPages  # noqa: E402
from davy.postgres.connection import Connection  # noqa: E402

if settings.SECRET_KEY.startswith("unset") or not settings.FIELD_KEY:
    raise ImproperlyConfigured("Set DAVY_SECRET_KEY and DAVY_FIELD_KEY before serving.")

# Somebody waits for each answer: a PostgreSQL that hangs is no reason to let them wait with it.
Connection.patience_s = 30.0

application = Forwarded(
    ProtocolTypeRouter(
        {
            "http": BodyLimit(http),
            "websocket": AllowedHostsOriginValidator(
                OwnPages(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
            ),
        }
    ),
    settings.PROXIES,
)
