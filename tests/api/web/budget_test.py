#!/usr/bin/env python3
"""budget_test.py SOURCE_DIR SAUNTER_API: what the page costs and whether it holds still, in Chromium.

Bytes are those of the bodies as saunter-api sends them, uncompressed; what nginx makes of them is
printed beside them."""
import gzip
import os
import pathlib
import shutil
import sys
import tempfile
import urllib.request

SOURCE = pathlib.Path(sys.argv[1]).resolve()
sys.dont_write_bytecode = True
sys.path[:0] = [
    str(SOURCE / "tests" / folder) for folder in ("api/web", "support", "api/extension")
]
from chromium import Chromium, until  # noqa: E402
from house import House  # noqa: E402
from visitor import Visitor, check  # noqa: E402

FIRST_PAINT_BYTES_MAX = 50_000
WHOLE_BYTES_MAX = 130_000
STATUS_BYTES_MAX = 64_000
REQUESTS_MAX = 40
SHIFT_MAX = 0.001  # of 0.1, which is called good
WATCH = """
globalThis.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries().filter((one) => !one.hadRecentInput))
    globalThis.shifts.push([shift.value, ...shift.sources.map((one) => [one.node?.id || one.node?.className || one.node?.nodeName,
      (one.node?.textContent ?? "").slice(0, 40), one.previousRect.x, one.previousRect.y, one.previousRect.width, one.currentRect.x, one.currentRect.y, one.currentRect.width].join(" "))]);
}).observe({type: "layout-shift", buffered: true});
"""


def size(house, path, how):
    request = urllib.request.Request(house.url + path)
    with urllib.request.urlopen(request, timeout=60) as answer:
        body = answer.read()
    return len(gzip.compress(body, 6)) if how == "packed" else len(body)


def cost(visitor):
    entries = visitor.page.run(
        """return performance.getEntriesByType('resource').map((one) =>
            [one.name, one.renderBlockingStatus, one.initiatorType])"""
    )
    house = visitor.house
    strangers = [name for name, _, _ in entries if not name.startswith(house.url)]
    check(not strangers, f"nothing comes from anyone else: {strangers}")
    files = [(name.removeprefix(house.url), blocks == "blocking") for name, blocks, _ in entries]
    assets = [(path, blocks) for path, blocks in files if not path.startswith(("/v1/", "/readyz"))]
    first = ["/", *[path for path, blocks in assets if blocks]]
    whole = ["/", *[path for path, _ in assets]]
    for what, paths, bytes_max in (
        ("first paint", first, FIRST_PAINT_BYTES_MAX),
        ("the whole page", whole, WHOLE_BYTES_MAX),
    ):
        plain = sum(size(house, path, "plain") for path in paths)
        packed = sum(size(house, path, "packed") for path in paths)
        print(f"    {what}: {len(paths)} requests, {plain:,} bytes, {packed:,} as nginx packs them")
        check(plain <= bytes_max, f"{what} stays below {bytes_max:,} bytes")
    requests = 1 + len(entries)
    check(requests <= REQUESTS_MAX, f"{requests} requests, those for posts and topics included")


def shifts(visitor, what):
    found = visitor.page.run("return globalThis.shifts")
    total = sum(shift[0] for shift in found)
    check(total <= SHIFT_MAX, f"{what}: nothing moves after the first paint ({total}) {found}")


def holds_still(browser, house, width, height):
    visitor = Visitor.__new__(Visitor)
    visitor.browser, visitor.house, visitor.pictures = browser, house, None
    page = visitor.page = browser.open("about:blank")
    page.look(width=width, height=height)
    page.send("Page.enable")
    page.send("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    visitor.open("/robots.txt")
    page.run("localStorage.clear(); sessionStorage.clear()")
    settled = lambda: visitor.is_ready() and visitor.ahead() and visitor.count(".topic") > 0
    for what in ("a first visit", "a second one"):
        visitor.open("/")
        until(settled, "the page has all that it asks for")
        shifts(visitor, f"{what} at {width}")
    places = set()
    for _ in range(6):
        before = visitor.post()
        page.click("#another")
        until(lambda: visitor.post() != before, "another one")
        places.add(tuple(page.run("const box = document.getElementById('go').getBoundingClientRect();"
                                  "return [box.x, box.y + scrollY, box.width, box.height]")))  # fmt: skip
    check(len(places) == 1, f"posts of different length move no button at {width}: {places}")
    visitor.open("/status")
    until(lambda: visitor.count("#sums dd") >= 8, "/status is filled")
    entries = page.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    paths = [name.removeprefix(house.url) for name in entries]
    assets = ["/status", *[path for path in paths if path.startswith("/assets/")]]
    bytes_all = sum(size(house, path, "plain") for path in assets)
    check(bytes_all <= STATUS_BYTES_MAX, f"/status is {bytes_all:,} bytes, of {STATUS_BYTES_MAX:,}")
    page.close()


def main():
    if not shutil.which("chromium"):
        print("SKIPPED: chromium is not installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        house = House(sys.argv[2], folder)
        house.twists = {
            2: {"title": "x " * 200, "summary": None},
            4: {"title": "A", "summary": "B", "topics": [], "author": None},
        }
        try:
            browser = Chromium(proxy=house.proxy)
            try:
                visitor = Visitor(browser, house, None)
                until(lambda: visitor.ahead() and visitor.count(".topic") > 0, "all is there")
                cost(visitor)
                visitor.page.close()
                for width, height in ((390, 844), (1280, 900)):
                    holds_still(browser, house, width, height)
            finally:
                browser.close()
        finally:
            house.close()


if __name__ == "__main__":
    os.environ.setdefault("HOME", "/tmp")
    main()
