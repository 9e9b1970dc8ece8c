#!/usr/bin/env python3
"""browse_test.py BUILD_DIR SCREENSHOT_DIR [--short]: the page and /status as a person meets them.

Debian's Chromium, driven over WebDriver by its chromedriver, walks over the sample sites, which the
programs of BUILD_DIR crawled just before. Each step is a check; the pictures are kept for a person.
--short is what every change must pass; without it there are also a phone, the dark, and no network.
"""
import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_S = 30
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
SPACE, TAB, ENTER = " ", "\ue004", "\ue007"


def until(condition, what):
    """Waits for a true value, as long as the deadline allows."""
    end = time.monotonic() + DEADLINE_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("this never came true: " + what)
        time.sleep(0.05)


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
            '[fetch]\nallow_networks = ["127.0.1.0/24"]\nallow_ports = [8399]\nhost_gap_min_ms = 20\n'
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


class Browser:
    """A session of Chromium over WebDriver (w3.org/TR/webdriver2)."""

    def __init__(self, folder, width=1100, height=1300, dark=False):
        log = pathlib.Path(folder) / "chromedriver.log"
        with open(log, "w", encoding="utf-8") as out:
            self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=out,
                                           stderr=subprocess.STDOUT)
        started = r"successfully on port (\d+)"
        port = until(lambda: re.search(started, log.read_text()), "chromedriver")[1]
        self.base = "http://127.0.0.1:" + port
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--lang=en", f"--window-size={width},{height}"]
        if dark:
            arguments.append("--blink-settings=preferredColorScheme=0")
        self.session = "/session/" + self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments}}}})["sessionId"]
        if width < 500:  # a window cannot be as narrow as a phone
            self.send("goog/cdp/execute", {
                "cmd": "Emulation.setDeviceMetricsOverride",
                "params": {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True}})

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def send(self, command, body=None):
        return self.ask("POST", f"{self.session}/{command}", body or {})

    def open(self, url):
        self.send("url", {"url": url})

    def url(self):
        return self.ask("GET", self.session + "/url")

    def run(self, script, *arguments):
        return self.send("execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent", selector)

    def click(self, selector):
        found = self.send("element", {"using": "css selector", "value": selector})[ELEMENT]
        self.send(f"element/{found}/click")

    def press(self, *keys):
        for key in keys:
            self.send("actions", {"actions": [{"type": "key", "id": "keys", "actions": [
                {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})

    def picture(self, path):
        height = self.run("return document.documentElement.scrollHeight")
        shot = self.send("goog/cdp/execute", {"cmd": "Page.captureScreenshot", "params": {
            "format": "png", "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "scale": 1, "height": min(height, 4000),
                     "width": self.run("return document.documentElement.clientWidth")}}})
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self):
        """What the console says that is not about a network taken away on purpose."""
        return [line["message"] for line in self.send("se/log", {"type": "browser"})
                if line["level"] == "SEVERE" and "Failed to load resource" not in line["message"]]

    def close(self):
        self.ask("DELETE", self.session)
        self.driver.terminate()
        self.driver.wait(DEADLINE_S)


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)


def stands(browser):
    until(lambda: browser.run("return !document.getElementById('go').disabled"), "a post is shown")


def walk(browser, house, pictures):
    browser.open(house.url + "/")
    stands(browser)
    until(lambda: browser.run("return document.querySelectorAll('#topics button').length > 3"), "topics")
    browser.picture(pictures / "page.png")
    check(browser.run("return JSON.parse(localStorage.getItem('saunter.ahead')).length") >= 9,
          "ten posts are fetched ahead")
    first = browser.text("#post-link")
    browser.click("#skip")
    second = browser.text("#post-link")
    check(second != first, "another one is another one, at once")
    browser.press("b")
    check(browser.text("#post-link") == first, "b leads back to the one before")
    browser.press("n")
    check(browser.text("#post-link") == second, "n leads on again")
    browser.run("document.activeElement.blur()")  # a button in focus has the key for itself
    browser.press(SPACE)
    until(lambda: ":8399/" in browser.url(), "the space key leads to the post")
    browser.send("back")
    until(lambda: browser.url() == house.url + "/", "the way back")
    stands(browser)
    check(second in browser.text("#past"), "where one has been is listed")
    check(browser.text("#post-link") != second, "and the next post waits")
    browser.click("#go")
    until(lambda: ":8399/" in browser.url(), "the button leads to a post")
    browser.open(house.url + "/")
    stands(browser)
    check(browser.run("return document.querySelectorAll('#past li').length") == 2, "both are remembered")
    check(not browser.complaints(), "the console has no complaint")


def choose(browser, house, pictures):
    seen = lambda: browser.run("return JSON.parse(localStorage.getItem('saunter.ahead'))")
    browser.click("[data-topic=food]")
    stands(browser)
    until(lambda: seen() and all("food" in link["topics"] for link in seen()), "only food is met")
    check(browser.run("return document.activeElement.dataset.topic") == "food", "the focus stays")
    browser.picture(pictures / "page_topic.png")
    browser.click("[data-topic=food]")
    until(lambda: seen() and not any("food" in link["topics"] for link in seen()), "no food is met")
    browser.click("#any-topic")
    until(lambda: browser.run("return document.querySelectorAll('.only, .not').length === 0"), "no matter")
    browser.run("const s = document.getElementById('language'); s.value = 'de';"
                "s.dispatchEvent(new Event('change'));")
    until(lambda: seen() and all((link["language"] or "").startswith("de") for link in seen()), "German")
    browser.open(house.url + "/")
    stands(browser)
    check(browser.run("return document.getElementById('language').value") == "de", "taste is remembered")
    browser.run("localStorage.clear()")
    browser.open(house.url + "/")
    stands(browser)


def by_keyboard(browser, house):
    browser.open(house.url + "/")
    stands(browser)
    names = []
    for _ in range(8):
        browser.press(TAB)
        names.append(browser.run(
            "const e = document.activeElement; return e.id || e.dataset.topic || e.textContent"))
        outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", names[-1] + " does not show its focus"
    check({"post-link", "go", "skip", "language", "age"} <= set(names), "Tab reaches all: " + str(names))
    unnamed = browser.run(
        "return [...document.querySelectorAll('button, a[href], select')].filter(e => "
        "!(e.textContent.trim() || e.labels?.length || e.getAttribute('aria-label'))).length")
    check(unnamed == 0, "everything that can be pressed has a name")
    browser.run("document.getElementById('skip').focus()")
    before = browser.text("#post-link")
    browser.press(ENTER)
    check(browser.text("#post-link") != before, "Enter presses the button in focus")


def status(browser, house, pictures, name):
    browser.open(house.url + "/status")
    until(lambda: browser.run("return document.querySelectorAll('#sums dd').length >= 8"), "the sums")
    until(lambda: browser.run("return document.querySelectorAll('#hours svg rect').length > 0"), "charts")
    stats = house.get("/v1/stats")
    shown = browser.text("#sums").replace(",", "")
    check(str(stats["links_in_pool"]) in shown, "/status says how many links there are")
    check("stopped" in browser.text("#now"), "/status says that the crawler was stopped")
    check(browser.run("return document.documentElement.scrollWidth <= innerWidth"), "it fits the width")
    browser.picture(pictures / name)
    check(not browser.complaints(), "the console has no complaint")


def without_network(browser, house, pictures):
    browser.open(house.url + "/")
    stands(browser)
    at = house.url.removeprefix("http://")
    house.stop_api()
    for _ in range(12):
        browser.run("document.getElementById('skip').click()")
    until(lambda: "cannot be reached" in (browser.text("#problem") or ""), "the page says what is wrong")
    check(browser.text("#post-link") == "Nothing to show yet", "and shows nothing in place of a post")
    browser.picture(pictures / "page_no_network.png")
    house.start_api(at)
    stands(browser)
    check(browser.run("return document.getElementById('problem').hidden"), "and it heals by itself")


def empty(browser, house, pictures):
    database = house.folder / "saunter.db"
    database.rename(house.folder / "away.db")
    browser.run("localStorage.clear()")
    until(lambda: "no database" in readiness(house).get("detail", ""), "the API has lost its database")
    browser.open(house.url + "/")
    until(lambda: "database" in (browser.text("#problem") or ""), "the page says that nothing is there")
    browser.picture(pictures / "page_empty.png")
    (house.folder / "away.db").rename(database)
    stands(browser)
    check(True, "and goes on when there is something")


def readiness(house):
    try:
        return house.get("/readyz")
    except urllib.error.HTTPError as error:
        return json.load(error)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    pictures = pathlib.Path(sys.argv[2]).resolve()
    is_short = "--short" in sys.argv
    pictures.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("HOME", "/tmp")
    with tempfile.TemporaryDirectory() as folder:
        house = House(build, folder)
        browser = None
        try:
            browser = Browser(folder)
            walk(browser, house, pictures)
            choose(browser, house, pictures)
            status(browser, house, pictures, "status.png")
            if is_short:
                return
            by_keyboard(browser, house)
            without_network(browser, house, pictures)
            empty(browser, house, pictures)
            for name, how in (("phone", {"width": 390, "height": 844}), ("dark", {"dark": True})):
                browser.close()
                browser = None
                browser = Browser(folder, **how)
                browser.open(house.url + "/")
                stands(browser)
                until(lambda: browser.run("return document.querySelectorAll('#topics button').length > 3"),
                      "topics")
                check(browser.run("return document.documentElement.scrollWidth <= innerWidth"),
                      name + ": the page fits the width")
                browser.picture(pictures / f"page_{name}.png")
                status(browser, house, pictures, f"status_{name}.png")
        finally:
            if browser:
                browser.close()
            house.close()


if __name__ == "__main__":
    main()
