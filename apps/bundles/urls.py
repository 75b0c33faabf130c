"""Addresses of bundles and sheets."""

from django.urls import path

from apps.bundles import sheet_views, views

urlpatterns = [
    path("bundles/", views.bundle_list, name="bundles"),
    path("bundles/new/", views.bundle_new, name="bundle-new"),
    path("bundles/<uuid:uid>/", views.bundle_page, name="bundle"),
    path("bundles/<uuid:uid>/download/", views.download, name="bundle-download"),
    path("alarms/<int:pk>/sheets/", sheet_views.ask, name="sheet-ask"),
    path("sheets/<uuid:uid>/", sheet_views.sheet_page, name="sheet"),
    path("sheets/<uuid:uid>/download/", sheet_views.download, name="sheet-download"),
]
