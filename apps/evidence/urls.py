"""Addresses of clips."""

from django.urls import path

from apps.evidence import views

urlpatterns = [
    path("clips/", views.clip_list, name="clips"),
    path("clips/<uuid:uid>/", views.clip_page, name="clip"),
    path("clips/<uuid:uid>/play/", views.play, name="clip-play"),
    path("clips/<uuid:uid>/download/", views.download, name="clip-download"),
]
