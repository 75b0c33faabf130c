"""Addresses of routes, of their log, and of a person's own browsers."""

from django.urls import path

from apps.notify import devices, views

urlpatterns = [
    path("portal/mines/<int:pk>/notifications/", views.route_list, name="notify"),
    path("portal/mines/<int:pk>/notifications/log/", views.log, name="notify-log"),
    path(
        "portal/mines/<int:pk>/notifications/new/<str:channel>/", views.route_add, name="notify-add"
    ),
    path("portal/notifications/<int:pk>/", views.route_change, name="notify-change"),
    path("portal/notifications/<int:pk>/remove/", views.route_end, name="notify-remove"),
    path("portal/notifications/<int:pk>/secret/", views.route_secret, name="notify-secret"),
    path("portal/notifications/<int:pk>/test/", views.route_try, name="notify-test"),
    path("account/notifications/", devices.device_list, name="notify-devices"),
    path("account/notifications/<int:pk>/remove/", devices.device_end, name="notify-device-remove"),
    path("worker.js", devices.worker, name="notify-worker"),
]
