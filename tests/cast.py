"""The cast: Alice owns, Erin edits, Bob reviews, Vera only looks, Charlie is a stranger."""

from __future__ import annotations

import pytest

from storyboard.models import Project, Role, Shot, User
from tests import factories


@pytest.fixture
def alice(db: None) -> User:
    return factories.person("Alice")


@pytest.fixture
def kite(alice: User) -> Project:
    """Alice's project."""
    return factories.project(alice)


@pytest.fixture
def erin(kite: Project) -> User:
    return _member(kite, "Erin", Role.EDITOR)


@pytest.fixture
def bob(kite: Project) -> User:
    return _member(kite, "Bob", Role.REVIEWER)


@pytest.fixture
def vera(kite: Project) -> User:
    return _member(kite, "Vera", Role.VIEWER)


@pytest.fixture
def charlie(db: None) -> User:
    return factories.person("Charlie")


@pytest.fixture
def shot(kite: Project) -> Shot:
    return factories.shot(kite)


def _member(project: Project, name: str, role: Role) -> User:
    user = factories.person(name)
    factories.member(project, user, role)
    return user
