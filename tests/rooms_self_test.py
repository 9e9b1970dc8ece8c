#!/usr/bin/env python3
"""rooms_self_test.py SOURCE_DIR: shows that rooms_test.py catches what it is there to catch.

In a copy of the tree's sources each rule is broken once. The line that breaks it must be reported,
for the reason expected, and nothing else may be.
"""
import os
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
import rooms_test  # noqa: E402

PICTURE = rooms_test.PICTURE
UNDRAWN = "is not in the picture"

# Each include stands in a new source of that folder, or at the end of that file:
# (kind, folder or file, what is included, why it is refused).
INCLUDES = [
    ("feed reaches up to the judge", "crawler/feed", '"crawler/judge/judge.h"',
     "crawler/feed -> crawler/judge goes up"),
    ("feed reaches up to the metrics", "crawler/feed", '"crawler/loop/metrics.h"',
     "crawler/feed -> crawler/loop goes up"),
    ("fetch reaches up to the probes", "crawler/fetch", '"crawler/loop/probe_stream.h"',
     "crawler/fetch -> crawler/loop goes up"),
    ("health reaches up to the judge's thread", "crawler/health", '"crawler/judge/judge_thread.h"',
     "crawler/health -> crawler/judge goes up"),
    ("write reaches up to the judge", "crawler/write", '"crawler/judge/judge.h"',
     "crawler/write -> crawler/judge goes up"),
    ("write reaches up to the work list", "crawler/write", '"crawler/loop/host_turns.h"',
     "crawler/write -> crawler/loop goes up"),
    ("write reaches up to the schedule", "crawler/write", '"crawler/judge/schedule.h"',
     "crawler/write -> crawler/judge goes up"),

    ("up", "schemas", '"store/writer.h"', "schemas -> store goes up"),
    ("up, from a header", "crawler/health/site.h", '"crawler/write/batch.h"',
     "crawler/health -> crawler/write goes up"),
    ("up, from a folder inside", "crawler/feed/formats", '"crawler/feed/feed.h"',
     "crawler/feed/formats -> crawler/feed goes up"),
    ("up, to the programs", "crawler/loop", '"crawler/cli/commands.h"',
     "crawler/loop -> crawler/cli goes up"),
    ("a main", "crawler/judge", '"crawler/main.cc"', "crawler/judge -> crawler goes up"),
    ("a program's options", "api/routes", '"api/options.h"', "api/routes -> api goes up"),
    ("sideways", "systemd", '"schemas/batch.h"', "systemd -> schemas goes sideways"),
    ("sideways in the crawler", "crawler/fetch", '"crawler/health/site.h"',
     "crawler/fetch -> crawler/health goes sideways"),
    ("sideways, spelled with spaces", "store", '  "crawler/url/url.h"  // why not',
     "store -> crawler/url goes sideways"),
    ("across", "api/index", '"crawler/url/url.h"', "api/index -> crawler/url goes across"),
    ("across, the other way", "crawler/loop", '"api/walk/walk.h"',
     "crawler/loop -> api/walk goes across"),
    ("down, and not drawn", "crawler/health", '"store/reader.h"',
     f"crawler/health -> store {UNDRAWN}"),
    ("down, and not drawn, in the API", "api/walk", '"store/reader.h"',
     f"api/walk -> store {UNDRAWN}"),
    ("past the headers that clients see", "crawler/write", '"store/sql/batch_work.h"',
     f"crawler/write -> store/sql {UNDRAWN}"),
    ("a room that includes a test", "crawler/loop", '"tests/support/process.h"',
     "crawler/loop -> tests/support goes into the tests"),

    ("a package elsewhere", "api/routes", "<curl/curl.h>",
     "<curl/*> does not belong in api/routes"),
    ("a parser elsewhere", "crawler/health", "<pugixml.hpp>",
     "<pugixml.hpp> does not belong in crawler/health"),
    ("a parser in the room above its own", "crawler/feed", "<pugixml.hpp>",
     "<pugixml.hpp> does not belong in crawler/feed"),
    ("recovery elsewhere", "crawler/lists", "<libxml/parser.h>",
     "<libxml/*> does not belong in crawler/lists"),
    ("HTML elsewhere", "crawler/lists", "<gumbo.h>", "<gumbo.h> does not belong in crawler/lists"),
    ("SQLite elsewhere", "crawler/loop", "<sqlite3.h>",
     "<sqlite3.h> does not belong in crawler/loop"),
    ("SQLite where clients look", "store/reader.h", "<SQLiteCpp/SQLiteCpp.h>",
     "<SQLiteCpp/*> does not belong in store"),
    ("HTTP elsewhere", "store", "<pistache/http.h>", "<pistache/*> does not belong in store"),
    ("a second server of metrics", "api/routes", "<prometheus/exposer.h>",
     "<prometheus/exposer.h> does not belong in api/routes"),
    ("metrics elsewhere", "store", "<prometheus/metric_family.h>",
     "<prometheus/*> does not belong in store"),
    ("systemd elsewhere", "crawler", "<systemd/sd-daemon.h>",
     "<systemd/sd-*> does not belong in crawler"),
    ("a package in a test of another room", "tests/crawler/health", "<curl/curl.h>",
     "<curl/*> does not belong in tests/crawler/health"),
    ("a package that no line names", "store", "<boost/asio.hpp>",
     "the picture names no package with <boost/asio.hpp>"),
    ("a header of ours as a package", "store", "<schemas/batch.h>",
     "<schemas/batch.h> is ours and stands in quotes"),

    ("from its own folder", "store", '"writer.h"',
     '"writer.h" does not start at the root or does not exist'),
    ("by way of another folder", "store", '"store/../schemas/batch.h"',
     '"store/../schemas/batch.h" does not start at the root or does not exist'),
    ("from its own folder in the tests", "tests/store", '"fixture.h"',
     '"fixture.h" does not start at the root or does not exist'),
    ("a macro", "store", "STORE_HEADER", "STORE_HEADER is neither in quotes nor in angle brackets"),

    ("a test in a room that is not its own", "tests/crawler/feed", '"crawler/fetch/fetcher.h"',
     f"tests/crawler/feed -> crawler/fetch {UNDRAWN}"),
    ("a test's header likewise", "tests/crawler/fetch/fixture.h", '"store/reader.h"',
     f"tests/crawler/fetch -> store {UNDRAWN}"),
    ("a test across", "tests/api/walk", '"crawler/url/url.h"',
     f"tests/api/walk -> crawler/url {UNDRAWN}"),
    ("a test in another's fixture", "tests/crawler/feed", '"tests/store/fixture.h"',
     f"tests/crawler/feed -> tests/store {UNDRAWN}"),
    ("a fuzzer", "tests/fuzz", '"crawler/loop/crawl_loop.h"',
     f"tests/fuzz -> crawler/loop {UNDRAWN}"),
    ("a benchmark's header", "tests/bench/bench_house.h", '"crawler/loop/crawl_loop.h"',
     f"tests/bench -> crawler/loop {UNDRAWN}"),
    ("end to end, by the inside", "tests/end_to_end", '"api/index/follower.h"',
     f"tests/end_to_end -> api/index {UNDRAWN}"),
    ("support that knows a room", "tests/support", '"schemas/batch.h"',
     f"tests/support -> schemas {UNDRAWN}"),
]


