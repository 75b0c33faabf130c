"""Addresses of API v1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from apps.api.views import alarms, cameras, clips, live, mines, models, readings

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("mines/", mines.MineList.as_view(), name="mines"),
    path("mines/<int:pk>/", mines.MineDetail.as_view(), name="mine"),
    path("areas/", mines.AreaList.as_view(), name="areas"),
    path("machines/", mines.MachineList.as_view(), name="machines"),
    path("cameras/", cameras.CameraList.as_view(), name="cameras"),
    path("cameras/test/", cameras.CameraTest.as_view(), name="camera-test"),
    path("cameras/<int:pk>/", cameras.CameraDetail.as_view(), name="camera"),
    path("cameras/<int:pk>/scene/", cameras.CameraScene.as_view(), name="camera-scene"),
    path("alarms/", alarms.AlarmList.as_view(), name="alarms"),
    path("alarms/<int:pk>/", alarms.AlarmDetail.as_view(), name="alarm"),
    path("alarms/<int:pk>/acknowledge/", alarms.AlarmAcknowledge.as_view(), name="acknowledge"),
    path("clips/", clips.ClipList.as_view(), name="clips"),
    path("clips/<uuid:uid>/", clips.ClipDetail.as_view(), name="clip"),
    path("clips/<uuid:uid>/download/", clips.ClipDownload.as_view(), name="clip-download"),
    path("models/", models.ModelList.as_view(), name="models"),
    path("models/<int:pk>/", models.ModelDetail.as_view(), name="model"),
    path("models/<int:pk>/promote/", models.ModelPromote.as_view(), name="model-promote"),
    path("models/<int:pk>/roll-back/", models.ModelRollBack.as_view(), name="model-roll-back"),
    path("models/<int:pk>/retire/", models.ModelRetire.as_view(), name="model-retire"),
    path("signals/", live.SignalList.as_view(), name="signals"),
    path("hazards/", live.HazardList.as_view(), name="hazards"),
    path("readings/", readings.ReadingList.as_view(), name="readings"),
    path("events/", live.EventList.as_view(), name="events"),
    path("desk/", live.Desk.as_view(), name="desk"),
]
