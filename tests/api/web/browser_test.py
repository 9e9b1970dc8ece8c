#!/usr/bin/env python3
"""browser_test.py chromium|firefox SOURCE_DIR SAUNTER_API [SCREENSHOT_DIR]: the page in a real browser,
as a reader uses it. Each step is a check.

The browser's only way out is the house's proxy, so that all that leaves it is known."""
import os
import pathlib
import re
import shutil
import sys
import tempfile

SOURCE = pathlib.Path(sys.argv[2]).resolve()
sys.dont_write_bytecode = True
sys.path[:0] = [
    str(SOURCE / "tests" / folder) for folder in ("api/web", "support", "api/extension")
]
from chromium import Chromium, until  # noqa: E402
from firefox import Firefox  # noqa: E402
from house import House  # noqa: E402
from looks import by_keyboard, languages, look, strangers, without_scripts  # noqa: E402
from visitor import Visitor, check  # noqa: E402

# What Debian's Chromium asks its maker by itself, however it is started.
OF_ITS_MAKER = ("googleapis.com", "google.com")
PROGRAMS = {"chromium": ("chromium", Chromium), "firefox": ("firefox-esr", Firefox)}


def walk(visitor):
    page = visitor.page
    check(visitor.post() == 0, "the first post is the one that the server wrote into the page")
    until(lambda: visitor.ahead(), "more is fetched")
    check(
        visitor.ahead() == list(range(1, len(visitor.ahead()) + 1)),
        "the walk goes on from there, without a repeat",
    )
    page.click("#another")
    until(lambda: visitor.post() == 1, "another one")
    page.press("b")
    until(lambda: visitor.post() == 0, "b leads back")
    check(page.run("return document.getElementById('back').disabled"), "before the first is none")
    page.press("n")
    until(lambda: visitor.post() == 1, "n leads on")
    check(True, "buttons and keys lead back and on along the same way")
    check("(1)" in page.text("#announced"), "a screen reader is told which post it is")
    page.click("#go")
    visitor.arrives("http://blog1.test/post")
    page.run("setTimeout(() => history.back())")
    until(lambda: visitor.is_ready() and visitor.post() == 1, "the browser's Back leads here again")
    check("You have been here" in page.text("#post-topics"), "the post stands there as visited")
    page.click("#to-past")
    check("(1)" in page.text("#past"), "and on the list of where one has been")
    visitor.reload()
    check(visitor.post() == 1, "a reload stays at the same post")
    visitor.post_view()


def save(visitor):
    page = visitor.page
    page.click("#save")
    page.click("#another")
    page.press("s")
    visitor.says("Saved.")
    page.click("#to-saved")
    check(visitor.count("#saved li") == 2, "posts that are saved are on the list of saved ones")
    visitor.type("saved-search", "BLOG1.test NOTEBOOK")
    check(visitor.count("#saved li") == 0, "a search wants every word")
    visitor.type("saved-search", "BLOG1.test brot")
    check(visitor.count("#saved li") == 1, "in any case")
    visitor.type("saved-search", "")
    bookmarks, feeds = (visitor.downloads("#export-" + kind) for kind in ("bookmarks", "feeds"))
    if bookmarks is not None:
        check(
            bookmarks.startswith("<!DOCTYPE NETSCAPE-Bookmark-file-1>")
            and 'HREF="http://blog1.test/post"' in bookmarks,
            "they leave as bookmarks",
        )
        check('xmlUrl="http://blog1.test/feed.xml"' in feeds, "and as OPML")
    page.click("#saved li:first-child .plain")
    until(lambda: visitor.count("#saved li") == 1, "one is dropped")
    check(
        page.run("return document.activeElement.id") == "saved-title", "and the focus is not lost"
    )
    visitor.reload()
    check(visitor.count("#saved li") == 1, "what is saved stays")
    visitor.post_view()


