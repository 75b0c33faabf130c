"""Every address of the product; each app keeps its own list."""

from django.urls import include, path

handler400 = "apps.api.errors.not_understood"
handler403 = "apps.api.errors.not_allowed"
handler404 = "apps.api.errors.not_found"
handler500 = "apps.api.errors.broken"
urlpatterns = [
    path("", include("apps.portal.urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.audit.urls")),
    path("", include("apps.alarms.urls")),
    path("", include("apps.evidence.urls")),
    path("", include("apps.bundles.urls")),
    path("", include("apps.inquiry.urls")),
    path("", include("apps.privacy.urls")),
    path("", include("apps.ledger.urls")),
    path("", include("apps.plans.urls")),
    path("", include("apps.playback.urls")),
    path("", include("apps.recordings.urls")),
    path("", include("apps.notify.urls")),
    path("", include("apps.rules.urls")),
    path("cameras/", include("apps.cameras.urls")),
    path("api/v1/", include("apps.api.urls")),
]
