"""Addresses of API v1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from apps.api.views import (
    alarms,
    answers,
    cameras,
    clips,
    escalation,
    live,
    mines,
    models,
    readings,
)

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("mines/", mines.MineList.as_view(), name="mines"),
    path("mines/<int:pk>/", mines.MineDetail.as_view(), name="mine"),
    path("mines/<int:pk>/escalation/", escalation.Escalation.as_view(), name="escalation"),
    path("areas/", mines.AreaList.as_view(), name="areas"),
    path("machines/", mines.MachineList.as_view(), name="machines"),
    path("cameras/", cameras.CameraList.as_view(), name="cameras"),
    path("cameras/test/", cameras.CameraTest.as_view(), name="camera-test"),
    path("cameras/<int:pk>/", cameras.CameraDetail.as_view(), name="camera"),
    path("cameras/<int:pk>/scene/", cameras.CameraScene.as_view(), name="camera-scene"),
    path(
        "cameras/<int:pk>/scene/template/",
        cameras.CameraTemplate.as_view(),
        name="camera-scene-template",
    ),
    path("templates/", cameras.TemplateList.as_view(), name="templates"),
    path("alarms/", alarms.AlarmList.as_view(), name="alarms"),
    path("alarms/<int:pk>/", alarms.AlarmDetail.as_view(), name="alarm"),
    path("alarms/<int:pk>/acknowledge/", answers.Acknowledge.as_view(), name="acknowledge"),
    path("alarms/<int:pk>/reset/", answers.Reset.as_view(), name="alarm-reset"),
    path("alarms/<int:pk>/false/", answers.CallFalse.as_view(), name="alarm-false"),
    path("alarms/<int:pk>/calls/", answers.Call.as_view(), name="alarm-call"),
    path("alarms/<int:pk>/assign/", answers.Assign.as_view(), name="alarm-assign"),
    path("alarms/<int:pk>/shelve/", answers.Shelve.as_view(), name="alarm-shelve"),
    path("alarms/<int:pk>/out-of-service/", answers.TakeOut.as_view(), name="alarm-take-out"),
    path("silences/", answers.SilenceList.as_view(), name="silences"),
    path("silences/<int:pk>/agree/", answers.SilenceAgree.as_view(), name="silence-agree"),
    path("silences/<int:pk>/end/", answers.SilenceEnd.as_view(), name="silence-end"),
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
