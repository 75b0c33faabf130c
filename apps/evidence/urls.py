"""Addresses of clips."""

from django.urls import path

from apps.evidence import cut_views, file_views, hold_views, views

urlpatterns = [
    path("clips/", views.clip_list, name="clips"),
    path("clips/new/", cut_views.clip_new, name="clip-new"),
    path("clips/<uuid:uid>/longer/", cut_views.clip_longer, name="clip-longer"),
    path("clips/<uuid:uid>/", views.clip_page, name="clip"),
    path("clips/<uuid:uid>/files/<str:name>", file_views.clip_file, name="clip-file"),
    path("clips/<uuid:uid>/play/", views.play, name="clip-play"),
    path("clips/<uuid:uid>/boxes/", views.boxes, name="clip-boxes"),
    path("clips/<uuid:uid>/download/", views.download, name="clip-download"),
    path("clips/<uuid:uid>/hold/", hold_views.hold_clip, name="hold-clip"),
    path("clips/<uuid:uid>/remove/", hold_views.remove_clip, name="clip-remove"),
    path("alarms/<int:pk>/hold/", hold_views.hold_alarm, name="hold-alarm"),
    path("holds/", hold_views.hold_list, name="holds"),
    path("holds/<int:pk>/end/", hold_views.hold_end, name="hold-end"),
]
