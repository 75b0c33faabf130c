"""Addresses of videos without blur, and of spans to take along."""

from django.urls import path

from apps.privacy import span_views, views

urlpatterns = [
    path("clips/<uuid:uid>/original/", views.original, name="clip-original"),
    path("clips/original/<int:pk>/agree/", views.agree, name="unblur-agree"),
    path("cameras/<int:pk>/spans/", span_views.ask, name="span-ask"),
    path("spans/<uuid:uid>/", span_views.span_page, name="span"),
    path("spans/<uuid:uid>/agree/", span_views.agree, name="span-agree"),
    path("spans/<uuid:uid>/download/", span_views.download, name="span-download"),
]
