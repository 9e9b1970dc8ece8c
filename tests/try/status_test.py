#!/usr/bin/env python3
"""status_test.py BUILD_DIR SCREENSHOT_DIR: /status over four databases, in Chromium: one where all is
well, one in an outage, one with thousands of failing feeds, one that is a year old. Each step is a
check; the pictures are kept for a person."""
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_S = 30
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/try")]
from chromium import Chromium, until  # noqa: E402
import status_databases  # noqa: E402

AXE = ROOT / "build/extension_tools/node_modules/axe-core/axe.min.js"
PICTURES = ((390, False), (390, True), (1280, False), (1280, True))
WIDTHS = (320, 390, 768, 1280, 1600)
SAYS = {
    "healthy": ("good", "All is well."),
    "outage": ("bad", "Outage: almost no host has answered since"),
    "failing": ("good", "All is well."),
    "year": ("good", "All is well."),
}
# Every sum that the page shows, as numbers.
SUMS = """
const number = (text) => Number(text.replaceAll(",", ""));
const table = (id) => {
  const rows = [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => ({
    value: number(row.cells[2].textContent), percent: row.cells[1].textContent,
    bars: row.querySelectorAll(".fill").length,
    share: row.querySelector(".fill")?.getBoundingClientRect().width /
      row.querySelector(".track").getBoundingClientRect().width}));
  return {rows, sum: number(document.querySelector(`#${id} tfoot td:last-child`).textContent)};
};
return {links: table("links"), feeds: table("feeds"),
  causes: [...document.querySelectorAll("#failing .many")].map((one) => number(one.textContent)),
  failing: number(document.getElementById("failing-title").textContent.split(": ")[1] ?? "0"),
  bars: [...document.querySelectorAll("rect.bar")].map((bar) =>
    [Number(bar.dataset.value), Number(bar.getAttribute("height"))])};
"""
# Labels that are cut off by the edge of their chart, or lie on one another.
CLIPPED = """
return [...document.querySelectorAll("#hours svg")].flatMap((svg) => {
  const edge = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
  const out = boxes.filter(([, box]) => box.left < edge.left - 1 || box.right > edge.right + 1);
  const on = boxes.filter(([, a], i) => boxes.some(([, b], j) => j > i && a.left < b.right && b.left < a.right &&
    a.top + 3 < b.bottom && b.top + 3 < a.bottom));
  return [...out, ...on].map(([text]) => text);
});
"""


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)


