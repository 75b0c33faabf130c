"""A program that speaks to the API with a key."""

from django.test import Client

__all__ = ["Program"]


class Program:
    """A client that sends a token and JSON: `get("mines/")`, `post("signals/", body)`."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"Authorization": f"Token {token}"}, enforce_csrf_checks=True)

    def __getattr__(self, method: str):
        def send(path: str, body=None):
            call = getattr(self.client, method)
            if body is None:
                return call(f"/api/v1/{path}")
            return call(f"/api/v1/{path}", body, "application/json")

        return send
