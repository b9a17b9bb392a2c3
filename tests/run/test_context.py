"""A run opens what it needs once, and closes what it opened, in the reverse order and whatever fails."""

from __future__ import annotations

import pytest

from piptools_clone.errors import InputError, SettingsError
from piptools_clone.index.early_requests import EarlyRequests
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.observer import SilentObserver
from piptools_clone.model.policy import Policy
from piptools_clone.run.context import RunContext


class Listener(SilentObserver):
    def __init__(self):
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


def context_of(environ=None, observer=None, **fields):
    request = CompileRequest(("requirements.in",), "-", **fields)
    return RunContext(request, {} if environ is None else environ, observer or SilentObserver())


def test_what_was_opened_is_closed_in_the_reverse_order_whatever_fails():
    closed = []

    def fail():
        closed.append("fails")
        raise OSError

    context = context_of()
    context.closes(lambda: closed.append("first"))
    context.closes(fail)
    context.closes(lambda: closed.append("last"))
    with pytest.raises(OSError), context:
        pass
    context.close()
    assert closed == ["last", "fails", "first"]


def test_making_one_does_nothing_that_can_fail(tmp_path):
    (tmp_path / "pip.conf").write_text("[global\n")
    (tmp_path / "cache").touch()
    context = context_of({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}, cache_dir=str(tmp_path / "cache"))
    with pytest.raises(SettingsError):
        _ = context.ambient


def test_a_cache_that_cannot_be_used_is_said_once_and_left_alone(tmp_path):
    (tmp_path / "cache").touch()
    listener = Listener()
    context = context_of(observer=listener, cache_dir=str(tmp_path / "cache"))
    assert (context.cache, context.cache) == (None, None)
    assert len(listener.warnings) == 1
    assert context_of().cache is None


def test_pips_settings_are_read_once(tmp_path):
    named = tmp_path / "pip.conf"
    named.write_text("[global]\nindex-url = https://one.example/simple\n")
    context = context_of({"PIP_CONFIG_FILE": str(named)})
    assert context.settings.indexes == ("https://one.example/simple",)
    named.write_text("[global]\nindex-url = https://two.example/simple\n")
    context.settle(IndexOptions(extra_index_urls=("https://more.example/simple",)))
    assert context.settings.indexes == ("https://one.example/simple", "https://more.example/simple")


def test_files_that_say_nothing_leave_the_settings_as_they_were():
    """A cut-off that is reckoned from now is reckoned once."""
    context = context_of(options=IndexOptions(uploaded_prior_to="P1D"))
    before = context.settings
    context.settle(IndexOptions())
    assert context.settings is before


def test_variables_are_hidden_in_texts_and_in_failures():
    context = context_of({"TOKEN": "very-secret"})
    assert context.hidden("very-secret") == "very-secret"
    context.hide_variables(["TOKEN"])
    assert context.hidden("a very-secret b") == "a ${TOKEN} b"
    with pytest.raises(InputError, match=r"^no \$\{TOKEN\}$"), context:
        raise InputError("no very-secret")


def early_of(context):
    context.early = EarlyRequests(context.settings, cache_dir=None, environ=context.environ)
    return context.early


def test_an_index_takes_the_early_requests_over():
    context = context_of(options=IndexOptions(index_url="http://127.0.0.1:9/simple"))
    early = early_of(context)
    index = context.open_index(Policy())
    assert index._transport is early.transport
    assert context.open_index(Policy())._transport is not early.transport
    context.close()


def test_early_requests_by_other_settings_are_dropped():
    context = context_of(options=IndexOptions(index_url="http://127.0.0.1:9/simple"))
    early = early_of(context)
    context.settle(IndexOptions(trusted_hosts=("127.0.0.1",)))
    assert context.early is None
    assert context.open_index(Policy())._transport is not early.transport
    context.close()