class Api:
    def __init__(self, build, folder, database):
        self.build, self.folder, self.database, self.url = build, folder, database, None
        self.start("127.0.0.1:0")

    def start(self, listen):
        log = self.folder / "api.log"
        with open(log, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(
                [self.build / "api/saunter-api", f"--store.path={self.database}", "--listen", listen,
                 f"--api.receipt_key_path={self.folder}/receipt.key"], stdout=out, stderr=out)  # fmt: skip
        found = until(lambda: re.search(r"listening on (http://\S+)", log.read_text()), "the API")
        self.url = found[1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(DEADLINE_S) == 0


def sums_agree(page, kind):
    shown = page.run(SUMS)
    stats = page.run("return (await (await fetch('/v1/status')).json()).stats")
    for name in ("links", "feeds"):
        rows, whole = shown[name]["rows"], shown[name]["sum"]
        assert sum(row["value"] for row in rows) == whole == stats[name], f"{kind}: {name} {rows}"
        said = [float(row["percent"].strip("<> %")) for row in rows if row["percent"][0] not in "<–"]
        tiny = any(row["percent"][0] in "<>" for row in rows)
        assert abs(sum(said) - 100) < (0.15 if tiny else 0.001), f"{kind}: {name} {said}"
        for row in rows:
            assert row["bars"] == (row["value"] > 0), f"{kind}: a bar for zero, or none for {row}"
            share = row["value"] / whole
            assert not row["value"] or abs(row["share"] - share) < 0.02, f"{kind}: {row}"
    assert sum(shown["causes"]) == shown["failing"], kind
    assert shown["bars"] and all(value > 0 and height >= 1 for value, height in shown["bars"])
    check(True, f"{kind}: the sums agree, shares are of the whole, and zero has no bar")


def fits(page, kind):
    for width in WIDTHS:
        page.look(width=width, height=900)
        until(lambda: page.run("const svg = document.querySelector('#hours svg'); return svg.width.baseVal.value"
                               " === document.getElementById('hours').clientWidth"), "charts")  # fmt: skip
        assert page.run("return document.documentElement.scrollWidth <= innerWidth"), f"{kind} at {width}"
        clipped = page.run(CLIPPED)
        assert not clipped, f"{kind} at {width}: {clipped}"
    check(True, f"{kind}: it fits from {WIDTHS[0]} to {WIDTHS[-1]} pixels, and no label is clipped")


def accessible(page, kind):
    """In both schemes. Without axe-core, which ./dev browse installs, nothing is looked at."""
    if not AXE.exists():
        print("SKIPPED: axe-core is not installed", flush=True)
        return
    page.send("Runtime.evaluate", expression=AXE.read_text("utf-8"))
    for dark in (False, True):
        page.look(dark=dark, width=390, height=900)
        found = page.run(
            "const said = await axe.run(); return said.violations.map("
            "one => one.id + ': ' + one.nodes.map(node => node.html).join(' '))"
        )
        assert not found, f"{kind}: axe finds {found}"
    check(True, f"{kind}: axe finds nothing, in light or in dark")


def pictures(page, folder, name):
    for width, dark in PICTURES:
        page.look(dark=dark, width=width, height=900)
        until(lambda: page.run("return document.querySelector('#hours svg').width.baseVal.value"
                               " === document.getElementById('hours').clientWidth"), "charts")  # fmt: skip
        page.picture(folder / f"status_{name}_{width}{'_dark' if dark else ''}.png")


def shows_outages(page):
    check(page.run("return document.querySelectorAll('rect.outage').length") == 6, "two outages are spans")
    check(page.run("return document.querySelectorAll('rect.unknown').length") == 3, "what is not known is a gap")
    words = page.text("#legend")
    check("outage" in words and "nothing is known" in words, "both are explained")


def shows_causes(page):
    check(not page.run("return globalThis.hit ?? null"), "nothing that a stranger wrote has run")
    first = page.run(
        """const one = document.querySelector("#failing details");
        return {open: one.open, text: one.textContent, links: [...one.querySelectorAll("a")].map((a) =>
          [a.getAttribute("href"), a.rel])};"""
    )
    check(first["open"] and "<script>" in first["text"], "markup in a title is text")
    check(
        "saunter feed list --state active --failing --outcome timeout" in first["text"] and "1,203 more" in first["text"],
        "it says how many more there are and how to list them",
    )
    feeds = [link for link in first["links"] if link[0].startswith("http")]
    sites = [link for link in first["links"] if link[0].startswith("/v1/sites/")]
    check(
        len(feeds) == 4 and all(rel == "noreferrer noopener nofollow" for _, rel in feeds) and len(sites) == 5,
        "feeds and their sites are linked, but an address that is a script is not",
    )
    closed = "return [...document.querySelectorAll('#failing details')].filter((one) => !one.open).length"
    check(page.run(closed) == 17, "the other causes wait to be opened")


def refreshes(page, api):
    """What one was doing goes on while the page is read again."""
    page.look(width=1280, height=600)
    page.run(
        """const causes = document.querySelectorAll("#failing details");
        causes[0].open = false; causes[1].open = true;
        const link = causes[1].querySelector("a"); link.scrollIntoView(); link.focus();
        globalThis.before = {href: link.getAttribute("href"), y: scrollY, part: causes[1]};"""
    )
    with sqlite3.connect(api.database) as database:
        database.execute("UPDATE feed SET last_outcome = 4 WHERE last_outcome = 10 AND feed_id % 2 AND url LIKE 'http%'")
        database.execute("UPDATE crawler SET reported_at = unixepoch()")
    database.close()
    stands = page.text("#failing")
    until(lambda: page.text("#failing") != stands, "the page has read it again")
    after = page.run(
        """const before = globalThis.before;
        return {isSame: !before.part.isConnected, focus: document.activeElement.getAttribute("href") === before.href,
          y: Math.abs(scrollY - before.y), open: [...document.querySelectorAll("#failing details[open]")].length};"""
    )
    check(after["isSame"] and after["focus"] and after["open"] == 1, f"the focus stays, and what is open: {after}")
    check(after["y"] < 120, "and the place on the page")


def goes_away(page, api):
    away = api.database.with_suffix(".away")
    api.database.rename(away)
    until(lambda: "no database" in page.text("#now"), "it says that there is no database")
    check("as of" in page.text("#now") and page.run("return document.querySelectorAll('rect.bar').length") > 0,
          "without a database it says so, and shows what was known")  # fmt: skip
    away.rename(api.database)
    until(lambda: page.run("return !document.getElementById('facts').classList.contains('stale')"), "it is back")
    api.stop()
    until(lambda: "has not answered since" in page.text("#now"), "it says that nobody answers")
    api.start(api.url.removeprefix("http://"))
    until(lambda: page.run("return !document.getElementById('facts').classList.contains('stale')"), "it is back")
    check(True, "without an answer it says since when, and heals")


def look_at(kind, browser, build, folder, shots):
    print(f"-- {kind}", flush=True)
    database = folder / f"{kind}.db"
    status_databases.make(kind, build / "crawler/cli/saunter", database, int(time.time()))
    api = Api(build, folder, database)
    try:
        page = browser.open(api.url + "/status")
        until(lambda: page.run("return document.querySelectorAll('rect.bar').length > 0"), "the page is filled")
        said, word = SAYS[kind]
        check(word in page.text("#so") and page.run("return document.getElementById('now').className") == "now " + said,
              f"{kind}: it says first: {page.text('#so')}")  # fmt: skip
        sums_agree(page, kind)
        fits(page, kind)
        accessible(page, kind)
        pictures(page, shots, kind)
        if kind == "outage":
            shows_outages(page)
        if kind == "failing":
            shows_causes(page)
            refreshes(page, api)
        if kind == "year":
            for name in ("days30", "year"):
                page.run("document.querySelector(`#ranges [data-key=${a0}]`).click()", name)
                until(lambda: page.run("return document.querySelectorAll('rect.bar').length > 60"), name)
                fits(page, name)
                pictures(page, shots, name)
            check(page.run("return document.querySelectorAll('rect.unknown').length") == 6,
                  "a year of bars by the week, with its gaps")  # fmt: skip
            page.run("document.querySelector('#hours-table').open = true")
            until(lambda: page.run("return document.querySelectorAll('.done tbody tr').length") == 53, "a table")
        complaints = page.complaints()
        check(not complaints, f"{kind}: the console is silent: {complaints[:1]}")
        if kind == "healthy":
            goes_away(page, api)
        page.close()
    finally:
        api.stop()


def main():
    build, shots = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    kinds = sys.argv[3:] or list(SAYS)
    if not shutil.which("chromium"):
        print("SKIPPED: chromium is not installed")
        sys.exit(77)
    shots.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("HOME", "/tmp")
    with tempfile.TemporaryDirectory() as folder:
        browser = Chromium()
        try:
            for kind in kinds:
                look_at(kind, browser, build, pathlib.Path(folder), shots)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
