"""Addresses of videos without blur."""

from django.urls import path

from apps.privacy import views

urlpatterns = [
    path("clips/<uuid:uid>/original/", views.original, name="clip-original"),
    path("clips/original/<int:pk>/agree/", views.agree, name="unblur-agree"),
]
