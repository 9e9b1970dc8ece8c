#!/usr/bin/env python3
"""browse_test.py BUILD_DIR SCREENSHOT_DIR [--short]: the page and /status as a person meets them.

Debian's Chromium and Firefox walk over the sample sites, which the programs of BUILD_DIR crawled just
before. Each step is a check; the pictures are kept for a person. --short is Chromium alone, without
the pictures of every width.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_S = 30
sys.path.insert(0, str(ROOT / "tests/support"))
from chromium import Chromium, until  # noqa: E402
from firefox import Firefox  # noqa: E402

SIZES = ((320, 640), (390, 844), (768, 1024), (1280, 900), (1920, 1080))


class House:
    """Sample sites, crawled once, and the API; ended by close()."""

    def __init__(self, build, folder):
        self.build, self.folder, self.processes = build, pathlib.Path(folder), []
        outlines = self.folder / "sample.opml"
        self.start("tests/support/sample-origin", ROOT / "tests/data/sample", outlines, "8399")
        until(outlines.exists, "the sample sites stand")
        settings = self.folder / "saunter.toml"
        settings.write_text(
            f'[store]\npath = "{self.folder}/saunter.db"\n[api]\nlisten = "127.0.0.1:0"\n'
            f'topics_path = "{self.folder}/topics.txt"\nreceipt_key_path = "{self.folder}/receipt.key"\n'
            f'[schedule]\nstart_spread_s = 0\n'
            '[fetch]\nallow_networks = ["127.0.0.1", "::1"]\nallow_names = ["localhost"]\n'
            'allow_ports = [8399]\nhost_gap_min_ms = 20\n'
            "[health]\nprobes_in_flight_max = 0\n")
        self.config = ("--config", settings)
        for command in (("crawler/cli/saunter", *self.config, "import", outlines),
                        ("crawler/saunter-crawler", *self.config, "--once")):
            subprocess.run([self.build / command[0], *command[1:]], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        self.start_api("127.0.0.1:0")

    def start(self, program, *arguments, log=None):
        process = subprocess.Popen([self.build / program, *map(str, arguments)],
                                   stdout=log or subprocess.DEVNULL, stderr=log or subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def start_api(self, listen):
        log = self.folder / "api.log"
        with open(log, "w", encoding="utf-8") as out:
            self.api = self.start("api/saunter-api", *self.config, "--listen", listen, log=out)
        found = until(lambda: re.search(r"listening on (http://\S+)", log.read_text()), "the API")
        self.url = found[1]

    def stop_api(self):
        self.api.send_signal(signal.SIGTERM)
        assert self.api.wait(DEADLINE_S) == 0

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=DEADLINE_S) as answer:
            return json.load(answer)

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                process.wait(DEADLINE_S)


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)


READY = "return Boolean(document.getElementById('go')?.href?.includes(':8399/'))"


class Visit:
    """The page in a tab of a browser."""

    def __init__(self, browser, house, pictures):
        self.browser, self.house, self.pictures = browser, house, pictures
        self.page = browser.open(house.url + "/")
        self.stands()

    def true(self, script, *arguments):
        try:
            return self.page.run(script, *arguments)
        except AssertionError:
            return False  # it is on its way to another page

    def stands(self):
        until(lambda: self.true(READY + " && document.readyState === 'complete'"), "a post is shown")

    def goes(self, path):
        self.page.run(
            "document.documentElement.dataset.old = 1; location.assign(a0)", self.house.url + path
        )
        until(lambda: self.true("return !('old' in document.documentElement.dataset)"), path)

    def title(self):
        return self.page.text("#post-link")

    def ahead(self):
        kept = self.page.run("return localStorage['saunter.2.walk'] ?? 'null'")
        return (json.loads(kept) or {"ahead": []})["ahead"]

    def picture(self, name, **how):
        self.page.look(**how)
        self.page.picture(self.pictures / f"{name}.png")


def walk(visit):
    page = visit.page
    first = visit.title()
    until(lambda: len(visit.ahead()) >= 9, "ten posts are fetched ahead")
    page.click("#another")
    until(lambda: visit.title() != first, "another one")
    second = visit.title()
    page.press("b")
    until(lambda: visit.title() == first, "the one before")
    page.press("n")
    until(lambda: visit.title() == second, "and on again")
    check(True, f"{visit.browser.name}: buttons and keys lead on and back")
    page.click("#go")
    until(lambda: any(":8399/" in url for url in visit.browser.urls()), "the post")
    until(lambda: visit.true("return location.port === '8399'"), "it is there")
    page.run("setTimeout(() => history.back())")
    visit.stands()
    until(lambda: visit.title() == second, "the page again")
    check(second in page.text("#past"), f"{visit.browser.name}: a post, and back; it is remembered")


def choose(visit):
    page = visit.page
    page.click("#to-taste")
    until(lambda: visit.true("return document.querySelectorAll('.topic').length > 3"), "topics")
    page.click("#topic-only-food")
    until(lambda: visit.ahead() and all("food" in link["topics"] for link in visit.ahead()), "food")
    page.click("#topic-never-food")
    until(
        lambda: visit.ahead() and not any("food" in link["topics"] for link in visit.ahead()), "none"
    )
    page.click("#any-topic")
    page.run(
        "const s = document.getElementById('language'); s.value = 'de';"
        "s.dispatchEvent(new Event('change'))"
    )
    until(
        lambda: visit.ahead() and all(link["language"].startswith("de") for link in visit.ahead()),
        "German",
    )
    check(True, f"{visit.browser.name}: only, never and a language are what is met")
    page.run(
        "const s = document.getElementById('language'); s.value = '';"
        "s.dispatchEvent(new Event('change'))"
    )
    page.run("location.hash = '#post'")


def status(visit):
    visit.goes("/status")
    until(lambda: visit.true("return document.querySelectorAll('#sums dd').length >= 8"), "the sums")
    until(lambda: visit.true("return document.querySelectorAll('#hours svg rect').length > 0"), "hours")
    stats = visit.house.get("/v1/stats")
    shown = visit.page.text("#sums").replace(",", "")
    check(str(stats["links_in_pool"]) in shown, "/status says how many links there are")
    check("stopped" in visit.page.text("#now"), "/status says that the crawler was stopped")
    for name, how in (("status", {}), ("status_dark", {"dark": True}), ("status_phone", {"width": 390})):
        visit.picture(f"{name}_{visit.browser.name}", **{"width": 1100, "height": 900, **how})
        check(visit.true("return document.documentElement.scrollWidth <= innerWidth"), name + " fits")
    visit.page.look(width=1280, height=900)
    visit.goes("/")
    visit.stands()


def without_network(visit):
    until(lambda: visit.true("return (await caches.keys()).length === 1"), "the page is kept")
    until(lambda: visit.true("return Boolean(navigator.serviceWorker.controller)"), "by its worker")
    until(lambda: len(visit.ahead()) >= 9, "posts wait")
    visit.house.stop_api()
    visit.goes("/")
    visit.stands()
    for _ in range(9):
        before = visit.title()
        visit.page.click("#another")
        until(lambda: visit.title() != before, "another one")
    check(True, f"{visit.browser.name}: without a network the page opens, with the posts that wait")
    visit.picture(f"page_offline_{visit.browser.name}", width=390, height=844)
    visit.page.look(width=1280, height=900)
    visit.house.start_api(visit.house.url.removeprefix("http://"))
    visit.page.run("dispatchEvent(new Event('online'))")
    until(lambda: len(visit.ahead()) >= 9, "and heals when it is back")


def empty(visit):
    """Without a database, for a reader who has nothing waiting."""
    database = visit.house.folder / "saunter.db"
    database.rename(visit.house.folder / "away.db")
    until(lambda: "no database" in readiness(visit.house).get("detail", ""), "it has none")
    status_of = lambda: urllib.request.urlopen(visit.house.url + "/", timeout=DEADLINE_S)
    try:
        status_of()
        raise AssertionError("the page claims to have a post")
    except urllib.error.HTTPError as error:
        check(error.code == 503 and b"no post yet" in error.read(), "the page says that nothing is there")
    (visit.house.folder / "away.db").rename(database)
    until(lambda: readiness(visit.house).get("links"), "it has one again")


def without_scripts(visit):
    page = visit.browser.open("about:blank")
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    page.send("Page.navigate", url=visit.house.url + "/")
    words = lambda: " ".join(
        str(node.get("name", {}).get("value", ""))
        for node in page.send("Accessibility.getFullAXTree")["nodes"]
    )
    until(lambda: "Without JavaScript" in words(), "the page")
    check("this link to any post" in words(), "without scripts there is a post and a way to another")
    shot = visit.pictures / "page_noscript.png"
    page.look(width=390, height=844)
    page.send("Emulation.setScriptExecutionDisabled", value=False)
    page.picture(shot)
    page.close()


def readiness(house):
    try:
        return house.get("/readyz")
    except urllib.error.HTTPError as error:
        return json.load(error)


def widths(visit):
    sizes = SIZES if visit.browser.name == "chromium" else ((390, 844), (1280, 900))
    for width, height in sizes:
        for dark in (False, True):
            name = f"page_{visit.browser.name}_real_{width}{'_dark' if dark else ''}"
            visit.picture(name, dark=dark, width=width, height=height)
            check(
                visit.true("return document.documentElement.scrollWidth <= innerWidth"), name + " fits"
            )


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    pictures = pathlib.Path(sys.argv[2]).resolve()
    is_short = "--short" in sys.argv
    pictures.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("HOME", "/tmp")
    with tempfile.TemporaryDirectory() as folder:
        house = House(build, folder)
        try:
            for make in (Chromium,) if is_short else (Chromium, Firefox):
                browser = make()
                try:
                    visit = Visit(browser, house, pictures)
                    parts = [walk, choose, status, without_network]
                    if not is_short:
                        parts.append(widths)
                    if make is Chromium:
                        parts += [without_scripts, empty]
                    for part in parts:
                        part(visit)
                finally:
                    browser.close()
        finally:
            house.close()


if __name__ == "__main__":
    main()
