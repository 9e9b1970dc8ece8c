"""How the extension's pages look, and whether everybody can use them: pictures, axe, the keyboard."""
from chromium import until
from reader import SOURCE, check, open_card

AXE = SOURCE / "build/extension_tools/node_modules/axe-core/axe.min.js"


def by_keyboard(reader):
    card = open_card(reader)
    until(
        lambda: card.run("return document.activeElement?.id") == "next",
        "the button to go on has the focus",
    )
    names = []
    for _ in range(14):
        card.press("Tab")
        names.append(card.run("return document.activeElement.id"))
        seen = card.run(
            "return document.activeElement === document.body || "
            "getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        )
        assert seen, names[-1] + " does not show its focus"
    check(
        {"settings", "tab-post", "post-link", "save", "leave-out", "back"} <= set(names),
        "Tab reaches all",
    )
    card.run("document.getElementById('tab-post').focus()")
    card.press("ArrowRight")
    check(
        card.run("return document.activeElement.id") == "tab-past"
        and not card.run("return document.getElementById('view-past').hidden"),
        "arrows move among the views",
    )
    card.close()


def look(reader):
    for dark in (False, True):
        card = open_card(reader)
        card.look(dark=dark, width=420, height=700)
        reader.picture(card, "card_dark" if dark else "card", dark=dark, width=420)
        if AXE.exists() and reader.browser.name == "chromium":
            accessible(card, ("tab-post", "tab-past", "tab-saved", "tab-taste"))
        card.close()
        options = reader.browser.open_of_extension("options.html")
        until(lambda: options.text("#keys kbd"), "the options are filled")
        options.look(dark=dark)
        reader.picture(
            options, "options_dark" if dark else "options", dark=dark, width=900, height=1000
        )
        if AXE.exists() and reader.browser.name == "chromium":
            accessible(options, ())
        options.close()
    if not AXE.exists():
        print("SKIPPED: axe-core is not installed; ./dev extension installs it", flush=True)


def accessible(page, tabs):
    page.send("Runtime.evaluate", expression=AXE.read_text("utf-8"))
    for tab in tabs or (None,):
        if tab:
            page.click("#" + tab)
        if tab == "tab-post":
            page.click("#report")
        found = page.run(
            "const said = await axe.run(); return said.violations.map("
            "one => one.id + ': ' + one.nodes.map(node => node.html).join(' '))"
        )
        check(not found, f"axe finds nothing in {tab or 'the options'}: {found}")
