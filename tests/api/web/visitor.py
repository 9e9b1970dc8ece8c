"""A reader of the page in a browser: what they see and press, and what has come of it."""
import json
import pathlib
import re

from chromium import until

SOURCE = pathlib.Path(__file__).resolve().parents[3]
AXE = SOURCE / "build/extension_tools/node_modules/axe-core/axe.min.js"
READY = "return document.getElementById('another')?.disabled === false"


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)


class Visitor:
    def __init__(self, browser, house, pictures):
        self.browser, self.house, self.pictures = browser, house, pictures
        self.page = browser.open(house.url + "/")
        until(self.is_ready, "the page stands")

    def is_ready(self):
        try:
            return self.page.run(READY + " && document.readyState === 'complete'")
        except AssertionError:
            return False  # it is on its way to another page

    def reload(self):
        self.page.run("document.documentElement.dataset.old = 1; location.reload()")
        until(lambda: self.page_is_new() and self.is_ready(), "the page stands again")

    def page_is_new(self):
        try:
            return not self.page.run("return 'old' in document.documentElement.dataset")
        except AssertionError:
            return False

    def open(self, path):
        self.page.run(
            "document.documentElement.dataset.old = 1; location.assign(a0)", self.house.url + path
        )
        until(self.page_is_new, path + " is there")

    def anew(self):
        """As a reader who has never been here. Cleared where no page writes meanwhile."""
        self.open("/robots.txt")
        self.page.run("localStorage.clear(); sessionStorage.clear()")
        self.open("/")
        until(self.is_ready, "the page stands")

    def arrives(self, url):
        until(lambda: url in self.browser.urls(), "the tab is at " + url)
        until(lambda: self.is_complete(url), url + " is there")

    def is_complete(self, url):
        try:
            return self.page.run("return location.href === a0 && document.readyState === 'complete'", url)
        except AssertionError:
            return False

    def kept(self, name):
        return json.loads(self.page.run("return localStorage['saunter.2.' + a0] ?? 'null'", name))

    def ahead(self):
        """The numbers of the posts that wait."""
        walk = self.kept("walk")
        return [self.number(link["url"]) for link in walk["ahead"]] if walk else []

    def topics_ahead(self):
        walk = self.kept("walk")
        return {topic for link in walk["ahead"] for topic in link["topics"]} if walk else set()

    @staticmethod
    def number(url):
        return int(re.fullmatch(r"http://blog(\d+)\.test/post", url)[1])

    def post(self):
        """The number of the post in the card."""
        return self.number(self.page.run("return document.getElementById('post-link').href"))

    def post_view(self):
        """Back to the post, as from any view."""
        self.page.run("location.hash = '#post'")
        until(lambda: self.page.run("return document.documentElement.dataset.view") == "post", "it")

    def says(self, text):
        until(lambda: self.is_said(text), f"it says: {text}")

    def is_said(self, text):
        said = self.page.text("#said") or ""
        return text in said if text else said == ""

    def count(self, selector):
        # While a page goes and another comes, Firefox answers nothing.
        return self.page.run("return document.querySelectorAll(a0).length", selector) or 0

    def type(self, field, text):
        self.page.run(
            """const field = document.getElementById(a0); field.value = a1;
            field.dispatchEvent(new Event('input', {bubbles: true}));""",
            field,
            text,
        )

    def choose(self, field, value):
        self.page.run(
            """const list = document.getElementById(a0); list.value = a1;
            list.dispatchEvent(new Event('change'));""",
            field,
            value,
        )

    def downloads(self, button):
        """What a press would put into the reader's folder. Firefox keeps a test apart from the page's own
        objects, so there nothing is pressed."""
        if self.browser.name == "firefox":
            return None
        self.page.run(
            """globalThis.made = null;
            const [make, press] = [URL.createObjectURL, HTMLAnchorElement.prototype.click];
            URL.createObjectURL = (blob) => { globalThis.made = blob; return 'blob:none'; };
            HTMLAnchorElement.prototype.click = () => {};
            document.querySelector(a0).click();
            URL.createObjectURL = make;
            HTMLAnchorElement.prototype.click = press;""",
            button,
        )
        return self.page.run("return await globalThis.made.text()")

    def caches(self):
        return self.page.run("return await caches.keys()")

    def cached_paths(self):
        return self.page.run(
            """const cache = await caches.open((await caches.keys())[0]);
            return (await cache.keys()).map((one) => new URL(one.url).pathname);"""
        )

    def accessible(self, what):
        """axe-core finds nothing. Firefox shows the same, so Chromium is enough."""
        if not AXE.exists() or self.browser.name != "chromium":
            return
        self.page.send("Runtime.evaluate", expression=AXE.read_text("utf-8"))
        found = self.page.run(
            "const said = await axe.run(); return said.violations.map("
            "one => one.id + ': ' + one.nodes.map(node => node.html).join(' '))"
        )
        check(not found, f"axe finds nothing in {what}: {found}")

    def picture(self, name, **how):
        if not self.pictures:
            return
        self.page.look(**how)
        self.page.picture(self.pictures / f"page_{self.browser.name}_{name}.png")
