"""Addresses of signing in and of a person's own account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from apps.accounts import views

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", views.account, name="account"),
    path("account/session/", views.session, name="session"),
    path("account/language/", views.language, name="account-language"),
    path("account/password/", views.password, name="account-password"),
    path("account/tokens/", views.token_add, name="token-add"),
    path("account/tokens/<int:pk>/revoke/", views.token_end, name="token-revoke"),
]
