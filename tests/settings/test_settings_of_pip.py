"""pip's configuration files and variables, by the rules of pip's documentation ("Configuration")."""

from __future__ import annotations

import os
import stat

import pytest

from piptools_clone.errors import SettingsError
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.settings.pip_configuration import config_files, read_pip_settings, read_text

GLOBAL, USER, LEGACY, SITE = (
    "/etc/pip.conf",
    "/home/bob/.config/pip/pip.conf",
    "/home/bob/.pip/pip.conf",
    "/venv/pip.conf",
)


def settings(files=None, environ=None, **options):
    """Read from files that are given as texts by path."""
    options = {"home": "/home/bob", "prefix": "/venv", **options}
    return read_pip_settings(environ or {}, read=(files or {}).get, **options)


def index_of(number):
    return f"[global]\nindex-url = https://{number}.example/simple\n"


def test_nothing_configured():
    assert settings() == IndexOptions()


def test_where_pip_looks_on_linux():
    """Global files (XDG_CONFIG_DIRS and /etc), the user's legacy and present one, that of the environment."""
    places = {"home": "/home/bob", "prefix": "/venv", "platform": "linux", "read": {}.get}
    assert config_files({}, **places) == ("/etc/xdg/pip/pip.conf", GLOBAL, LEGACY, USER, SITE)
    environ = {"XDG_CONFIG_DIRS": "/a:/b", "XDG_CONFIG_HOME": "/c", "PIP_CONFIG_FILE": "/mine"}
    expected = ("/a/pip/pip.conf", "/b/pip/pip.conf", GLOBAL, LEGACY, "/c/pip/pip.conf", SITE, "/mine")
    assert config_files(environ, **places) == expected


def test_where_pip_looks_on_windows():
    environ = {"APPDATA": "C:/bob/AppData/Roaming", "PROGRAMDATA": "C:/ProgramData"}
    expected = (
        "C:/ProgramData/pip/pip.ini",
        "C:/bob/pip/pip.ini",
        "C:/bob/AppData/Roaming/pip/pip.ini",
        "C:/v/pip.ini",
    )
    assert config_files(environ, home="C:/bob", prefix="C:/v", platform="win32", read={}.get) == expected


@pytest.mark.parametrize(("own", "folder"), [(True, "Library/Application Support/pip"), (False, ".config/pip")])
def test_where_pip_looks_on_macos(tmp_path, own, folder):
    if own:
        (tmp_path / folder).mkdir(parents=True)
    files = config_files({}, home=str(tmp_path), prefix="/venv", platform="darwin", read={}.get)
    assert files[0] == "/Library/Application Support/pip/pip.conf"
    assert files[2] == f"{tmp_path}/{folder}/pip.conf"


def test_the_order_of_the_files():
    """Files are combined; what a later one says holds: global, user, site."""
    files = {path: index_of(number) for number, path in enumerate([GLOBAL, LEGACY, USER, SITE])}
    for winner in (SITE, USER, LEGACY, GLOBAL):
        assert settings(files).index_url + "\n" in files[winner].replace("index-url = ", "")
        del files[winner]


def test_a_named_file_takes_the_place_of_the_users_and_wins():
    files = {
        GLOBAL: "[global]\nretries = 1\n",
        USER: "[global]\ntimeout = 1\n",
        SITE: index_of(1),
        "/mine": index_of(2),
    }
    found = settings(files, {"PIP_CONFIG_FILE": "/mine"})
    assert (found.index_url, found.retries, found.timeout) == ("https://2.example/simple", 1, None)
    assert settings(files, {"PIP_CONFIG_FILE": "/missing"}).timeout == 1.0


def test_dev_null_means_no_file_at_all():
    """ "If set to os.devnull, no configuration files are loaded": variables still count."""
    found = settings({GLOBAL: index_of(1)}, {"PIP_CONFIG_FILE": os.devnull, "PIP_TIMEOUT": "5"})
    assert found == IndexOptions(timeout=5.0)


def test_the_section_of_the_command_overrides_the_global_one():
    """ "[install]" of any file stands over "[global]" of all; sections of other commands do not count."""
    files = {
        USER: "[install]\nindex-url = https://install.example\n[download]\nindex-url = https://d.example\n",
        SITE: index_of(1),
    }
    assert settings(files).index_url == "https://install.example"


def test_variables_override_files():
    """ "PIP_" + the long option in upper case, dashes as underscores."""
    files = {USER: "[install]\nindex-url = https://install.example\n"}
    assert settings(files, {"PIP_INDEX_URL": "https://env.example"}).index_url == "https://env.example"
    assert settings(files, {"PIP_INDEX_URL": ""}).index_url == "https://install.example"


