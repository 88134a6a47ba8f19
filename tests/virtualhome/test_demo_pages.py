"""The pages that a demo leaves: complete in a browser, without the mail around them."""

from __future__ import annotations

import base64
from email.message import EmailMessage

from solarctl.simulation.demo_folder import _with_pictures

PNG = b"\x89PNG\r\n\x1a\nnot really one"


def test_the_mails_page_has_its_picture_in_it() -> None:
    """A picture that the mail carries beside the page (cid:) stands in the page itself, and nothing else is touched."""
    page = '<p>cid:day.png is its name</p><img src="cid:day.png"><img src="cid:other.png">'
    message = EmailMessage()
    message.set_content("text")
    message.add_alternative(page, subtype="html")
    html = message.get_body(("html",))
    assert html is not None
    html.add_related(PNG, maintype="image", subtype="png", cid="<day.png>")
    found = _with_pictures(page, message)
    inside = base64.b64encode(PNG).decode()
    assert f'<img src="data:image/png;base64,{inside}">' in found
    assert "<p>cid:day.png is its name</p>" in found
    assert 'src="cid:other.png"' in found