def taste(visitor):
    page = visitor.page
    page.click("#to-taste")
    page.click("#topic-only-food")
    until(lambda: visitor.topics_ahead() == {"food"}, "only food is ahead")
    check(True, "a topic that is chosen alone is all that is met")
    visitor.post_view()
    page.click("#another")
    check(visitor.post() % 4 == 1, "and the next post is already one of it")
    page.click("#to-taste")
    page.click("#topic-never-food")
    until(lambda: visitor.topics_ahead() and "food" not in visitor.topics_ahead(), "no food")
    page.click("#topic-either-food")
    page.click("#topic-never-technology")
    until(lambda: visitor.topics_ahead() and "rust" not in visitor.topics_ahead(), "no rust")
    check(True, "never is never, of a group of topics too")
    page.click("#any-topic")
    until(lambda: visitor.kept("taste")["topics"] == {}, "any topic")
    visitor.choose("language", "ja")
    until(lambda: visitor.ahead() and all(i % 4 == 3 for i in visitor.ahead()), "Japanese")
    check(
        "日本語" in page.text("#language"), "languages stand by their own names, and one can be chosen"
    )
    visitor.reload()
    check(visitor.kept("taste")["language"] == "ja", "a taste stays")
    visitor.choose("language", "")
    until(lambda: len(visitor.ahead()) >= 10, "any language")
    visitor.post_view()


def leave_out(visitor):
    page = visitor.page
    visitor.house.knows_not_site = False
    site = page.text("#post-host")
    page.press("x")
    visitor.says("not meet " + site)
    for _ in range(8):
        page.click("#another")
    asked = lambda: visitor.house.requests(r"GET .*/v1/random.*")[-1][1]
    until(lambda: "not_site" not in asked(), "a service that does not know how is asked without")
    until(visitor.ahead, "more is fetched")
    check(visitor.house.requests(r"GET .*not_site=.*"), "a site that is left out is named first")
    visitor.house.knows_not_site = True
    page.click("#to-taste")
    check(site in page.text("#left-out"), "it stands on the list of those that are left out")
    page.click("#left-out button")
    until(lambda: not visitor.kept("taste")["not_sites"], "and can be let in again")
    visitor.post_view()


def vote(visitor):
    page, house = visitor.page, visitor.house
    page.click("#another")
    receipt = f"receipt-{visitor.post()}"
    house.way = "gone"
    page.click("#up")
    visitor.says("Kept.")
    check(visitor.kept("outbox")["waiting"], "a vote is kept while the service is away")
    visitor.house.way = "up"
    visitor.reload()
    check(
        page.run("return document.getElementById('up').ariaPressed") == "true", "also over a reload"
    )
    page.run("dispatchEvent(new Event('online'))")
    until(lambda: not visitor.kept("outbox")["waiting"], "it is sent")
    check(
        house.taken["/v1/votes", receipt] == {"receipt": receipt, "vote": "up"},
        "and sent when the service is back, once",
    )
    house.statuses, house.retry_after_s = [429], 600
    page.click("#another")
    page.click("#down")
    until(lambda: visitor.kept("outbox")["held_until_at"], "429 holds votes back")
    sent = len(house.requests("POST .*"))
    page.click("#another")
    page.click("#down")
    visitor.says("Kept.")
    check(len(house.requests("POST .*")) == sent, "429: nothing is sent before its time")
    house.statuses, house.retry_after_s = [410, 503], None
    page.run(
        """const box = JSON.parse(localStorage['saunter.2.outbox']); box.held_until_at = 0;
        localStorage['saunter.2.outbox'] = JSON.stringify(box);"""
    )
    visitor.reload()
    until(lambda: len(visitor.kept("outbox")["waiting"]) == 1, "410 drops a vote without a word")
    until(lambda: visitor.kept("outbox")["waiting"][0]["failures"] == 1, "503 keeps one")
    page.run("dispatchEvent(new Event('online'))")
    until(lambda: not visitor.kept("outbox")["waiting"], "and sends it later")


