#!/usr/bin/env python3
"""browser_test.py chromium|firefox SOURCE_DIR [SCREENSHOT_DIR]: the extension in a real browser, as
a reader uses it, over a service and blogs of this test's own. Each step is a check.

The browser's only way out is the service's proxy, so that all that leaves it is known."""
import os
import pathlib
import shutil
import sys
import tempfile

SOURCE = pathlib.Path(sys.argv[2]).resolve()
sys.dont_write_bytecode = True
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/api/extension")]
from chromium import until  # noqa: E402
from looks import by_keyboard, look  # noqa: E402
from reader import Reader, check, open_card  # noqa: E402
from service import SERVICE, post  # noqa: E402

PROGRAMS = {"chromium": "chromium", "firefox": "firefox-esr"}
# What Debian's Chromium asks its maker by itself, with and without an extension, however it is
# started.
OWN = {
    "chromium": (
        "accounts.google.com",
        "update.googleapis.com",
        "clients2.google.com",
        "www.google.com",
        "android.clients.google.com",
        "content-autofill.googleapis.com",
        "optimizationguide-pa.googleapis.com",
        "safebrowsing.googleapis.com",
    ),
    "firefox": (),
}


def walk(reader):
    until(lambda: len(reader.ahead()) == 10, "ten posts are fetched at once")
    first = reader.ahead()
    check(first == [post(i)["url"] for i in range(10)], "ten posts of the walk wait")
    reader.press()
    reader.arrives(first[0])
    check(True, "the button leads this tab to the walk's next post")
    reader.key("j")
    reader.arrives(first[1])
    check(True, "and so does the key")
    until(lambda: len(reader.ahead()) >= 10, "more is fetched")
    reader.key("k")
    reader.arrives(first[0])
    check(True, "the other key leads back")
    reader.press()
    reader.arrives(first[1])
    check(
        len(reader.kept("past")) == 2, "then on along the same way; both are remembered, once each"
    )


def die(reader):
    until(reader.browser.worker_runs, "the worker runs")
    reader.browser.kill_worker()
    before = reader.ahead()
    reader.press()
    reader.arrives(before[0])
    check(True, "a worker that was killed is there again for the button")
    reader.browser.kill_worker()
    reader.key("k")
    reader.arrives(post(1)["url"])
    check(True, "and for the key, and knows the way back")
    reader.press()
    reader.arrives(before[0])


def without_service(reader):
    until(lambda: len(reader.ahead()) >= 10, "ten are kept")
    reader.service.way = "gone"
    kept = reader.ahead()[:10]
    for i, url in enumerate(kept):
        if i == 5:
            reader.browser.kill_worker()
        reader.press()
        reader.arrives(url)
    check(True, "with the service gone, ten presses lead to the ten posts that were kept")
    for url in reader.ahead():
        reader.press()
        reader.arrives(url)
    reader.press()
    until(lambda: reader.kept("walk")["problem"], "the trouble is known")
    card = open_card(reader)
    until(lambda: "cannot be reached" in (card.text("#said") or ""), "the card says what is wrong")
    check(True, "then the card says what is wrong")
    reader.picture(card, "away", width=420)
    card.close()
    reader.service.way = "up"
    url = post(len(reader.kept("past")))["url"]
    reader.press()
    reader.arrives(url)
    check(True, "and when the service is back, so is the walk")


def slow(reader):
    until(lambda: len(reader.ahead()) >= 10, "ten are kept")
    # Those beyond ten go first, so that the next press fetches.
    while len(reader.ahead()) > 10:
        url = reader.ahead()[0]
        reader.press()
        reader.arrives(url)
    reader.service.way = "slow"
    for url in reader.ahead()[:3]:
        reader.press()
        reader.arrives(url)
    until(lambda: reader.service.waiting > 0, "the service is being asked")
    check(reader.service.waiting == 1, "a slow service is asked once, and no press waits for it")
    # Meanwhile the taste changes: the answer on its way is for another one.
    reader.order("taste", taste={"topics": {"food": "only"}})
    check(reader.service.waiting == 1, "no choice waits for it")
    reader.service.way = "up"
    reader.service.let_go()
    until(lambda: len(reader.ahead()) >= 10, "it is asked again")
    check(
        all(is_about(url, "food") for url in reader.ahead()),
        "an answer for another taste is not taken, and the service is asked again",
    )
    reader.order("taste", taste={"topics": {}})


