"""References to one project by address or path: what kind they are, where they lead, and what names they carry."""

import os
import re

from piptools_clone.formats.requirements.grammar import NAME, LineProblem, check_digest, is_archive, is_name
from piptools_clone.formats.sanitize import harmless, inert, without_credentials
from piptools_clone.formats.schemes import is_url, is_vcs, scheme_of
from piptools_clone.model.artifact import HASH_ALGORITHMS
from piptools_clone.model.names import canonical_name
from piptools_clone.named_tuple import NamedTuple

_LONGEST = 4096  # characters of a path: more is none on any system, and each level of quoting is read once more
_SUBDIRECTORY = r"[#?&]subdirectory=([^&#]*)"  # as pip looks for it: anywhere, the first one


class Reference(NamedTuple):
    """Where a direct reference leads: an absolute ``url``, the text that a lock shows, and the name if it tells one."""

    url: str
    shown: str
    name: str | None = None


def is_path(text: str) -> bool:
    """Whether the text is meant as a path: it holds a separator, begins with a dot, or ends as an archive does."""
    if "://" in text:
        return False
    separators = (os.sep, os.altsep or os.sep)
    return text.startswith(".") or any(separator in text for separator in separators) or is_archive(text)


def split_extras(text: str) -> tuple[str, str]:
    """``./pkg[a,b]`` as ``./pkg`` and ``a,b``."""
    if not text.endswith("]"):
        return text, ""
    opening = text.find("[", max(1, text.rfind("]", 0, -1) + 1))
    path, extras = text[:opening].rstrip(), text[opening + 1 : -1]
    return (path, extras) if opening > 0 and path and extras else (text, "")


def path_to_url(path: str, working_folder: str) -> str:
    """Return the ``file:`` URL of an absolute path, or of one relative to the working folder."""
    from urllib.parse import quote

    absolute = os.path.normpath(os.path.join(working_folder, path))
    posix = absolute.replace(os.sep, "/")
    return "file://" + quote(posix if posix.startswith("/") else f"/{posix}", safe="/~:" if os.sep == "\\" else "/~")


def file_url_to_path(url: str) -> str:
    """Return the path of a ``file:`` URL.  Raises `LineProblem` for the file of another host."""
    from urllib.parse import unquote

    rest = url[len("file:") :].partition("#")[0]
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in {"", "localhost"}:
            raise LineProblem(f"'{harmless(url)}' is on another host", "use file:///path, or https")
        rest = slash + path
    path = unquote(rest)
    # file:///C:/x is C:/x where drives have letters.
    return path[1:] if os.sep == "\\" and re.match(r"/[A-Za-z]:", path) else path


def read_path(path: str, typed: str, working_folder: str) -> Reference:
    """Read a plain path, ``typed`` as the user wrote it.  The name is known of a wheel only, by its file name.

    A relative path is shown as typed: pip, too, reads it from the working folder, wherever the file is that holds it.
    """
    url = path_to_url(path, working_folder)
    shown = url if os.path.isabs(path) else typed
    return Reference(url, shown, _wheel_name(url))


def read_url(url: str, typed: str, working_folder: str) -> Reference:
    """Read an address with its fragment: ``#egg=`` gives the name and is dropped, ``#subdirectory=`` and a hash stay.

    ``typed`` is the same address as it was written.  A relative ``file:./pkg`` becomes absolute, and is shown as typed;
    ``file:/pkg`` is shown as ``file:///pkg``, as pip spells it.
    """
    _check_address(url)
    _check_digests(url)
    full = absolute_file_url(url, working_folder)
    name = _egg(url) or _wheel_name(full)
    if typed == url and not is_relative_file(url):
        typed = full
    return Reference(_fragment(full, egg=False, rest=True), _fragment(typed, egg=False, rest=False), name)


def _check_address(url: str) -> None:
    """Raise `LineProblem` for what cannot be taken apart, while it is known which line says so.

    The address is not shown: where its user info ends is as unclear as the rest.
    """
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        # the port of ssh may be a folder, as git has it; that of http is a number, or asking for it raises
        host = (parts.hostname, parts.port)[0] if scheme_of(url) in {"http", "https"} else "any"
    except ValueError:
        host = None
    if not host:
        raise LineProblem(
            f"the {scheme_of(url)} address here is not valid: its host or port cannot be read",
            "in a user name or password, write / as %2F, [ as %5B, ] as %5D",
        )
    wrong = why_refused(url)
    if wrong:
        raise LineProblem(f"the {scheme_of(url)} address here is refused: {wrong}")


def _check_digests(url: str) -> None:
    for part in url.partition("#")[2].split("&"):
        algorithm, _, digest = part.partition("=")
        if algorithm in HASH_ALGORITHMS:
            check_digest(algorithm, digest)
        elif algorithm.lower() in HASH_ALGORITHMS:
            raise LineProblem(f"'{harmless(algorithm)}' in the fragment is no algorithm", f"write {algorithm.lower()}")


def absolute_file_url(url: str, working_folder: str) -> str:
    """``file:./pkg#egg=a`` made absolute; any other address as it is."""
    if scheme_of(url) != "file" or url[len("file:") :].startswith("//"):
        return url
    address, hash_sign, fragment = url.partition("#")
    return path_to_url(file_url_to_path(address), working_folder) + hash_sign + fragment