class Copy:
    """The sources of a tree, and what is changed in them until undo()."""

    def __init__(self, source, root):
        self.root, self.before = pathlib.Path(root), {}
        for path in [PICTURE, *rooms_test.Tree(source).includes]:
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, target)

    def keep(self, path):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        self.before.setdefault(path, target.read_text() if target.exists() else None)
        return target

    def append(self, path, line):
        """Says the number of the new last line."""
        target = self.keep(path)
        text = target.read_text() if target.exists() else ""
        target.write_text(f"{text}{line}\n")
        return text.count("\n") + 1

    def draw(self, after, line):
        """Puts a line into the picture below the line that names a room, and says its number."""
        target = self.keep(PICTURE)
        lines = target.read_text().split("\n")
        number = next(i for i, old in enumerate(lines, 1) if old.split("#")[0].split() == [after])
        lines.insert(number, line)
        target.write_text("\n".join(lines))
        return number + 1

    def undo(self):
        for path, text in self.before.items():
            if text is not None:
                (self.root / path).write_text(text)
                continue
            (self.root / path).unlink(missing_ok=True)
            folder = (self.root / path).parent
            while folder != self.root and not os.listdir(folder):
                folder.rmdir()
                folder = folder.parent
        self.before = {}


def drawn_lines(copy):
    """Breaks of the picture itself: (kind, the failures that it must bring)."""
    def where(number):
        return f"{PICTURE}:{number}"

    number = copy.draw("crawler/fetch", "crawler/fetch -> crawler/text")
    yield "an edge that no include uses", [
        f"{where(number)}: no include goes crawler/fetch -> crawler/text"]

    copy.append("crawler/feed/feed.h", '#include "crawler/judge/judge.h"')
    number = copy.draw("crawler/feed", "crawler/feed -> crawler/judge")
    yield "a circle, drawn", [f"{where(number)}: crawler/feed -> crawler/judge goes up"]

    copy.append("crawler/lists/outlines.h", '#include "crawler/fetch/fetcher.h"')
    number = copy.draw("crawler/lists", "crawler/lists -> crawler/fetch")
    yield "a sideways edge, drawn", [
        f"{where(number)}: crawler/lists -> crawler/fetch goes sideways"]

    copy.append("api/server/server.h", '#include "crawler/url/url.h"')
    number = copy.draw("api/server", "api/server -> crawler/url")
    yield "an edge across, drawn", [f"{where(number)}: api/server -> crawler/url goes across"]

    copy.append("crawler/loop/pace.h", '#include "tests/support/process.h"')
    number = copy.draw("crawler/loop", "crawler/loop -> tests/support")
    yield "a room that includes a test, drawn", [
        f"{where(number)}: crawler/loop -> tests/support goes into the tests"]

    copy.append("tests/support/process.h", '#include "tests/store/fixture.h"')
    copy.append("tests/store/fixture.h", '#include "tests/support/process.h"')
    copy.draw("tests/support", "tests/support -> tests/store")
    yield "a circle of tests, drawn", [
        f"{PICTURE}: a circle: tests/store -> tests/support -> tests/store"]

    number = copy.draw("crawler/judge", "crawler/judge -> schemas")
    yield "an edge drawn twice", [f"{where(number + 1)}: crawler/judge -> schemas is named twice"]

    number = copy.draw("crawler/judge", "crawler/fetch -> crawler/text")
    yield "an edge on another floor", [f"{where(number)}: crawler/fetch is not on this floor"]

    number = copy.draw("crawler/judge", "crawler/judge -> crawler/nowhere")
    yield "an edge to no room", [f"{where(number)}: crawler/nowhere is no room"]

    number = copy.draw("crawler/judge", "crawler/nowhere")
    yield "a room that does not exist", [f"{where(number)}: crawler/nowhere has no source"]

    number = copy.draw("tests/fuzz", "tests/nowhere")
    yield "a tests folder that does not exist", [f"{where(number)}: tests/nowhere has no source"]

    number = copy.draw("tests/fuzz", "tests/crawler/loop -> crawler/judge")
    yield "what the general rule allows", [
        f"{where(number)}: tests/crawler/loop -> crawler/judge is allowed without this line"]

    number = copy.draw("crawler/judge", "<xxhash.h> crawler/fetch")
    yield "a package's room that does not use it", [
        f"{where(number)}: crawler/fetch does not include <xxhash.h>"]

    number = copy.draw("crawler/judge", "crawler/judge crawler/feed")
    yield "a line that says nothing", [
        f"{where(number)}: this line is no floor, room, edge or package"]