def test_a_repeated_list_replaces_the_earlier_one():
    """Lists are defaults for pip's option parser: a later source replaces them, only the command line appends."""
    files = {
        GLOBAL: "[global]\nextra-index-url = https://1.example\n    https://2.example\n",
        USER: "[install]\nextra-index-url =\n    https://3.example\n    https://4.example\n",
    }
    assert settings(files).extra_index_urls == ("https://3.example", "https://4.example")
    environ = {"PIP_EXTRA_INDEX_URL": "https://5.example https://6.example", "PIP_FIND_LINKS": "/a /b"}
    found = settings(files, environ)
    assert found.extra_index_urls == ("https://5.example", "https://6.example")
    assert found.find_links == ("/a", "/b")


def test_formats_add_up_over_all_sources():
    files = {GLOBAL: "[global]\nno-binary = a,b\n", USER: "[install]\nonly-binary = a\n"}
    found = settings(files, {"PIP_NO_BINARY": ":none:"})
    assert found.format_control == (("no_binary", "a,b"), ("only_binary", "a"), ("no_binary", ":none:"))


def test_every_key_that_concerns_an_index():
    text = """[global]
no_index = yes
Trusted-Host = a.example
    b.example:8080
cert = ~/ca.pem
client-cert = /c.pem
proxy = http://p.example:3128
default-timeout = 2.5
retries = 0
prefer-binary = 1
pre = true
require-hashes = off
keyring-provider = import
uploaded-prior-to = P14D
constraint = c.txt d.txt
no-proxy-env = on
unknown-key = whatever
"""
    assert settings({SITE: text}) == IndexOptions(
        no_index=True,
        trusted_hosts=("a.example", "b.example:8080"),
        cert="/home/bob/ca.pem",
        client_cert="/c.pem",
        proxy="http://p.example:3128",
        timeout=2.5,
        retries=0,
        prefer_binary=True,
        pre=True,
        require_hashes=False,
        keyring_provider="import",
        uploaded_prior_to="P14D",
        constraints=("c.txt", "d.txt"),
        no_proxy_env=True,
    )


@pytest.mark.parametrize(("text", "value"), [("1", True), ("YES", True), ("t", True), ("off", False), ("N", False)])
def test_the_truth_values_of_pip(text, value):
    assert settings(environ={"PIP_NO_INDEX": text}).no_index is value


def test_the_odd_switch_of_build_isolation():
    """pip sets what the value says, not its opposite: PIP_NO_BUILD_ISOLATION=0 turns isolation off."""
    assert settings(environ={"PIP_NO_BUILD_ISOLATION": "0"}).build_isolation is False
    assert settings(environ={"PIP_NO_BUILD_ISOLATION": "1"}).build_isolation is True


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("PIP_TIMEOUT", "soon", "a number of seconds"),
        ("PIP_TIMEOUT", "-1", "a number of seconds, 0 or more"),
        ("PIP_DEFAULT_TIMEOUT", "nan", "a number of seconds"),
        ("PIP_RETRIES", "many", "a whole number"),
        ("PIP_NO_INDEX", "perhaps", "one of yes, no"),
        ("PIP_KEYRING_PROVIDER", "wallet", "one of auto, disabled, import, subprocess"),
        ("PIP_UPLOADED_PRIOR_TO", "yesterday", "a date such as"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(name, text, words):
    with pytest.raises(SettingsError) as caught:
        settings(environ={name: text})
    assert f"the variable {name}: {text!r} is not a value for pip's option" in str(caught.value)
    assert words in str(caught.value)


def test_a_value_that_cannot_be_used_names_its_file():
    with pytest.raises(
        SettingsError, match=r"^/home/bob/.config/pip/pip.conf, section \[install\]: 'x' is not a value"
    ):
        settings({USER: "[install]\nretries = x\n"})


@pytest.mark.parametrize("text", ["index-url = x\n", "[global\n", "[global]\nx\n", "[a]\n[a]\n"])
def test_a_file_that_cannot_be_parsed_is_named(text):
    with pytest.raises(SettingsError, match=r"^/etc/pip.conf: pip's configuration file cannot be parsed"):
        settings({GLOBAL: text})


class TestFiles:
    """How the text of a file is read."""

    def test_with_a_byte_order_mark(self, tmp_path):
        path = tmp_path / "pip.conf"
        path.write_bytes("\ufeff[global]\r\nindex-url = https://idx.example/é\r\n".encode())
        assert read_text(str(path)).startswith("[global]\r\nindex-url = https://idx.example/é")

    @pytest.mark.parametrize("place", [".", "missing"])
    def test_a_place_without_a_readable_file_is_passed_over(self, tmp_path, place):
        assert read_text(str(tmp_path / place)) is None

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_a_file_that_may_not_be_read_is_passed_over(self, tmp_path):
        path = tmp_path / "pip.conf"
        path.write_text(index_of(1))
        path.chmod(stat.S_IWUSR)
        assert read_text(str(path)) is None
