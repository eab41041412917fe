"""A key for a user: the page to send them to, the code they come back with, and the key that it is changed for."""

from __future__ import annotations

import copy
import hashlib
import pickle
import socket
import threading
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

from franca import errors
from franca.flow.openrouter.login import challenge_of, code_in, exchange_code
from franca.observe import Hooks
from franca.openrouter.callback import Callback
from franca.openrouter.login import Login, start_login
from franca.retry import RetryPolicy
from franca.wire.openrouter.user_key import UserKey

from .played import Stage

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def asked(login):
    return {name: values[0] for name, values in parse_qs(urlsplit(login.url).query, strict_parsing=True).items()}


def test_the_challenge_is_that_of_the_standard():
    """S256 as in its own example."""
    assert challenge_of(VERIFIER) == CHALLENGE


def test_a_login_begins_at_openrouters_page():
    """With a challenge that fits the verifier, which stays here."""
    login = start_login("https://app.example/back?user=7&x=a b".replace(" ", "%20"), key_label="My app")
    assert login.url.startswith("https://openrouter.ai/auth?")
    assert asked(login) == {
        "callback_url": "https://app.example/back?user=7&x=a%20b",
        "code_challenge": login.challenge,
        "code_challenge_method": "S256",
        "key_label": "My app",
    }
    assert challenge_of(login.verifier) == login.challenge
    assert login.verifier not in login.url + repr(login)
    assert len(login.verifier) == 43
    assert start_login().verifier != login.verifier


def test_without_a_callback_the_page_shows_the_code():
    """Nothing else is asked for; other parameters may be given."""
    login = start_login(extra={"limit": 5, "nothing": None})
    assert asked(login).keys() == {"code_challenge", "code_challenge_method", "limit"}
    assert login.callback_url is None


def test_a_login_at_another_place(url):
    """The page is beside the API."""
    assert start_login(base_url=url).url.startswith(url.removesuffix("/api/v1") + "/auth?")
    assert start_login(base_url="https://proxy.example/x/").url.startswith("https://proxy.example/x/auth?")
    with pytest.raises(errors.BadUsage, match="base_url is a URL"):
        start_login(base_url="openrouter")


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "app.example",
        "ftp://app.example",
        "http://app.example",
        "http://localhost.evil.example/",
        "https://",
        "http://[",
        "https://a b",
        "https://a\n",
        "javascript:alert(1)",
        7,
    ],
)
def test_a_callback_is_an_address_that_a_browser_can_be_sent_to(callback):
    """Https, or http on this machine."""
    with pytest.raises(errors.BadUsage, match="callback_url"):
        start_login(callback)


@pytest.mark.parametrize(
    "callback", ["http://localhost:3000", "http://127.0.0.1:1/x", "http://[::1]:8080/", "https://a.b"]
)
def test_callbacks_that_fit(callback):
    """Any port of this machine."""
    assert asked(start_login(callback))["callback_url"] == callback


def test_a_login_does_not_give_its_parameters_away():
    """What it sets itself cannot be set, and only plain values can."""
    for name in ("callback_url", "code_challenge", "code_challenge_method"):
        with pytest.raises(errors.BadUsage, match="set by start_login"):
            start_login(extra={name: "x"})
    for value in (True, [], {}):
        with pytest.raises(errors.BadUsage, match="text or a number"):
            start_login(extra={"limit": value})


def test_a_login_is_not_pickled():
    """Its verifier is a secret."""
    with pytest.raises(errors.BadUsage, match="not pickled"):
        pickle.dumps(start_login())
    assert repr(Login("https://x", VERIFIER, None)) == "Login('https://x', verifier='***')"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("auth_code_1", "auth_code_1"),
        ("  auth_code_1\n", "auth_code_1"),
        ("http://127.0.0.1:5/abc?code=c%2B1&x=1", "c+1"),
        ("/back?code=abc", "abc"),
    ],
)
def test_the_code_is_found_in_what_was_pasted(text, code):
    """The code alone, or the address that the browser shows."""
    assert code_in(text) == code


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "x" * 5000, "https://x/?error=no", "http://[?code=1", "a\0b", None, 7]
)
def test_what_holds_no_code_is_refused(text):
    """Before anything is sent."""
    with pytest.raises(errors.BadUsage, match=r"code") as told:
        code_in(text)
    assert told.value.param == "code"


