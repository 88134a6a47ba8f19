"""No secret in any text."""

from __future__ import annotations

import pytest

from solarctl.drivers.redaction import excerpt, redacted, redacted_headers

SECRET = "s3cr3t-value-9"


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://h/get?tokenId={SECRET}&sn=AB",
        f"GET https://h/get?sn=AB&sign={SECRET}",
        f"https://user:{SECRET}@host/path",
        f'{{"access_token": "{SECRET}", "n": 1}}',
        f'{{"refresh_token":"{SECRET}"}}',
        f"{{'password': '{SECRET}'}}".replace("'", '"'),
        f'{{"client_secret": "{SECRET}',  # torn
        f'{{"payload": "{{\\"token\\": \\"{SECRET}\\"}}"}}',
        f"Authorization: Bearer {SECRET}",
        f"Cookie: ASP.NET_SessionId={SECRET}; path=/",
        f"Set-Cookie: auth={SECRET}",
        f"grant_type=password&username=me&password={SECRET}",
        f'{{"local_key": "{SECRET}"}}',
        f'{{"apiKey": "{SECRET}"}}',
        f"api_key={SECRET}",
        f"appid={SECRET}",
        f'{{"authorization": "Basic {SECRET}"}}',
        f"X-Auth-Token: {SECRET}",
        f'{{"token": 1234567890123, "x": "{SECRET}"}}'.replace(SECRET, "ok"),
    ],
)
def test_names_that_sound_secret(text: str) -> None:
    """What stands beside a name such as token or password is hidden, in queries, headers, JSON, and halves of it."""
    found = redacted(text)
    assert SECRET not in found
    assert "1234567890123" not in found
    assert "***" in found


def test_known_secrets_anywhere() -> None:
    """A secret that is known is hidden wherever it stands."""
    assert redacted(f"odd place: {SECRET}!", [SECRET, ""]) == "odd place: ***!"


@pytest.mark.parametrize(
    "text", ['{"code": "switch_1", "value": true}', "GET /v1.0/devices/bf01", "soc 15 %, design, signal=3"]
)
def test_the_rest_stays(text: str) -> None:
    """What helps to understand a log stays readable."""
    assert redacted(text) == text


def test_headers() -> None:
    """Headers are hidden by name."""
    found = redacted_headers(
        {"tokenId": SECRET, "Content-Type": "application/json", "sign": "ABCD", "X": f"k={SECRET}"}, [SECRET]
    )
    assert found == {"tokenId": "***", "Content-Type": "application/json", "sign": "***", "X": "k=***"}


def test_excerpts_are_short() -> None:
    """An excerpt is one line, short, and without secrets even where it is cut."""
    text = "<html>\n" + "x" * 100 + f' "token": "{SECRET}' + "y" * 5000
    found = excerpt(text)
    assert len(found) < 130
    assert "\n" not in found
    assert SECRET not in excerpt(f'"token": "{SECRET}{"y" * 5000}"')
