"""Addresses of what a replay shows."""

from django.urls import path

from apps.rules import views

urlpatterns = [
    path("replays/<uuid:uid>/clips/<int:number>/", views.replay_clip, name="replay-clip"),
]
