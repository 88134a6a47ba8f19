"""Texts from outside as a page or picture may hold them: no tags, no quotes, and nothing that XML forbids."""

from __future__ import annotations

import html

from solarctl.errors import spelt_out


def escape(text: str) -> str:
    """Return a text fit for HTML and SVG.

    >>> escape('<b>"hall"</b>')
    '&lt;b&gt;&quot;hall&quot;&lt;/b&gt;'
    """
    return html.escape(spelt_out(text))