def folders_and_headers(copy):
    """Breaks of the tree that take more than one include."""
    copy.append("crawler/sense/broken.h", "#pragma once")
    yield "a new folder", ["crawler/sense: the picture does not name this folder"]

    copy.append("tests/crawler/sense/broken.cc", "")
    yield "a new tests folder", ["tests/crawler/sense: the picture does not name this folder"]

    copy.append("tools/broken.cc", "")
    yield "a new folder beside the rooms", ["tools: the picture does not name this folder"]

    for name in ("util", "utils", "common", "helper", "helpers", "misc"):
        copy.append(f"crawler/{name}/broken.txt", "")
        yield f"a folder named {name}", [
            f"crawler/{name}: a folder of this name hides a room that is missing"]

    copy.append("store/broken.hpp", "")
    yield "a source of another name", ["store/broken.hpp: a source ends in .h or .cc"]

    shown = copy.append("crawler/fetch/broken.h", "#include <curl/curl.h>")
    user = copy.append("crawler/judge/broken.cc", '#include "crawler/fetch/broken.h"')
    yield "a package's types in a header that others include", [
        f"crawler/fetch/broken.h:{shown}: shows <curl/*> to crawler/judge/broken.cc:{user}"]

    copy.append("api/server/inner.h", "#include <pistache/endpoint.h>")
    copy.append("api/server/broken.h", '#include "api/server/inner.h"')
    copy.append("api/broken.cc", '#include "api/server/broken.h"')
    yield "the same by way of a header inside", [
        "api/server/inner.h:1: shows <pistache/*> to api/broken.cc:1"]


class SelfTest:
    def __init__(self, copy):
        self.copy, self.tried, self.misses = copy, 0, []

    def want(self, kind, expected):
        found = rooms_test.Check(self.copy.root).failures
        self.tried += 1
        if sorted(found) != sorted(expected):
            self.misses.append(f"{kind}:\n    wanted: " + "\n            ".join(expected) +
                               "\n    found:  " + "\n            ".join(found or ["nothing"]))
        self.copy.undo()

    def run(self):
        for kind, place, included, reason in INCLUDES:
            path = place if place.endswith(".h") else place + "/broken.cc"
            number = self.copy.append(path, f"#include {included}")
            self.want(kind, [f"{path}:{number}: {reason}"])
        for breaks in (drawn_lines, folders_and_headers):
            for kind, expected in breaks(self.copy):
                self.want(kind, expected)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(pathlib.Path(sys.argv[1]), folder)
        if failures := rooms_test.Check(copy.root).failures:
            sys.exit("\n".join(["The tree must be whole before it is broken:", *failures]))
        test = SelfTest(copy)
        test.run()
    for miss in test.misses:
        print(miss)
    if test.misses:
        sys.exit(f"{len(test.misses)} of {test.tried} breaks were not caught as expected.")
    print(f"{test.tried} breaks, each caught.")


if __name__ == "__main__":
    main()
