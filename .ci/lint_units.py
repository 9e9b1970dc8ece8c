#!/usr/bin/env python3
"""lint_units.py BUILD: a line "KEY KIND UNIT" for each unit that BUILD compiles: sources of one room
as one. KIND is source, test or pistache. A unit with an equal key has the same sources, the same
headers of this tree, the same rules and the same tools, so what was clean is clean.

Fails where a source is in no unit, where one has a using-declaration that it does not use, which
clang-tidy sees only in a source that is compiled alone, and where two sources of a unit have
functions of one name."""

import functools
import hashlib
import json
import pathlib
import re
import subprocess
import sys

HOUSES = ("schemas", "store", "crawler", "api", "systemd", "tests")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
USING = re.compile(r"^\s*using\s+(?!namespace\b)[\w:]*::(\w+);", re.MULTILINE)
FUNCTION = re.compile(r"[A-Za-z][\w:<>,&*\[\] ]* \*?&?(\w+)\(")
RULES = (".clang-tidy", ".ci/lint", ".ci/lint_units.py", "CMakeLists.txt")
# The headers of these packages are read with ours.
PACKAGES = ("clang-tidy-19", "*-dev")
TREE = str(pathlib.Path.cwd()) + "/"


@functools.lru_cache(maxsize=None)
def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


@functools.lru_cache(maxsize=None)
def included(path):
    """The files of this tree that the file includes itself."""
    names = (name.removeprefix(TREE) for name in INCLUDE.findall(read(path)))
    return tuple(name for name in names if pathlib.Path(name).is_file())


def closure(path):
    """All files of this tree below it, without itself."""
    found, open_paths = set(), list(included(path))
    while open_paths:
        name = open_paths.pop()
        if name not in found:
            found.add(name)
            open_paths.extend(included(name))
    return sorted(found)


def unused_usings(source):
    text = re.sub(r"//.*", "", read(source))
    for name in USING.findall(text):
        if len(re.findall(rf"\b{name}\b", text)) == 1:
            yield f"{source}: nothing here uses the name that `using …::{name}` brings"


def shared_names(sources):
    """Functions of one name in the unnamed namespaces of two of these sources, which are compiled as
    one: they overload each other, and a call may find the wrong one."""
    owners = {}
    for source in sources:
        unnamed = False
        for line in read(source).splitlines():
            if line == "namespace {":
                unnamed = True
            elif line == "}  // namespace":
                unnamed = False
            elif unnamed and (found := FUNCTION.match(line)):
                owners.setdefault(found[1], set()).add(source)
    for name, files in sorted(owners.items()):
        if len(files) > 1:
            yield f"{name} has two meanings in what is compiled as one: {', '.join(sorted(files))}"


def main():
    build = pathlib.Path(sys.argv[1])
    versions = subprocess.run(
        ("dpkg-query", "-W", *PACKAGES), check=True, stdout=subprocess.PIPE).stdout
    rules = hashlib.sha256(versions + "".join(read(name) for name in RULES).encode()).digest()
    compiled, problems = set(), []
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    for unit in sorted({command["file"].removeprefix(TREE) for command in commands}):
        files = closure(unit)
        compiled.update(files, [unit])
        problems += shared_names([name for name in included(unit) if name.endswith(".cc")])
        key = hashlib.sha256(rules)
        for name in (unit, *files) if unit.endswith(".cc") else files:
            key.update(name.encode() + b"\0" + hashlib.sha256(read(name).encode()).digest())
        kind = "test" if unit.removeprefix(f"{build}/").startswith("tests/") else "source"
        if any("<pistache/" in read(name) for name in files):
            kind = "pistache"
        print(key.hexdigest(), kind, unit)

    sources = [str(path) for house in HOUSES for path in pathlib.Path(house).rglob("*.cc")]
    problems += [f"{source}: no unit has it" for source in sources if source not in compiled]
    problems += [problem for source in sources for problem in unused_usings(source)]
    print("\n".join(sorted(problems)), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
