"""URLs and proxy rules taken apart, without a network."""

from __future__ import annotations

import pytest

from franca.errors import BadUsage
from franca.io.address import split_url
from franca.io.proxy import Environment, Proxy


@pytest.mark.parametrize(
    ("url", "host", "port", "authority", "target"),
    [
        ("http://localhost:11434/v1/chat", "localhost", 11434, "localhost:11434", "/v1/chat"),
        ("https://api.openai.com/v1?x=/y", "api.openai.com", 443, "api.openai.com", "/v1?x=/y"),
        ("HTTPS://API.Example.COM:443", "api.example.com", 443, "api.example.com", "/"),
        ("http://example.org:443/", "example.org", 443, "example.org:443", "/"),
        ("http://example.org?a=b", "example.org", 80, "example.org", "/?a=b"),
        ("http://example.org/a#b?c", "example.org", 80, "example.org", "/a"),
        ("http://example.org#frag/ment", "example.org", 80, "example.org", "/"),
        ("http://example.org:/x", "example.org", 80, "example.org", "/x"),
        ("http://[::1]:8080/x", "::1", 8080, "[::1]:8080", "/x"),
        ("http://[2001:DB8::1]/", "2001:DB8::1", 80, "[2001:DB8::1]", "/"),
        ("http://[fe80::1%25eth0]:80/", "fe80::1%eth0", 80, "[fe80::1]", "/"),
        (
            "http://bücher.example/ü/€?q=ž",
            "xn--bcher-kva.example",
            80,
            "xn--bcher-kva.example",
            "/%C3%BC/%E2%82%AC?q=%C5%BE",
        ),
        ("http://my_service:8000/%41", "my_service", 8000, "my_service:8000", "/%41"),
        ("http://10.0.0.1/", "10.0.0.1", 80, "10.0.0.1", "/"),
    ],
)
def test_parts_of_a_url(url, host, port, authority, target):
    """Host, port and target, IPv6 literals, IDNA and percent-encoding."""
    address = split_url(url)
    assert (address.host, address.port, address.authority, address.target) == (host, port, authority, target)
    assert address.server.endswith(f":{port}")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8080",
        "//example.org",
        "ftp://example.org",
        "http://",
        "http:///path",
        "http://:80/",
        "http://user:secret@example.org/",
        "http://secret@example.org/",
        "http://example.org:x/",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:000001999999/",
        "http://example.org:99999999999999999999/",
        "http://example.org:٣/",
        "http://exa mple.org/",
        "http://example.org/a b",
        "http://example.org/a\r\nEvil: 1",
        "http://example.org/\0",
        "http://example.org/\x7f",
        "http://example.org\n/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[nonsense]/",
        "http://[]/",
        "http://a:b:80/",
        "http://exam<ple.org/",
        "http://" + "a" * 300 + "/",
        "http://" + "ü" * 80 + "/",
        "http://..ü/",
        "http://a..b/",
        "http://.a/",
        "http://" + "a" * 64 + ".org/",
    ],
)
def test_urls_that_are_refused(url):
    """One short line, without user info."""
    with pytest.raises(BadUsage) as caught:
        split_url(url)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_queries_are_not_shown():
    """A key may stand there."""
    with pytest.raises(BadUsage) as caught:
        split_url("ftp://example.org/x?key=sk-secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "server", "authorization"),
    [
        ("http://proxy:3128", "http://proxy:3128", ""),
        ("proxy:3128", "http://proxy:3128", ""),
        ("http://proxy", "http://proxy:80", ""),
        ("https://proxy/", "https://proxy:443", ""),
        ("socks5://proxy", "socks5://proxy:1080", ""),
        ("SOCKS5H://[::1]:9", "socks5h://[::1]:9", ""),
        ("http://Aladdin:open%20sesame@proxy:1", "http://proxy:1", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("http://user@proxy:1", "http://proxy:1", "Basic dXNlcjo="),
    ],
)
def test_proxy_urls(url, server, authorization):
    """Schemes, default ports, a login that is never printed."""
    proxy = Proxy(url)
    assert (proxy.server, proxy.authorization()) == (server, authorization)
    assert repr(proxy) == f"<Proxy {server}>"


@pytest.mark.parametrize(
    "url", ["ftp://proxy", "http://", "http://user:secret@", "http://user:secret@a b:1", "http://p:x"]
)
def test_proxy_urls_that_are_refused(url):
    """Told with the name of the variable, without the password."""
    with pytest.raises(BadUsage) as caught:
        Proxy(url, "HTTPS_PROXY")
    assert "secret" not in str(caught.value)


def chosen(environ, url):
    proxy = Environment(environ).proxy_for(split_url(url))
    return proxy.server if proxy else None


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, "http://a/", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://a/", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "https://a/", None),
        ({"HTTP_PROXY": "http://p:1", "http_proxy": "http://q:1"}, "http://a/", "http://q:1"),
        ({"https_proxy": "http://p:1"}, "https://a/", "http://p:1"),
        ({"ALL_PROXY": "socks5://p:1"}, "http://a/", "socks5://p:1"),
        ({"all_proxy": "socks5://p:1", "HTTPS_PROXY": "http://q:1"}, "https://a/", "http://q:1"),
        ({"HTTP_PROXY": " "}, "http://a/", None),
        ({"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, "http://a/", None),
        ({"http_proxy": "http://p:1", "REQUEST_METHOD": "GET"}, "http://a/", "http://p:1"),
    ],
)
def test_proxy_that_the_environment_names(environ, url, proxy):
    """Both cases of letters, ALL_PROXY for the rest, and no HTTP_PROXY in a CGI program."""
    assert chosen(environ, url) == proxy


@pytest.mark.parametrize(
    ("rules", "url", "direct"),
    [
        ("*", "http://a/", True),
        ("a", "http://a/", True),
        ("a", "http://A:81/", True),
        ("a", "http://ba/", False),
        ("example.org", "http://www.example.org/", True),
        ("example.org", "http://notexample.org/", False),
        (".example.org", "http://www.example.org/", True),
        (".example.org", "http://example.org/", True),
        ("*.example.org", "http://www.example.org/", True),
        ("example.org.", "http://example.org/", True),
        ("example.org", "http://example.org./", True),
        ("x, y  example.org,z", "http://example.org/", True),
        ("example.org:8080", "http://example.org:8080/", True),
        ("example.org:8080", "http://example.org/", False),
        ("EXAMPLE.org", "http://example.ORG/", True),
        ("127.0.0.1", "http://127.0.0.1:5/", True),
        ("127.0.0.1:6", "http://127.0.0.1:5/", False),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.0.0.1/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("10.0.0.0/8", "http://example.org/", False),
        ("10.0.0.0/8", "http://host1/", False),
        ("host1", "http://host1/", True),
        ("::1", "http://[::1]/", True),
        ("[::1]", "http://[0:0::1]/", True),
        ("[::1]:80", "http://[::1]/", True),
        ("[::1]:81", "http://[::1]/", False),
        ("fd00::/8", "http://[fd00::7]/", True),
        ("0.0.1", "http://127.0.0.1/", False),
        ("nonsense/64", "http://10.0.0.1/", False),
        (".", "http://a/", False),
        ("", "http://a/", False),
    ],
)
def test_exceptions(rules, url, direct):
    """NO_PROXY: names with their subdomains, ports, addresses and networks."""
    environ = {"HTTP_PROXY": "http://p:1", "NO_PROXY": rules}
    assert (chosen(environ, url) is None) is direct


def test_wrong_variable_is_named():
    """The message says which variable to mend."""
    with pytest.raises(BadUsage, match="HTTP_PROXY"):
        chosen({"HTTP_PROXY": "ftp://p:1"}, "http://a/")


def test_proxies_of_an_environment_are_made_once():
    """They are part of the key of a connection, compared by identity."""
    environment = Environment({"HTTP_PROXY": "http://p:1"})
    assert environment.proxy_for(split_url("http://a/")) is environment.proxy_for(split_url("http://b/"))
