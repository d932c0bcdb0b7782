"""Opens the page for the person who has just started the service, if there is one to see it."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Mapping

from deployments.serving.address import reachable
from deployments.settings import Settings

_BY_REMOTE: tuple[str, ...] = ("SSH_CONNECTION", "SSH_TTY")
_DISPLAYS: tuple[str, ...] = ("DISPLAY", "WAYLAND_DISPLAY")


def open_page(settings: Settings, url: str) -> None:
    """Returns at once: a browser may take long to start."""
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if settings.browser == "auto" and at_terminal and on_desktop(os.environ, sys.platform):
        threading.Thread(target=_open, args=(reachable(url),), daemon=True).start()


def on_desktop(environment: Mapping[str, str], platform: str) -> bool:
    """True if a window would be seen by the person at this terminal."""
    if any(name in environment for name in _BY_REMOTE):
        return False
    return platform in {"darwin", "win32"} or any(environment.get(name) for name in _DISPLAYS)


def _open(url: str) -> None:
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    # One that runs in the terminal would take the log's place.
    if type(browser) is not webbrowser.GenericBrowser:
        browser.open(url)
