"""Addresses of videos without blur, and of spans to take along."""

from django.urls import path

from apps.privacy import span_views, views

urlpatterns = [
    path("clips/<uuid:uid>/original/", views.original, name="clip-original"),
    path("clips/original/<int:pk>/agree/", views.agree, name="unblur-agree"),
    path("clips/original/<int:pk>/refuse/", views.refuse, name="unblur-refuse"),
    path("clips/original/<int:pk>/take-back/", views.take_back, name="unblur-take-back"),
    path("cameras/<int:pk>/spans/", span_views.ask, name="span-ask"),
    path("spans/<uuid:uid>/", span_views.span_page, name="span"),
    path("spans/<uuid:uid>/agree/", span_views.agree, name="span-agree"),
    path("spans/<uuid:uid>/refuse/", span_views.refuse, name="span-refuse"),
    path("spans/<uuid:uid>/take-back/", span_views.take_back, name="span-take-back"),
    path("spans/<uuid:uid>/download/", span_views.download, name="span-download"),
]
