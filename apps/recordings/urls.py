"""Address of the list of gaps."""

from django.urls import path

from apps.recordings import views

urlpatterns = [path("gaps/", views.gap_list, name="gaps")]