def with_egg(url: str, name: str) -> str:
    """Add the project's name to the fragment of an address, as ``-e`` has understood it in every pip."""
    return f"{url}{'&' if '#' in url else '#'}egg={name}"


def is_relative_file(url: str) -> bool:
    """Whether this is ``file:./pkg`` or ``file:pkg.whl``."""
    return url[:5].lower() == "file:" and not url[5:].startswith("/")


def is_plain_path(shown: str) -> bool:
    """Whether what a lock shows for a direct reference is a relative path, and no address."""
    return bool(shown) and not is_url(shown)


def split_ref(url: str) -> tuple[str, str]:
    """Split the address of a repository: without what is checked out, and that (a branch, a tag, a commit), or "".

    ``git+https://host/a.git@main#egg=a`` gives ``git+https://host/a.git#egg=a`` and ``main``.
    """
    address, hash_sign, fragment = url.partition("#")
    head, slashes, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    path, _, ref = path.partition("@")
    return f"{head}{slashes}{host}{slash}{path}{hash_sign}{fragment}", ref


def with_ref(url: str, ref: str) -> str:
    """The address of a repository with another thing to check out."""
    address, hash_sign, fragment = split_ref(url)[0].partition("#")
    return f"{address}@{ref}{hash_sign}{fragment}"


def why_refused(url: str) -> str:
    """What is wrong with an address, "" where it is safe.  In words that hold nothing secret and are inert."""
    for text in re.findall(_SUBDIRECTORY, url):
        if _leads_out(text):
            return f"its subdirectory {inert(text, 100)!r} leads out of it"
    return _why_no_repository(url) if is_vcs(url) else ""


def subdirectory_of(url: str) -> str:
    """The subdirectory that the fragment of a safe address names, "" for none."""
    found = re.search(r"(?:\A|&)subdirectory=([^&]*)", url.partition("#")[2])
    return found[1].strip("/") if found else ""


def is_local(url: str) -> bool:
    """Whether an address leads to something on this machine: a file, a folder, a repository."""
    if url.startswith(("https:", "http:")):  # as nearly all are
        return False
    return scheme_of(url).rpartition("+")[2] == "file"


def _fragment(url: str, *, egg: bool, rest: bool) -> str:
    """Keep only the parts of the fragment that a lock repeats, ``subdirectory`` before the hash, or all but ``egg``."""
    address, _, fragment = url.partition("#")
    pairs = [part for part in fragment.split("&") if part and (egg or not part.startswith("egg="))]
    if not rest:
        wanted = ["subdirectory", *HASH_ALGORITHMS]
        pairs = sorted(
            (part for part in pairs if part.partition("=")[0] in wanted),
            key=lambda part: wanted.index(part.partition("=")[0]),
        )
    return f"{address}#{'&'.join(pairs)}" if pairs else address


def _egg(url: str) -> str | None:
    for part in url.partition("#")[2].split("&"):
        key, _, value = part.partition("=")
        if key == "egg":
            if not is_name(value):
                raise _no_name(value, url)
            return canonical_name(value)
    return None


def _no_name(value: str, url: str) -> LineProblem:
    """What is wrong with ``#egg=name[extra]==1.0``, and how it is written: with extras, but without a version."""
    found = re.match(rf"({NAME})(\[[\w., -]*\])?(.*)", value, re.ASCII | re.DOTALL)
    name, extras, rest = found.groups() if found else ("NAME", "", "")
    address = harmless(without_credentials(_fragment(url, egg=False, rest=True)))
    without = "; the version is the one that is found there" if rest.startswith(("=", "<", ">", "~", "!")) else ""
    return LineProblem(
        f"'{harmless(value)}' in '#egg=' is not the name of a project",
        f"write {name}{extras or ''} @ {address}{without}",
    )


def _wheel_name(url: str) -> str | None:
    from urllib.parse import unquote

    filename = unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])
    if not filename.lower().endswith(".whl") or is_vcs(url):
        return None
    from piptools_clone.formats.filenames import read_wheel_name

    found = read_wheel_name(filename)
    if found is None:
        hint = "a wheel is named name-version-python-abi-platform.whl"
        raise LineProblem(f"{harmless(filename)} is not the name of a wheel", hint)
    return found[0]


def _leads_out(text: str) -> bool:
    """Whether a path is absolute or goes up, however it is spelled, on any system."""
    from urllib.parse import unquote

    if len(text) > _LONGEST:
        return True
    while (plain := unquote(text)) != text:
        text = plain
    return text.startswith(("/", "\\")) or text[1:2] == ":" or ".." in re.split(r"[/\\]", text)


def _why_no_repository(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return "its host cannot be read"
    user_info, _, host = unquote(parts.netloc).rpartition("@")
    if user_info.startswith("-") or host.startswith("-"):
        return "its host begins with a dash"
    revision = unquote(parts.path.rpartition("@")[2]) if "@" in parts.path else ""
    if revision.strip().startswith("-"):
        return f"its revision {inert(revision, 100)!r} begins with a dash"
    return ""
