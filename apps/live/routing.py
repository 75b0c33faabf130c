"""WebSocket addresses."""

from django.urls import path

from apps.live.consumers import EventConsumer

websocket_urlpatterns = [path("ws/events/", EventConsumer.as_asgi())]