def filters(reader):
    card = open_card(reader)
    card.click("#tab-taste")
    card.click("#topic-only-food")
    until(
        lambda: reader.ahead() and all(is_about(url, "food") for url in reader.ahead()),
        "only food is ahead",
    )
    check(True, "a topic that is chosen alone is all that is met")
    until(lambda: is_pressed(card, "#topic-only-food"), "the card shows the choice")
    reader.picture(card, "taste", width=420)
    card.click("#topic-only-food")
    until(lambda: reader.kept("taste")["topics"] == {}, "the choice is undone")
    card.click("#topic-not-technology")
    until(
        lambda: len(reader.ahead()) >= 10
        and not any(is_about(url, "rust") for url in reader.ahead()),
        "no rust",
    )
    check(True, "a group of topics that is left out is not met")
    until(lambda: is_pressed(card, "#topic-not-technology"), "the card shows it")
    card.click("#topic-not-technology")
    until(lambda: reader.kept("taste")["topics"] == {}, "that is undone, too")
    until(lambda: not is_pressed(card, "#topic-not-technology"), "the card shows that")
    press_both = "for (const id of a0) document.getElementById(id).click()"
    two = ["topic-only-food", "topic-not-technology"]
    card.run(press_both, two)
    both = {"food": "only", "technology": "not"}
    until(lambda: reader.kept("taste")["topics"] == both, "two choices in a row, and both hold")
    until(lambda: all(is_pressed(card, "#" + name) for name in two), "the card shows both")
    card.run(press_both, two)
    until(lambda: reader.kept("taste")["topics"] == {}, "neither holds")
    check(True, "of two presses in a row none undoes the other")
    card.run(
        """const list = document.getElementById('language'); list.value = 'ja';
                list.dispatchEvent(new Event('change'));"""
    )
    until(
        lambda: reader.ahead() and all(number(url) % 4 == 3 for url in reader.ahead()), "Japanese"
    )
    check(True, "a language that is chosen is the only one met")
    card.run(
        """const list = document.getElementById('language'); list.value = '';
                list.dispatchEvent(new Event('change'));"""
    )
    until(
        lambda: reader.kept("taste")["language"] == "" and len(reader.ahead()) >= 10, "any language"
    )
    card.close()


def is_pressed(card, selector):
    return card.run("return document.querySelector(a0).ariaPressed", selector) == "true"


def number(url):
    return int(url.removeprefix("http://blog").split(".")[0])


def is_about(url, topic):
    return topic in post(number(url))["topics"]


def leave_out(reader):
    next_site = post(number(reader.ahead()[0]))["site"]
    reader.service.knows_not_site = False
    reader.order("leave_out", site=next_site)
    check(
        not any(next_site in url for url in reader.ahead()),
        "a site that is left out is gone at once",
    )
    for url in reader.ahead()[:10]:
        reader.press()
        reader.arrives(url)
    until(
        lambda: len(reader.ahead()) >= 10,
        "more is fetched without not_site, which this service does not know",
    )
    check(reader.service.requests(r"GET .*not_site=.*"), "not_site was tried")
    reader.service.knows_not_site = True
    card = open_card(reader)
    site = card.run("return document.querySelector('#post-site .host').textContent")
    card.click("#leave-out")
    until(lambda: site in reader.kept("taste")["not_sites"], "the card leaves its site out")
    until(lambda: "not meet " + site in (card.text("#said") or ""), "the card says so")
    card.click("#leave-out")
    until(lambda: site not in reader.kept("taste")["not_sites"], "and lets it in again")
    card.close()


