from django.apps import AppConfig


class InquiryConfig(AppConfig):
    """What auditors do: grants, the search of cases, receipts, the settings of a moment."""

    name = "apps.inquiry"