def report(visitor):
    page, house = visitor.page, visitor.house
    receipt = f"receipt-{visitor.post()}"
    house.taken["/v1/reports", receipt] = {}
    page.press("r")
    visitor.accessible("the report")
    page.click("[value=topic]")
    visitor.type("report-note", "It is about boats.")
    page.click("#report-send")
    until(lambda: house.requests("POST .*/v1/reports"), "the report is sent")
    until(lambda: not visitor.kept("outbox")["waiting"], "409 is done")
    said = house.requests("POST .*/v1/reports")[0][3]
    check('"kind":"topic","note":"It is about boats."' in said, "a report, its kind and its note")
    until(lambda: page.run("return document.getElementById('report').disabled"), "one a post")
    house.receipts = False
    visitor.anew()
    shown = page.run("return document.getElementById('up').checkVisibility()")
    check(not shown, "where posts have no receipt there are no votes")
    house.receipts = True
    visitor.anew()


def offline(visitor):
    page, house = visitor.page, visitor.house
    page.run(
        """await navigator.serviceWorker.ready;
        const {scope} = await navigator.serviceWorker.getRegistration();
        await caches.open('saunter-older');
        await (await navigator.serviceWorker.getRegistration()).unregister();"""
    )
    visitor.reload()
    until(lambda: visitor.caches() and "saunter-older" not in visitor.caches(), "the worker")
    check(len(visitor.caches()) == 1, "a new version drops what older ones kept")
    until(lambda: page.run("return Boolean(navigator.serviceWorker.controller)"), "it is in charge")
    until(lambda: len(visitor.ahead()) >= 10, "ten posts wait")
    house.way, waiting = "gone", visitor.ahead()
    visitor.reload()
    for i in waiting[:-3]:
        page.click("#another")
        until(lambda: visitor.post() == i, "the next one")
    check(True, "without a network the page opens, with the posts that wait")
    visitor.says("No connection.")
    kept = visitor.cached_paths()
    check(
        "/" in kept and not [path for path in kept if path.startswith("/v1/")],
        "nothing of the service is in the cache, nor any vote",
    )
    house.way = "starting"
    visitor.reload()
    check(
        page.run("return document.getElementById('go').href") != "",
        "nor does a service that only starts take the page away",
    )
    house.way = "up"
    page.run("dispatchEvent(new Event('online'))")
    until(lambda: len(visitor.ahead()) >= 10, "when it is back, so is the walk")
    visitor.says("")
    if visitor.browser.name == "chromium":
        # A worker of another version, whose page is not to be had: the one that works stays.
        page.run("await caches.delete((await caches.keys())[0])")
        visitor.reload()
        check(visitor.is_ready(), "a cache that is gone does not take the page away")


def nothing_else(visitor):
    asked = {
        address.removeprefix("http://").partition("/")[0].partition(":")[0]
        for _, address, _, _ in visitor.house.asked
    }
    strays = [
        host
        for host in asked
        if not re.fullmatch(r"127\.0\.0\.1|blog\d+\.test", host) and not host.endswith(OF_ITS_MAKER)
    ]
    check(not strays, f"nothing goes to anyone else: {strays}")
    mine = visitor.house.requests(r"\w+ http://127\.0\.0\.1.*/v1/.*")
    named = [fields for _, _, fields, _ in mine if {"Cookie", "Referer"} & set(fields)]
    check(not named, f"none of {len(mine)} requests to the service says who asks")
    blogs = visitor.house.requests(r"GET http://blog.*/post")
    check(
        blogs and not [one for one in blogs if "Referer" in one[2]],
        "no blog is told where its reader came from",
    )


def main():
    name = sys.argv[1]
    program, make = PROGRAMS[name]
    pictures = pathlib.Path(sys.argv[4]).resolve() if len(sys.argv) > 4 else None
    if not shutil.which(program):
        print(f"SKIPPED: {program} is not installed")
        sys.exit(77)
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    parts = [walk, save, taste, leave_out, vote, report, strangers, languages, by_keyboard, look]
    parts += [offline, without_scripts, nothing_else]
    with tempfile.TemporaryDirectory() as folder:
        house = House(sys.argv[3], folder)
        try:
            browser = make(proxy=house.proxy)
            try:
                visitor = Visitor(browser, house, pictures)
                for part in parts:
                    print(f"-- {part.__name__}", flush=True)
                    part(visitor)
            finally:
                browser.close()
        finally:
            house.close()


if __name__ == "__main__":
    os.environ.setdefault("HOME", "/tmp")
    main()
