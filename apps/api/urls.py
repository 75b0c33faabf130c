"""Addresses of API v1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from apps.api import views

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("mines/", views.MineList.as_view(), name="mines"),
    path("mines/<int:pk>/", views.MineDetail.as_view(), name="mine"),
    path("areas/", views.AreaList.as_view(), name="areas"),
    path("machines/", views.MachineList.as_view(), name="machines"),
    path("cameras/", views.CameraList.as_view(), name="cameras"),
    path("cameras/test/", views.CameraTest.as_view(), name="camera-test"),
    path("cameras/<int:pk>/", views.CameraDetail.as_view(), name="camera"),
    path("cameras/<int:pk>/scene/", views.CameraScene.as_view(), name="camera-scene"),
    path("alarms/", views.AlarmList.as_view(), name="alarms"),
    path("alarms/<int:pk>/", views.AlarmDetail.as_view(), name="alarm"),
    path("alarms/<int:pk>/acknowledge/", views.AlarmAcknowledge.as_view(), name="acknowledge"),
    path("clips/", views.ClipList.as_view(), name="clips"),
    path("clips/<uuid:uid>/", views.ClipDetail.as_view(), name="clip"),
    path("clips/<uuid:uid>/download/", views.ClipDownload.as_view(), name="clip-download"),
    path("signals/", views.SignalList.as_view(), name="signals"),
    path("events/", views.EventList.as_view(), name="events"),
    path("desk/", views.Desk.as_view(), name="desk"),
]
