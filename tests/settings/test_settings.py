"""What holds of command line, files and pip's settings, and what pip says when nobody says anything."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from piptools_clone.errors import SettingsError
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.settings.config_options import parse_cut_off
from piptools_clone.settings.default_index import default_index_url, parse_default_index
from piptools_clone.settings.index_settings import IndexSettings, merge_settings

NOTHING = IndexOptions()
DEFAULT = "https://default.example/simple"


def merged(command_line=NOTHING, files=NOTHING, ambient=NOTHING, **options):
    return merge_settings(command_line, files, ambient, default_index=lambda: DEFAULT, **options)


def test_nothing_said():
    assert merged() == IndexSettings(indexes=(DEFAULT,), named_indexes=(DEFAULT,))


class TestIndexes:
    """The index first, then the extra ones, each once."""

    def test_the_command_line_before_files_before_pips_settings(self):
        command_line, files, ambient = (IndexOptions(index_url=f"https://{who}.example") for who in ("c", "f", "a"))
        assert merged(command_line, files, ambient).indexes == ("https://c.example",)
        assert merged(NOTHING, files, ambient).indexes == ("https://f.example",)
        assert merged(NOTHING, NOTHING, ambient).indexes == ("https://a.example",)

    def test_the_default_is_not_asked_for_when_somebody_names_an_index(self):
        def unreadable():
            raise SettingsError("no pip")

        named = IndexOptions(index_url="https://c.example")
        assert merge_settings(named, NOTHING, NOTHING, default_index=unreadable).indexes == ("https://c.example",)
        without = IndexOptions(no_index=True)
        assert merge_settings(without, NOTHING, NOTHING, default_index=unreadable).indexes == ()

    def test_extra_indexes_add_up(self):
        command_line = IndexOptions(extra_index_urls=("https://c.example",))
        files = IndexOptions(extra_index_urls=("https://f.example", "https://a.example/"))
        ambient = IndexOptions(extra_index_urls=("https://a.example",))
        expected = (DEFAULT, "https://a.example", "https://c.example", "https://f.example")
        assert merged(command_line, files, ambient).indexes == expected

    def test_an_index_of_a_file_replaces_pips_extra_ones_but_not_the_command_lines(self):
        """In pip a file's --index-url makes the whole list anew."""
        files = IndexOptions(index_url="https://f.example", extra_index_urls=("https://fx.example",))
        ambient = IndexOptions(index_url="https://a.example", extra_index_urls=("https://ax.example",))
        assert merged(NOTHING, files, ambient).indexes == ("https://f.example", "https://fx.example")
        command_line = IndexOptions(extra_index_urls=("https://cx.example",))
        expected = ("https://f.example", "https://cx.example", "https://fx.example")
        assert merged(command_line, files, ambient).indexes == expected

    @pytest.mark.parametrize("place", range(3))
    def test_no_index_anywhere_means_none(self, place):
        sources = [IndexOptions(index_url="https://x.example", extra_index_urls=("https://y.example",))] * 3
        sources[place] = IndexOptions(no_index=True)
        assert merged(*sources).indexes == ()

    def test_an_index_twice_counts_once(self):
        ambient = IndexOptions(index_url="https://a.example/simple/", extra_index_urls=("https://a.example/simple",))
        assert merged(ambient=ambient).indexes == ("https://a.example/simple/",)


def test_lists_add_up():
    sources = [IndexOptions(find_links=(who,), trusted_hosts=(who,)) for who in ("c", "f", "a")]
    assert merged(*sources).find_links == ("a", "c", "f")
    assert merged(*sources).trusted_hosts == ("a", "c", "f")


def test_the_command_line_has_the_last_word_on_formats():
    command_line = IndexOptions(format_control=(("only_binary", ":all:"),))
    files = IndexOptions(format_control=(("no_binary", "foo"),))
    assert merged(command_line, files).format_control.allows("foo") == (True, False)
    assert merged(files, command_line).format_control.allows("foo") == (False, True)


def test_values_of_their_own():
    ambient = IndexOptions(cert="a.pem", timeout=3.0, retries=9, keyring_provider="import", proxy="http://a.example")
    command_line = IndexOptions(cert="c.pem", timeout=4.0, retries=0, proxy="")
    found = merged(command_line, NOTHING, ambient)
    assert (found.cert, found.timeout, found.retries, found.keyring_provider) == ("c.pem", 4.0, 0, "import")
    assert found.proxy == ""
    assert merged(IndexOptions(timeout=0.0)).timeout == 15.0  # no timeout at all would break "every run ends"


def test_switches():
    assert merged(NOTHING, IndexOptions(pre=True), IndexOptions(pre=False)).pre
    assert merged(NOTHING, NOTHING, IndexOptions(prefer_binary=True)).prefer_binary
    assert not merged(IndexOptions(require_hashes=False), NOTHING, IndexOptions(require_hashes=True)).require_hashes


class TestCutOff:
    """ISO 8601, or days before now: the two forms that pip documents for --uploaded-prior-to."""

    NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-01-31T00:00:00Z", datetime(2026, 1, 31, tzinfo=UTC)),
            ("2026-01-31T02:00:00+02:00", datetime(2026, 1, 31, tzinfo=UTC)),
            ("P14D", datetime(2026, 3, 1, 12, 0, tzinfo=UTC)),
            ("P0D", NOW),
        ],
    )
    def test_moments(self, text, moment):
        found = merged(IndexOptions(uploaded_prior_to=text), now=self.NOW).uploaded_prior_to
        assert found == moment
        assert found.tzinfo is UTC

    def test_a_time_without_a_zone_is_local(self):
        assert parse_cut_off("2026-01-31") == datetime(2026, 1, 31).astimezone(UTC)

    @pytest.mark.parametrize("text", ["", "yesterday", "P1W", "P1.5D", "14", "P999999D", "2026-02-30", "P٣D"])
    def test_others(self, text):
        with pytest.raises(SettingsError, match=r"--uploaded-prior-to .* cannot be used"):
            merged(IndexOptions(uploaded_prior_to=text))


class TestDefaultIndex:
    """pip's own constant, read without importing pip."""

    SOURCE = """
        self.simple_url = self._url_for_path("simple")

PyPI = PackageIndex("https://idx.example/", file_storage_domain="files.example")
Test = PackageIndex(
"""

    def test_the_source_tells(self):
        assert parse_default_index(self.SOURCE) == "https://idx.example/simple"
        assert parse_default_index(self.SOURCE.replace('("https', '(\n    "https')) == "https://idx.example/simple"

    @pytest.mark.parametrize("change", [('"simple"', "path"), ("PyPI =", "PyPI: Any ="), ("https://", "")])
    def test_a_source_that_reads_otherwise_tells_nothing(self, change):
        assert parse_default_index(self.SOURCE.replace(*change)) is None

    def test_it_is_the_installed_pips(self):
        code = (
            "from piptools_clone.settings.default_index import _imported_constant, default_index_url; import sys;"
            "url = default_index_url(); early = 'pip' in sys.modules;"
            "print(early, url == _imported_constant())"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["False", "True"]
        assert default_index_url().startswith("https://")
