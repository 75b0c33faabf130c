"""Address of the player."""

from django.urls import path

from apps.playback import views

urlpatterns = [
    path("watch/", views.watch, name="watch"),
    path("watch/states/", views.states, name="watch-states"),
]