# ---- the exchange -------------------------------------------------------------------------------------


def through_the_page(login):
    """As a browser whose user says yes: the page of the simulator sends it on at once."""
    with urlopen(login.url) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("key", ["sk-or-v1-mine", None])
def test_a_code_becomes_a_key(both, url, sim, key):
    """The key works; one's own is not sent along, and none is needed."""
    client = both(base_url=url, api_key=key)
    with Callback() as callback:
        login = start_login(callback.url, base_url=url)
        assert "Logged in" in through_the_page(login)
        code = callback.wait(10.0)
    made = client.call("exchange_code", code, login.verifier)
    assert made.key.startswith("sk-or-v1-")
    assert made.user_id
    assert "authorization" not in list(sim.requests)[-1].headers
    assert both(base_url=url, api_key=made.key).call("key").usage == 0
    with pytest.raises(errors.Forbidden):  # a code is good once
        client.call("exchange_code", code, login.verifier)


def test_a_pasted_code_becomes_a_key(both, url):
    """Without a callback the page shows it."""
    login = start_login(base_url=url)
    page = through_the_page(login)
    code = "auth_code_" + page.partition("auth_code_")[2][:32]
    assert both(base_url=url).call("exchange_code", code, login.verifier).key


def test_a_wrong_verifier_gets_no_key(both, url):
    """Whoever saw the code alone has nothing; and the error shows neither."""
    with Callback() as callback:
        through_the_page(start_login(callback.url, base_url=url))
        code = callback.wait(10.0)
    with pytest.raises(errors.Forbidden) as told:
        both(base_url=url).call("exchange_code", code, VERIFIER)
    assert VERIFIER not in str(told.value) + told.value.body


@pytest.mark.parametrize("verifier", ["", "short", "x" * 129, "ä" * 43, "a b" * 20, None])
def test_a_verifier_is_that_of_a_login(both, url, verifier):
    """Anything else is refused before it is sent, without being shown."""
    with pytest.raises(errors.BadUsage, match="verifier") as told:
        both(base_url=url).call("exchange_code", "code", verifier)
    assert not verifier or verifier not in str(told.value)


def played(*script, **given):
    stage = Stage(policy=RetryPolicy(retries=0))
    return stage.play(exchange_code(stage.session, "the-code-of-the-user", VERIFIER, given), *script)


def test_what_a_server_echoes_is_hidden():
    """Code and verifier, in the text and in the details."""
    echo = f"bad the-code-of-the-user or {VERIFIER}"
    body = {"error": {"code": 403, "message": echo, "metadata": {"given": echo}}}
    for answer in ((body, 403), body):
        with pytest.raises(errors.Forbidden) as told:
            played(answer)
        shown = f"{told.value!r} {told.value.body} {told.value.metadata}"
        assert "***" in shown
        assert VERIFIER not in shown
        assert "the-code-of-the-user" not in shown


@pytest.mark.parametrize(
    "body", [b"", b"sk-or-v1-secret", [], {"data": {"key": "sk-or-v1-secret"}}, {"key": 7}, {"key": ""}]
)
def test_an_answer_without_a_key_is_not_shown(body):
    """It may hold one in another place."""
    with pytest.raises(errors.ProtocolError, match="holds no key") as told:
        played(body)
    assert "sk-or" not in f"{told.value!r} {told.value.body}"


def test_exchange_takes_options_of_a_call_only():
    """And says so."""
    assert played({"key": "sk-or-v1-x", "user_id": None}, timeout=5).user_id is None
    with pytest.raises(errors.BadUsage, match="takes no temperature"):
        played(temperature=1)


