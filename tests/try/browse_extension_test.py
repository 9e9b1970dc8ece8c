#!/usr/bin/env python3
"""browse_extension_test.py BUILD_DIR SCREENSHOT_DIR: the extension in Chromium and in Firefox over the
built API and the sample sites that the programs of BUILD_DIR crawled just before. Each step is a
check; the pictures are kept for a person."""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/try")]
from browse_test import House, check  # noqa: E402
from chromium import Chromium, until  # noqa: E402
from firefox import Firefox  # noqa: E402

API = "(globalThis.browser ?? chrome)"


def ahead(eye):
    walk = eye.run(f"return (await {API}.storage.local.get('walk')).walk")
    return [link["url"] for link in walk["ahead"]] if walk else []


def walk(browser, house, pictures):
    until(lambda: any("options.html" in url for url in browser.urls()), "the first page is shown")
    eye = browser.open_of_extension("options.html")
    at = house.url + "/status"
    browser.open(at)
    until(lambda: len(ahead(eye)) >= 10, "ten posts wait")
    for press in range(3):
        url = ahead(eye)[0]
        if press == 1:
            browser.kill_worker()
        if press == 2:
            browser.press_key(at, "j")
        else:
            browser.press_button(at)
        until(lambda: url in browser.urls(), "a tab is at " + url)
        at = url
    check(True, f"{browser.name}: button and key lead along the real service's walk")
    card = browser.open_of_extension("card.html")
    until(lambda: card.text("#post-link"), "the card is filled")
    card.look(width=420, height=700)
    card.picture(pictures / f"extension_{browser.name}_real.png")
    card.click("#tab-taste")
    card.click("#topic-only-food")
    until(lambda: ahead(eye) and all("food" in topics for topics in topics_ahead(eye)), "only food")
    card.picture(pictures / f"extension_{browser.name}_real_taste.png")
    check(True, f"{browser.name}: a topic that is chosen alone is all that is met")
    card.click("#topic-only-food")
    card.close()
    leave_out(browser, eye)
    return eye, at


def topics_ahead(eye):
    return eye.run(
        f"return (await {API}.storage.local.get('walk')).walk.ahead.map(link => link.topics)"
    )


# Whether the service knows not_site or not: a site that is left out is not met.
def leave_out(browser, eye):
    until(lambda: len(ahead(eye)) >= 10, "ten posts wait")
    site = eye.run(f"return (await {API}.storage.local.get('walk')).walk.ahead[0].site")
    eye.run(f"return {API}.runtime.sendMessage(a0)", {"order": "leave_out", "site": site})
    until(lambda: len(ahead(eye)) >= 10, "ten posts wait again")
    sites = eye.run(f"return (await {API}.storage.local.get('walk')).walk.ahead.map(l => l.site)")
    check(site not in sites, f"{browser.name}: a site that is left out is not met")


def without_service(browser, house, eye, at):
    house.stop_api()
    for url in ahead(eye)[:10]:
        browser.press_button(at)
        until(lambda: url in browser.urls(), "a tab is at " + url)
        at = url
    check(True, f"{browser.name}: ten presses work while the service is away")
    house.start_api(house.url.removeprefix("http://"))


def main():
    build, pictures = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        house = House(build, folder)
        try:
            built = pathlib.Path(folder) / "extension"
            subprocess.run(
                [sys.executable, ROOT / "api/extension/build.py", built, "--service", house.url],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            for make in (Chromium, Firefox):
                browser = make(extension=built / make.name)
                try:
                    eye, at = walk(browser, house, pictures)
                    without_service(browser, house, eye, at)
                finally:
                    browser.close()
        finally:
            house.close()


if __name__ == "__main__":
    main()
