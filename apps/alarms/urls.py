"""Addresses of the desk and of alarms."""

from django.urls import path

from apps.alarms import views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("desk/name/", views.name_desk, name="desk-name"),
    path("alarms/", views.alarm_list, name="alarms"),
    path("alarms/<int:pk>/", views.alarm_page, name="alarm"),
    path("alarms/<int:pk>/acknowledge/", views.acknowledge, name="alarm-acknowledge"),
    path("alarms/<int:pk>/reset/", views.reset, name="alarm-reset"),
    path("alarms/<int:pk>/snapshot.jpg", views.snapshot, name="alarm-snapshot"),
]