def vote(reader):
    card = open_card(reader)
    receipt = reader.kept("past")[0]["receipt"]
    reader.service.statuses = [503]
    card.click("#up")
    agree(reader)
    until(lambda: reader.service.requests("POST .*/v1/votes"), "the vote is sent")
    until(
        lambda: any(item["failures"] for item in reader.kept("outbox")["waiting"]),
        "503: it is kept",
    )
    until(
        lambda: card.run("return document.getElementById('up').ariaPressed") == "true",
        "the card shows it",
    )
    until(lambda: (card.text("#said") or "").startswith("Kept."), "and that it is kept")
    reader.browser.kill_worker()
    make_due(reader)
    reader.order("release")
    until(lambda: ("/v1/votes", receipt) in reader.service.taken, "it is sent again")
    until(lambda: not reader.kept("outbox")["waiting"], "and done")
    check(
        reader.service.taken["/v1/votes", receipt] == {"receipt": receipt, "vote": "up"},
        "a vote that met 503 and a killed worker is counted once",
    )
    reader.service.taken["/v1/reports", receipt] = {}
    card.click("#report")
    reader.picture(card, "report", width=420)
    card.click("[value=topic]")
    card.run("document.getElementById('report-note').value = 'It is about boats.'")
    card.click("#report-send")
    until(lambda: reader.service.requests("POST .*/v1/reports"), "the report is sent")
    until(lambda: not reader.kept("outbox")["waiting"], "409 ends it")
    check(
        '"note":"It is about boats."' in reader.service.requests("POST .*/v1/reports")[0][3],
        "a report and its note",
    )
    until(
        lambda: card.run("return document.getElementById('report').disabled"), "one report a post"
    )
    card.close()
    refusals(reader)


def make_due(reader):
    """As if the wait were over: tests do not wait."""
    reader.eye.run(
        """const storage = (globalThis.browser ?? chrome).storage.local;
        const {outbox} = await storage.get('outbox');
        outbox.held_until_at = 0;
        for (const item of outbox.waiting) item.try_at = 0;
        await storage.set({outbox});"""
    )


def refusals(reader):
    reader.service.statuses, reader.service.retry_after_s = [429], 600
    for value, status in (("down", 429), ("up", 410)):
        url = reader.ahead()[0]
        reader.press()
        reader.arrives(url)
        if status == 410:
            break
        reader.order("vote", url=url, vote=value)
    waiting = reader.kept("outbox")
    check(
        len(waiting["waiting"]) == 1 and waiting["held_until_at"] > 0,
        "429 holds votes back, as long as it says",
    )
    sent = len(reader.service.requests("POST .*"))
    reader.order("vote", url=reader.at, vote="up")
    check(len(reader.service.requests("POST .*")) == sent, "and no vote is sent meanwhile")
    reader.service.statuses, reader.service.retry_after_s = [410, 410], None
    make_due(reader)
    reader.order("release")
    until(lambda: not reader.kept("outbox")["waiting"], "410 drops them")
    check(reader.kept("walk")["problem"] is None, "410 drops a vote without a word")


def agree(reader):
    """Firefox asks before the first vote leaves; the reader agrees to its own question."""
    if reader.browser.name != "firefox":
        return
    asked = until(
        lambda: reader.browser.chrome(
            """
        const asked = document.getElementById('addon-webext-permissions-notification');
        return asked && !asked.hidden && PopupNotifications.panel.state === 'open' ? asked.textContent || ' ' : null"""
        ),
        "Firefox asks",
    )
    check(
        asked and not reader.service.requests("POST .*"),
        "Firefox asks, and nothing is sent before the answer",
    )
    reader.browser.chrome(
        "document.getElementById('addon-webext-permissions-notification').button.click()"
    )


def save(reader):
    card = open_card(reader)
    title = card.text("#post-link")
    card.click("#save")
    until(lambda: len(reader.kept("saved")) == 1, "the post is saved")
    card.click("#tab-saved")
    until(lambda: title in card.text("#saved"), "the list of saved posts holds it")
    check(True, "a post that is saved is on the list of saved ones")
    card.click("#tab-past")
    until(
        lambda: card.run("return document.querySelectorAll('#past li').length") > 10,
        "the past is listed",
    )
    check(True, "where one has been is listed")
    card.run(
        """const field = document.getElementById('past-search'); field.value = 'BLOG0.test small';
                field.dispatchEvent(new Event('input'));"""
    )
    check(card.run("return document.querySelectorAll('#past li').length") == 1, "and searched")
    reader.picture(card, "past", width=420)
    card.close()


def in_a_new_tab(reader):
    reader.order("opens_in", value="new")
    tabs, url, before = len(reader.browser.urls()), reader.ahead()[0], reader.at
    reader.press()
    until(lambda: url in reader.browser.urls(), "the next post opens")
    check(
        len(reader.browser.urls()) == tabs + 1 and before in reader.browser.urls(),
        "the next post opens in a new tab, if the reader has chosen so",
    )
    reader.order("opens_in", value="this")


