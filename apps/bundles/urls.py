"""Addresses of bundles."""

from django.urls import path

from apps.bundles import views

urlpatterns = [
    path("bundles/", views.bundle_list, name="bundles"),
    path("bundles/new/", views.bundle_new, name="bundle-new"),
    path("bundles/<uuid:uid>/", views.bundle_page, name="bundle"),
    path("bundles/<uuid:uid>/download/", views.download, name="bundle-download"),
]
