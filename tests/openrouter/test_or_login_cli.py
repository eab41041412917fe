"""`franca openrouter login`, run as users do: with a browser, with a pasted code, and where the key may go."""

from __future__ import annotations

import re
import sys
from urllib.request import urlopen

import franca
from cli.console import Console

# A browser whose user agrees: it follows the page's redirect back to the program.
BROWSER = f"{sys.executable} -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()' %s"


def login(tmp_path, url, *words, **env):
    return Console(tmp_path).run("openrouter", "login", "--base-url", url, *words, **env)


def works(key, url):
    with franca.OpenRouter(key, base_url=url) as client:
        return client.key().usage == 0


def test_the_browser_comes_back_with_a_key(tmp_path, url):
    """It goes to standard output alone, because that was asked for."""
    done = login(tmp_path, url, "--print", BROWSER=BROWSER)
    assert done.code == 0, done.err
    assert re.fullmatch(r"sk-or-v1-\w+\n", done.out)
    assert "sk-or-v1" not in done.err
    assert works(done.out.strip(), url)


def test_the_key_is_written_for_its_owner_only(tmp_path, url):
    """And shown nowhere; how to use it is told."""
    place = tmp_path / "my key"
    done = login(tmp_path, url, "-o", str(place), "--label", "work laptop", BROWSER=BROWSER)
    assert (done.code, done.out) == (0, "")
    assert place.stat().st_mode & 0o777 == 0o600
    key = place.read_text().strip()
    assert key not in done.err
    assert f"cat '{place}'" in done.err
    assert "key_label=work+laptop" in done.err
    assert works(key, url)


def test_a_code_is_pasted(tmp_path, url):
    """Where no browser can come back: the page shows it, and the whole address is taken as well."""
    for wrap in ("{}", "https://app.example/?x=1&code={}"):
        words = ("openrouter", "login", "--paste", "--print", "--base-url", url)
        terminal = Console(tmp_path).terminal(*words, columns=400)
        try:
            page = re.search(r"http\S+", terminal.wait_for("code:"))[0]
            assert "callback_url" not in page
            with urlopen(page) as answer:
                code = re.search(r"auth_code_\w{32}", answer.read().decode())[0]
            terminal.type(wrap.format(code) + "\n")
            screen = terminal.wait_for("sk-or-v1-")
            assert terminal.end() == 0
        finally:
            terminal.close()
        assert works(re.search(r"sk-or-v1-\w+", screen)[0], url)


def test_over_ssh_and_without_a_screen_the_code_is_pasted(tmp_path, url):
    """A browser of that machine is not the user's."""
    for env in ({"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22", "DISPLAY": ":0"}, {"DISPLAY": "", "WAYLAND_DISPLAY": ""}):
        done = login(tmp_path, url, "--print", **{"SSH_CONNECTION": "", "SSH_TTY": "", **env})
        if sys.platform.startswith("linux") or env.get("SSH_CONNECTION"):
            assert done.code == 2
            assert "no code was pasted" in done.err
            assert "callback_url" not in done.err


def test_where_the_key_goes_is_asked_first(tmp_path, url):
    """No key is made that could not be kept; none is printed by accident."""
    there = tmp_path / "there"
    there.write_text("mine")
    for words, told in (
        ((), "where shall the key go"),
        (("-o", str(there)), "is there already"),
        (("-o", str(tmp_path / "no" / "key")), "no directory"),
        (("--print", "--wait", "0"), "--wait"),
        (("--print", "--port", "70000", "--no-browser"), "port 70000"),
        (("--print", "--base-url", "openrouter"), "base_url"),
    ):
        done = login(tmp_path, url, *words)
        assert (done.code, done.out) == (2, ""), done.err
        assert told in done.err
    assert there.read_text() == "mine"


def test_nobody_agrees(tmp_path, url):
    """The wait ends, with a hint that helps; a browser that cannot be opened is no end."""
    done = login(tmp_path, url, "--print", "--wait", "0.2", BROWSER="/nowhere/browser %s")
    assert (done.code, done.out) == (1, "")
    assert "nobody came back" in done.err
    assert "--wait SECONDS" in done.err
    assert "--timeout" not in done.err


def test_a_wrong_code_gets_no_key(tmp_path, url):
    """The server says no; that is an error of authorisation."""
    done = Console(tmp_path).run(
        "openrouter", "login", "--paste", "--print", "--base-url", url, stdin=b"auth_code_of_somebody\n"
    )
    assert (done.code, done.out) == (4, "")
    assert "Invalid code" in done.err


def test_a_key_that_cannot_be_written_is_told(tmp_path, url):
    """The file came to be there meanwhile: it stays as it is, and the key can be revoked."""
    place = tmp_path / "key"
    script = tmp_path / "browser.py"
    script.write_text(
        f"import sys, urllib.request\nopen({str(place)!r}, 'w')\nurllib.request.urlopen(sys.argv[1]).read()"
    )
    done = login(tmp_path, url, "-o", str(place), BROWSER=f"{sys.executable} {script} %s")
    assert done.code == 1, done.err
    assert "could not be written" in done.err
    assert "revoke" in done.err
    assert "sk-or" not in done.err + done.out
    assert place.read_text() == ""