def test_hooks_do_not_see_the_key(both, url):
    """They are told that there was a call, and nothing of what it brought."""
    seen = []
    hooks = Hooks(
        request=lambda call, request: seen.append((dict(call.parameters), request.method)),
        done=lambda call, answer, metrics: seen.append(answer),
    )
    login = start_login(base_url=url)
    code = "auth_code_" + through_the_page(login).partition("auth_code_")[2][:32]
    both(base_url=url, hooks=hooks).call("exchange_code", code, login.verifier)
    assert seen == [({}, "POST"), None]


def test_a_users_key_is_shown_by_its_attribute_only():
    """No repr, dict or pickle has it; copies in the same program do."""
    made = UserKey({"user_id": "u"}, 200, key="sk-or-v1-secret")
    assert "secret" not in f"{made!r}{made.to_dict()}{made.extra}"
    assert b"secret" not in pickle.dumps(made)
    assert pickle.loads(pickle.dumps(made)).key is None
    assert (copy.copy(made).key, copy.deepcopy(made).key) == (made.key, made.key)
    assert made == copy.copy(made)
    assert made != UserKey({"user_id": "u"}, 200, key="another")
    assert made == {"user_id": "u"}
    hashed = hashlib.sha256(b"sk-or-v1-secret").hexdigest()
    assert made.settings_url == f"https://openrouter.ai/keys/{hashed}"
    assert made.logs_url == f"https://openrouter.ai/logs?api_key_hash={hashed}"
    assert (UserKey({}).settings_url, UserKey({}).logs_url) == (None, None)


# ---- the server that waits for the browser ------------------------------------------------------------


def status_of(url):
    try:
        with urlopen(url) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def test_only_the_right_path_is_heard():
    """Nobody else on this machine can hand a code in; the first answer stays."""
    with Callback() as callback:
        root = callback.url.rpartition("/")[0]
        assert status_of(f"{root}/?code=evil") == 404
        assert status_of(f"{root}/favicon.ico") == 404
        assert status_of(callback.url) == 400
        assert status_of(callback.url + "?" + "&".join(f"a{n}=1" for n in range(50))) == 400
        assert status_of(f"{callback.url}?code=first") == 200
        assert status_of(f"{callback.url}?code=second") == 200
        assert callback.wait(5.0) == "first"


def test_a_user_who_says_no():
    """The reason is told, on one line."""
    with Callback() as callback:
        assert status_of(f"{callback.url}?error=access%1B%5B2Jdenied%0Anow{'x' * 500}") == 200
        with pytest.raises(errors.Forbidden, match="refused: access") as told:
            callback.wait(5.0)
    assert told.value.message.isprintable()
    assert len(told.value.message) < 250


def test_nobody_comes():
    """It is not waited for for ever."""
    with Callback() as callback, pytest.raises(errors.TimedOut, match="nobody came"):
        callback.wait(0.01)


def test_browsers_that_connect_and_say_nothing_hold_nobody_up():
    """As Chrome does; nor does one that goes away in the middle of its request."""
    with Callback() as callback:
        place = ("127.0.0.1", urlsplit(callback.url).port)
        with socket.create_connection(place), socket.create_connection(place) as half:
            half.sendall(b"GET /x HTTP/1.1\r\nHost:")
            half.close()
            assert status_of(f"{callback.url}?code=c") == 200
            assert callback.wait(5.0) == "c"


def test_a_port_in_use_is_told():
    """And one that is none."""
    with Callback() as callback:
        for port in (urlsplit(callback.url).port, 70_000):
            with pytest.raises(errors.BadUsage, match=f"port {port}"):
                Callback(port)


def test_the_code_is_in_no_log(capfd):
    """Python's own server would print each request."""
    with Callback() as callback:
        status_of(f"{callback.url}?code=secret-code")
    assert capfd.readouterr() == ("", "")
    assert not [one for one in threading.enumerate() if one is callback._thread]
