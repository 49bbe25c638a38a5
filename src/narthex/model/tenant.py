"""Whose data: the id that every select, commit, rule group, document and limit carries."""

from __future__ import annotations

from typing import NewType

TenantId = NewType("TenantId", str)

DEFAULT_TENANT = TenantId("default")
"""The one tenant of a server that was not asked for more."""
