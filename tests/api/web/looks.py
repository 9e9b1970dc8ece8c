"""How the page looks, and whether everybody can use it: strangers' words, languages, the keyboard, axe,
pictures, and a browser without scripts."""
from chromium import until
from visitor import AXE, check

VIEWS = ("post", "past-view", "saved-view", "taste-view")
SIZES = ((320, 640), (390, 844), (768, 1024), (1280, 900), (1920, 1080))


def fits_width(page):
    return page.run("return document.documentElement.scrollWidth <= innerWidth")


def strangers(visitor):
    """Feeds are written by anyone."""
    page = visitor.page
    word = "Donaudampfschifffahrtsgesellschaft" * 8
    visitor.house.twists = {
        0: {"title": "<img src=x onerror=alert(1)><script>globalThis.hit = 1</script>",
            "site_title": "</script><b>x</b>", "summary": "<script>globalThis.hit = 1</script>"},
        1: {"title": word, "author": word, "site_title": word, "summary": word * 3},
        2: {"title": None, "summary": None, "author": None, "published_at": None, "language": None},
        3: {"title": "‮ מה אכלו הציפורים הבוקר 🐦", "language": "he", "site_title": "‮evil.example"},
        4: {"url": "javascript:globalThis.hit=1"},
        5: {"language": '"><b', "topics": ["<b>"], "site_title": "e\u0301" * 300},
    }  # fmt: skip
    visitor.anew()
    check(page.text("#post-link").startswith("<img src=x"), "markup in a title is text")
    heights = set()
    for i in (0, 1, 2, 3, 5):
        until(lambda: visitor.post() == i, "the next one")
        heights.add(page.run("return document.querySelector('.sheet').offsetHeight"))
        check(fits_width(page), f"post {i} fits the width")
        visitor.picture(f"stranger_{i}", width=390, height=844)
        page.click("#another")
    check(len(heights) == 1, "the card is of one height, so that no button moves")
    check(not page.run("return (window.wrappedJSObject ?? window).hit"), "nothing of a stranger's has run")
    check(visitor.post() == 6, "an address that is not of the web is passed over")
    visitor.house.twists = {}
    visitor.anew()


def languages(visitor):
    page = visitor.page
    visitor.open("/?language=de")
    until(visitor.is_ready, "the page in German")
    check(page.text("#another") == "Ein anderer", "a link leads to the page in another language")
    page.click("a[hreflang=ja]")
    until(lambda: page.text("#another") == "別の記事", "in Japanese at once")
    check(page.run("return document.documentElement.lang") == "ja", "and the page says so")
    visitor.picture("ja", width=390, height=844)
    visitor.open("/")
    until(visitor.is_ready, "the page")
    check(page.text("#another") == "別の記事", "a language that was chosen stays")
    for tag, name in (("pl", "Polski"), ("zh-CN", "简体中文")):
        page.click(f"a[hreflang={tag}]")
        until(lambda: page.run("return document.documentElement.lang") == tag, name)
        empty = page.run(
            "return [...document.querySelectorAll('[data-words]')].filter(e => !e.textContent).length"
        )
        check(empty == 0, f"{name}: every word is there")
    page.click("a[hreflang=en]")
    until(lambda: page.text("#another") == "Another one", "English again")


def by_keyboard(visitor):
    page = visitor.page
    page.press("?")
    until(lambda: page.run("return document.getElementById('keys').open"), "? opens the list")
    visitor.accessible("the list of keys")
    page.click("#keys-on")
    page.click("#keys-close")
    until(lambda: not page.run("return document.getElementById('keys').open"), "it closes")
    before = visitor.post()
    page.press("n")
    check(visitor.post() == before, "a reader can turn the keys off")
    page.press("?")
    until(lambda: page.run("return document.getElementById('keys').open"), "? still opens the list")
    page.click("#keys-on")
    page.click("#keys-close")
    page.press("n")
    until(lambda: visitor.post() != before, "and on again")
    page.run("document.querySelector('.skip').focus()")
    names = []
    for _ in range(18):
        page.press("Tab")
        names.append(page.run("return document.activeElement.id || document.activeElement.className"))
        seen = page.run(
            "const e = document.activeElement; return e === document.body || "
            "getComputedStyle(e.matches('input[type=radio]') ? e.nextElementSibling : e)"
            ".outlineStyle !== 'none'"
        )
        assert seen, names[-1] + " does not show its focus"
    order = [names.index(name) for name in ("post-link", "save", "report", "back", "another", "go")]
    check(order == sorted(order), f"Tab goes along the card from top to bottom: {names}")
    page.run("document.getElementById('another').focus()")
    before = visitor.post()
    page.press("Enter")
    until(lambda: visitor.post() != before, "Enter presses what has the focus")
    page.run("document.getElementById('report-note').value = ''")
    page.press("r")
    page.run("document.getElementById('report-note').focus()")
    before = visitor.post()
    page.press("n")
    check(
        visitor.post() == before and page.run("return document.getElementById('report-note').value"),
        "a field has its letters for itself",
    )
    page.click("#report-cancel")


def look(visitor):
    page = visitor.page
    page.press("s")
    page.run(
        """const been = JSON.parse(localStorage['saunter.2.walk']).ahead.slice(0, 4);
        localStorage['saunter.2.been'] = JSON.stringify(been.map((one) => ({...one, visited_at: 1790000000})));"""
    )
    visitor.reload()
    for dark in (False, True):
        for width, height in SIZES if visitor.pictures else ((390, 844), (1280, 900)):
            page.look(dark=dark, width=width, height=height)
            for view in VIEWS if width in (390, 1280) else ("post",):
                page.run("location.hash = a0", "#" + view)
                until(lambda: page.run("return document.documentElement.dataset.view") == view, view)
                check(fits_width(page), f"{view} fits {width} pixels")
                name = f"{width}{'_dark' if dark else ''}{'' if view == 'post' else '_' + view}"
                visitor.picture(name, dark=dark, width=width, height=height)
                visitor.accessible(f"{view} at {width}{' in the dark' if dark else ''}")
            if width != 390 and width != 1280:
                continue
        visitor.open("/status")
        until(lambda: visitor.count("#sums dd") >= 8, "/status is filled")
        visitor.accessible("/status")
        visitor.picture("status_dark" if dark else "status", dark=dark, width=1280, height=900)
        visitor.open("/")
        until(visitor.is_ready, "the page")
    page.look(width=1280, height=900)
    if not AXE.exists():
        print("SKIPPED: axe-core is not installed; ./dev extension installs it", flush=True)


def without_scripts(visitor):
    """Only Chromium can do without for one tab."""
    if visitor.browser.name != "chromium":
        return
    page = visitor.browser.open("about:blank")
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    page.send("Page.navigate", url=visitor.house.url + "/?language=fr")
    # The tree has the title before it has the rest, and the foot last.
    for words in ("Saunter", "Sans JavaScript", "Y aller", "简体中文"):
        until(lambda: words in words_of(page), f"without scripts the page says {words}")
    check("Enregistrer" not in words_of(page), "and it shows no button that does nothing")
    visitor.picture("noscript")
    page.close()


def words_of(page):
    """What a reader sees, asked of the browser itself: the page runs no scripts."""
    tree = page.send("Accessibility.getFullAXTree")["nodes"]
    return " ".join(str(node.get("name", {}).get("value", "")) for node in tree)
