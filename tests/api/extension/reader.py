"""A reader with a browser, the extension in it, and a service of the test's own."""
import pathlib
import subprocess
import sys

from chromium import Chromium, until
from firefox import Firefox
from service import SERVICE, Service

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BROWSERS = {"chromium": Chromium, "firefox": Firefox}
START = "http://blog150.test/start"


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)


class Reader:
    """A reader with a browser: what they press, and what has come of it."""

    def __init__(self, name, folder, pictures):
        self.service = Service()
        self.pictures = pictures
        built = pathlib.Path(folder) / "built"
        subprocess.run(
            [sys.executable, SOURCE / "api/extension/build.py", built, "--service", SERVICE],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.browser = BROWSERS[name](extension=built / name, proxy=self.service.proxy)

    # A tab for the walk, and a second page that only looks at the storage.
    def begin(self):
        until(
            lambda: any("options.html" in url for url in self.browser.urls()),
            "the first page is shown",
        )
        self.eye = self.browser.open_of_extension("options.html")
        self.walker = self.browser.open(START)
        self.at = START

    def kept(self, *names):
        got = self.eye.run(
            "return (globalThis.browser ?? chrome).storage.local.get(a0)", list(names)
        )
        return got[names[0]] if len(names) == 1 and names[0] in got else got

    def ahead(self):
        walk = self.eye.run(
            "return (await (globalThis.browser ?? chrome).storage.local.get('walk')).walk"
        )
        return [link["url"] for link in walk["ahead"]] if walk else []

    def arrives(self, url):
        until(lambda: url in self.browser.urls(), "a tab is at " + url)
        until(lambda: self.is_complete(url), url + " is there")
        self.at = url

    def is_complete(self, url):
        return self.walker.run(
            "return location.href === a0 && document.readyState === 'complete'", url
        )

    def press(self):
        self.browser.press_button(self.at)

    def key(self, key):
        self.browser.press_key(self.at, key)

    def order(self, name, **fields):
        """As the card and the options say it to the worker."""
        return self.eye.run(
            "return (globalThis.browser ?? chrome).runtime.sendMessage(a0)",
            {"order": name, **fields},
        )

    def picture(self, page, name, **how):
        if not self.pictures:
            return
        page.look(**how)
        page.picture(self.pictures / f"extension_{self.browser.name}_{name}.png")

    def close(self):
        self.browser.close()
        self.service.close()


def open_card(reader):
    card = reader.browser.open_of_extension("card.html")
    until(lambda: card.text("#post-link"), "the card is filled")
    return card
