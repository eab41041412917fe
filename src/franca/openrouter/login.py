"""Logging a user in at OpenRouter: where to send them, and what to keep until they come back.

login = start_login("https://app.example/back")
...                             # keep login.verifier in the user's session, redirect to login.url
key = client.exchange_code(request.query["code"], login.verifier).key
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, NoReturn

from ..errors import BadUsage
from ..flow.openrouter.login import challenge_of, login_url
from ..servers import server_named

__all__ = ["Login", "start_login"]


class Login:
    """A login that was begun.

    url           the page to send the user to
    verifier      the secret that makes a key of the code: kept by the program, never sent along with the user
    challenge     what of it the page is told
    callback_url  where the user comes back with `?code=...`; None: the page shows the code, for the user to copy
    """

    __slots__ = ("callback_url", "url", "verifier")

    def __init__(self, url: str, verifier: str, callback_url: str | None) -> None:
        self.url = url
        self.verifier = verifier
        self.callback_url = callback_url

    @property
    def challenge(self) -> str:
        """What the page is told of the verifier."""
        return challenge_of(self.verifier)

    def __repr__(self) -> str:
        return f"Login({self.url!r}, verifier='***')"

    def __reduce__(self) -> NoReturn:
        raise BadUsage("a Login holds a secret and is not pickled: keep login.verifier where your sessions are kept")


def start_login(
    callback_url: str | None = None,
    *,
    key_label: str | None = None,
    extra: Mapping[str, Any] | None = None,
    base_url: str | None = None,
) -> Login:
    """Begin a login.

    callback_url  where OpenRouter sends the user back to with `?code=...`: an https address, or http on localhost with
                  any port. Without one the page shows the code, and the user pastes it into the program
    key_label     what the key is called in the user's list of keys
    extra         further parameters of the page that have no name here
    base_url      of another place than OpenRouter (the simulator): `client.base_url`

    There is no `state`: the code is of use only with this login's verifier, and an address of your own may carry what
    you need in its path or query. Raises BadUsage for what cannot work. Nothing is sent.
    """
    verifier = urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
    base = (base_url or server_named("openrouter").base_url).rstrip("/")
    if not base.startswith(("https://", "http://")):
        raise BadUsage("base_url is a URL such as https://openrouter.ai/api/v1", param="base_url")
    url = login_url(base, verifier, callback_url, {**(extra or {}), "key_label": key_label})
    return Login(url, verifier, callback_url)