def from_the_button(reader):
    """The card over the page. Firefox shows it where only a person can see it."""
    reader.order("button", value="card")
    reader.press()
    if reader.browser.name == "chromium":
        card = until(reader.browser.popup, "the button opens the card")
        until(lambda: card.text("#post-link"), "the card is filled")
        check(
            card.text("#post-when") == "You are here",
            "the card that the button opens is about this tab's post",
        )
        if reader.pictures:
            card.picture(reader.pictures / "extension_chromium_popup.png")
        url = reader.ahead()[0]
        card.click("#next")
        reader.arrives(url)
        until(
            lambda: card.text("#post-link") == reader.kept("past")[0]["title"], "the card follows"
        )
        check(True, "its button leads on, and the card follows")
    else:
        panel = "document.querySelector('#customizationui-widget-panel browser, .webextension-popup-browser')"
        until(
            lambda: reader.browser.chrome(
                f"return {panel}?.currentURI.spec.endsWith('/card.html')"
            ),
            "the card",
        )
        check(True, "the button opens the card, if the reader has chosen so")
        reader.browser.chrome(f"{panel}.closest('panel').hidePopup()")
    reader.order("button", value="next")


def another_service(reader):
    options = reader.browser.open_of_extension("options.html")
    until(
        lambda: options.run("return document.getElementById('service').value") == SERVICE,
        "the default stands",
    )
    options.run("document.getElementById('service').value = 'ftp://nowhere'")
    options.click("[type=submit]")
    until(
        lambda: "no address" in (options.text("#service-said") or ""), "a wrong address is refused"
    )
    options.run("document.getElementById('service').value = a0", SERVICE + "/")
    options.click("[type=submit]")
    until(lambda: "36,515" in (options.text("#service-said") or ""), "a good one is greeted")
    check(True, "the service's address is one field")
    options.close()


def nothing_else(reader):
    strays = [
        f"{method} {address}"
        for method, address, _, _ in reader.service.asked
        if not is_expected(reader, method, address)
    ]
    check(not strays, f"nothing else left the browser: {strays}")
    asked = reader.service.requests(r"\w+ http://saunter\.test/.*")
    for kind in sorted(
        {f"{method} {address.partition('?')[0]}" for method, address, _, _ in asked}
    ):
        print(
            "   ",
            kind,
            sum(kind == f"{method} {address.partition('?')[0]}" for method, address, _, _ in asked),
        )
    check(
        not [
            fields
            for _, _, fields, _ in asked
            if {"Cookie", "Referer", "Authorization"} & set(fields)
        ],
        f"none of {len(asked)} requests to the service says who asks",
    )


def is_expected(reader, method, address):
    bare = address.removeprefix("http://")
    host, _, path = bare.partition("/")
    if host == "saunter.test":
        path = path.partition("?")[0]
        return (method, path) in {
            ("GET", "v1/random"),
            ("GET", "v1/categories"),
            ("GET", "v1/languages"),
            ("GET", "readyz"),
            ("POST", "v1/votes"),
            ("POST", "v1/reports"),
            ("OPTIONS", "v1/votes"),
            ("OPTIONS", "v1/reports"),
        }
    if host.startswith("blog") and host.endswith(".test"):
        return method == "GET" and path in ("post", "start", "favicon.ico")
    return host.removesuffix(":443") in OWN[reader.browser.name]


def main():
    name = sys.argv[1]
    pictures = pathlib.Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None
    if not shutil.which(PROGRAMS[name]):
        print(f"SKIPPED: {PROGRAMS[name]} is not installed")
        sys.exit(77)
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(name, folder, pictures)
        try:
            reader.begin()
            for part in (
                walk,
                die,
                without_service,
                slow,
                filters,
                leave_out,
                vote,
                save,
                by_keyboard,
                look,
                another_service,
                in_a_new_tab,
                from_the_button,
                nothing_else,
            ):
                print(f"-- {part.__name__}", flush=True)
                part(reader)
        finally:
            reader.close()


if __name__ == "__main__":
    os.environ.setdefault("HOME", "/tmp")
    main()
