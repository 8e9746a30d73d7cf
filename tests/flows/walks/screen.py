"""A screen that the walk stops at."""

from typing import NamedTuple

from playwright.async_api import Page


class Screen(NamedTuple):
    """One thing to look at."""

    name: str
    page: Page
