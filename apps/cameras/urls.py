"""Addresses of pictures."""

from django.urls import path

from apps.cameras import views

urlpatterns = [
    path("<int:pk>/tile.jpg", views.tile, name="camera-tile"),
    path("<int:pk>/frame.jpg", views.frame, name="camera-frame"),
]
