"""Whom to ask for time stamps (RFC 3161) of the record's signed roots: nobody, unless said."""

from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificates
from django.core.exceptions import ImproperlyConfigured

from davy.env import env, env_float, env_secret

# The authority's address, http or https: its answers are signed, and nothing secret is sent.
TSA_URL = env("DAVY_TSA_URL")
# The certificates (PEM) that its signature must lead to; DAVY_TSA_CA_FILE names a file of them.
TSA_CA = env_secret("DAVY_TSA_CA")
# By how much the authority's clock may be behind this server's.
TSA_TOLERANCE_S = env_float("DAVY_TSA_TOLERANCE_S", 60)
if TSA_URL and (urlsplit(TSA_URL).scheme not in ("http", "https") or not urlsplit(TSA_URL).netloc):
    raise ImproperlyConfigured(f"DAVY_TSA_URL={TSA_URL!r}: give an address of http or https")
if TSA_URL and not TSA_CA:
    raise ImproperlyConfigured("DAVY_TSA_URL needs DAVY_TSA_CA or DAVY_TSA_CA_FILE: whom to trust")
if TSA_CA:
    try:
        load_pem_x509_certificates(TSA_CA.encode())
    except ValueError as error:
        raise ImproperlyConfigured(f"DAVY_TSA_CA: no certificates in PEM ({error})") from None
