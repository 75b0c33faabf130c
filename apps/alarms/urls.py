"""Addresses of the desk and of alarms."""

from django.urls import path

from apps.alarms import handover_views, views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/name/", views.name_desk, name="desk-name"),
    path("handover/", handover_views.mine_list, name="handovers"),
    path("handover/<int:pk>/", handover_views.handover, name="handover"),
    path("handover/signed/<int:pk>/", handover_views.signed, name="handover-signed"),
    path("handover/signed/<int:pk>/take/", handover_views.take, name="handover-take"),
    path("alarms/", views.alarm_list, name="alarms"),
    path("alarms/asking/", views.what_asks, name="alarms-asking"),
    path("alarms/<int:pk>/", views.alarm_page, name="alarm"),
    path("alarms/<int:pk>/acknowledge/", views.acknowledge, name="alarm-acknowledge"),
    path("alarms/<int:pk>/reset/", views.reset, name="alarm-reset"),
    path("alarms/<int:pk>/snapshot.jpg", views.snapshot, name="alarm-snapshot"),
]
