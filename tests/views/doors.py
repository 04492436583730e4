"""Knocking at a view as one of the cast."""

from __future__ import annotations

from typing import Any

from django.test import Client

from storyboard.models import User

JSON = {"Accept": "application/json"}


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def get(user: User, address: str) -> Any:
    return as_(user).get(address)


def post(user: User, address: str, data: Any = None) -> Any:
    return as_(user).post(address, data or {}, content_type="application/json", headers=JSON)


def send(user: User, address: str, data: Any) -> Any:
    """As a form with files."""
    return as_(user).post(address, data, headers=JSON)


def patch(user: User, address: str, data: Any) -> Any:
    return as_(user).patch(address, data, content_type="application/json", headers=JSON)


def delete(user: User, address: str) -> Any:
    return as_(user).delete(address, headers=JSON)
