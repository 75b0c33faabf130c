"""Address of a mine's ledger."""

from django.urls import path

from apps.ledger import views

urlpatterns = [
    path("ledger/", views.ledgers, name="ledgers"),
    path("ledger/verify.py", views.verifier, name="ledger-verifier"),
    path("ledger/<int:pk>/", views.ledger, name="ledger"),
    path("ledger/<int:pk>/root-<int:number>.<str:kind>", views.stamp_file, name="ledger-stamp"),
    path("ledger/<int:pk>/verify/", views.prove, name="ledger-verify"),
]
