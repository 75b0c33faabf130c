"""Address of the record."""

from django.urls import path

from apps.audit import views

urlpatterns = [path("record/", views.audit, name="audit")]
