"""Addresses of plans."""

from django.urls import path

from apps.plans import views

urlpatterns = [
    path("plans/", views.plan_list, name="plans"),
    path("plans/<int:pk>/", views.plan_page, name="plan"),
    path("plans/<int:pk>/picture/", views.plan_picture, name="plan-picture"),
    path("plans/<int:pk>/remove/", views.plan_take_away, name="plan-remove"),
    path("portal/mines/<int:pk>/plans/", views.plan_add, name="portal-plan-add"),
]
