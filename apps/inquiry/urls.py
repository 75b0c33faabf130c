"""Addresses of what auditors do."""

from django.urls import path

from apps.inquiry import cases, papers, views

urlpatterns = [
    path("audit/", cases.case_list, name="cases"),
    path("audit/cases/<int:pk>/", cases.case, name="case"),
    path("audit/cases/<int:pk>/picture.jpg", cases.case_picture, name="case-picture"),
    path("audit/cases/<int:pk>/clips/<uuid:uid>/play/", cases.play, name="case-play"),
    path("audit/cases/<int:pk>/clips/<uuid:uid>/boxes/", cases.boxes, name="case-boxes"),
    path("audit/cases/<int:pk>/clips/<uuid:uid>/download/", cases.download, name="case-download"),
    path("audit/cases/<int:pk>/sheets/", papers.ask, name="case-sheet-ask"),
    path("audit/cases/<int:pk>/sheets/<uuid:uid>/", papers.sheet_page, name="case-sheet"),
    path(
        "audit/cases/<int:pk>/sheets/<uuid:uid>/download/",
        papers.download,
        name="case-sheet-download",
    ),
    path("audit/settings/", views.settings, name="settings-as-of"),
    path("audit/grants/", views.grant_list, name="grants"),
    path("audit/grants/new/<int:pk>/", views.give, name="grant-give"),
    path("audit/grants/<int:pk>/end/", views.end, name="grant-end"),
    path("audit/receipts/", views.receipt_list, name="receipts"),
    path("audit/receipts/<int:pk>/", views.receipt, name="receipt"),
]
