"""Debian's Firefox ESR with an extension, driven over Marionette
(firefox-source-docs.mozilla.org/testing/marionette). What is the browser's own, such as the button, is
reached in its chrome context."""
import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from chromium import DEADLINE_S, until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ALT, SHIFT = "\ue00a", "\ue008"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "ArrowRight": "\ue014", "ArrowLeft": "\ue012"}
EXTENSION = "saunter@saunter.extension"
# What it would say to its maker's servers by itself, and what would come between a test and its page.
QUIET = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "app.shield.optoutstudies.enabled": False,
    "browser.aboutConfig.showWarning": False,
    "browser.contentblocking.report.show_mobile_app": False,
    "browser.discovery.enabled": False,
    "browser.newtabpage.activity-stream.feeds.system.topstories": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.region.update.enabled": False,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.topsites.contile.enabled": False,
    "browser.urlbar.quicksuggest.enabled": False,
    "captivedetect.canonicalURL": "",
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.blocklist.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "geo.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-manager.url": "",
    "messaging-system.rsexperimentloader.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "nimbus.rollouts.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "signon.management.page.breach-alerts.enabled": False,
    "termsofuse.bypassNotification": True,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
    "trailhead.firstrun.didSeeAboutWelcome": True,
    "browser.aboutwelcome.enabled": False,
    "ui.systemUsesDarkTheme": 0,
    "ui.prefersReducedMotion": 1,
    "layout.css.prefers-color-scheme.content-override": 1,
}


class Page:
    """A tab of the browser."""

    def __init__(self, browser, handle):
        self.browser, self.handle = browser, handle

    def here(self):
        self.browser.content()
        self.browser.send("WebDriver:SwitchToWindow", {"handle": self.handle, "focus": True})

    def run(self, script, *arguments):
        """Runs the body of an async function and returns what it returns."""
        self.here()
        names = ", ".join(f"a{i}" for i in range(len(arguments)))
        whole = f"return (async ({names}) => {{{script}}})(...arguments)"
        return self.browser.send(
            "WebDriver:ExecuteScript", {"script": whole, "args": list(arguments), "sandbox": None}
        )["value"]

    def click(self, selector):
        ready = "const part = document.querySelector(a0); return part && !part.disabled && part.offsetParent !== null"
        until(lambda: self.run(ready, selector), "can press " + selector)
        found = self.browser.send(
            "WebDriver:FindElement", {"using": "css selector", "value": selector}
        )
        self.browser.send("WebDriver:ElementClick", {"id": found["value"][ELEMENT]})

    def press(self, key):
        self.here()
        self.browser.type(KEYS.get(key, key))

    def text(self, selector):
        return self.run("return document.querySelector(a0)?.textContent ?? null", selector)

    def look(self, dark=False, width=None, height=800):
        self.browser.preference(
            "layout.css.prefers-color-scheme.content-override", 0 if dark else 1
        )
        if width:
            self.here()
            self.browser.send("WebDriver:SetWindowRect", {"width": width, "height": height})

    def picture(self, path):
        self.here()
        shot = self.browser.send("WebDriver:TakeScreenshot", {"full": True, "hash": False})
        path.write_bytes(base64.b64decode(shot["value"]))

    def close(self):
        self.here()
        handles = self.browser.send("WebDriver:CloseWindow")
        self.browser.send("WebDriver:SwitchToWindow", {"handle": handles[0], "focus": True})


class Firefox:
    name = "firefox"

    def __init__(self, extension=None, proxy=None, language="en", program="firefox-esr"):
        self.profile = tempfile.mkdtemp(prefix="saunter-firefox-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        preferences = {
            **QUIET,
            "marionette.port": port,
            "intl.locale.requested": language,
            "intl.accept_languages": language,
        }
        if proxy:
            host, proxy_port = proxy.removeprefix("http://").split(":")
            preferences.update(
                {
                    "network.proxy.type": 1,
                    "network.proxy.http": host,
                    "network.proxy.http_port": int(proxy_port),
                    "network.proxy.ssl": host,
                    "network.proxy.ssl_port": int(proxy_port),
                    "network.proxy.no_proxies_on": "",
                    "network.proxy.allow_hijacking_localhost": True,
                }
            )
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in preferences.items()
        ]
        (pathlib.Path(self.profile) / "user.js").write_text("".join(lines), "utf-8")
        with open(os.path.join(self.profile, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [
                    program,
                    "--headless",
                    "--marionette",
                    "--remote-allow-system-access",
                    "--no-remote",
                    "--profile",
                    self.profile,
                    "about:blank",
                ],
                env={
                    **os.environ,
                    "HOME": self.profile,
                    "MOZ_DISABLE_AUTO_SAFE_MODE": "1",
                    "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1",
                },
                stdout=log,
                stderr=log,
            )
        self.socket = until(lambda: self.connect(port), "Firefox listens")
        self.buffer, self.sent, self.context = b"", 0, "content"
        self.message()
        self.send("WebDriver:NewSession", {})
        self.send("WebDriver:SetTimeouts", {"script": 120000, "pageLoad": 120000})
        self.extension = extension and self.send(
            "Addon:Install", {"path": str(extension), "temporary": True}
        )

    def connect(self, port):
        try:
            connection = socket.create_connection(("127.0.0.1", port))
        except OSError:
            assert self.process.poll() is None, "Firefox has ended"
            return None
        connection.settimeout(180)
        return connection

    def message(self):
        def more():
            got = self.socket.recv(1 << 20)
            assert got, "Firefox has ended"
            self.buffer += got

        while b":" not in self.buffer:
            more()
        length, self.buffer = self.buffer.split(b":", 1)
        while len(self.buffer) < int(length):
            more()
        message, self.buffer = self.buffer[: int(length)], self.buffer[int(length) :]
        return json.loads(message)

    def send(self, command, parameters=None):
        self.sent += 1
        data = json.dumps([0, self.sent, command, parameters or {}]).encode()
        self.socket.sendall(str(len(data)).encode() + b":" + data)
        while True:
            message = self.message()
            if message[:2] == [1, self.sent]:
                if message[2]:
                    raise AssertionError(f"{command}: {json.dumps(message[2])[:1500]}")
                return message[3]

    def content(self):
        if self.context != "content":
            self.send("Marionette:SetContext", {"value": "content"})
            self.context = "content"

    def chrome(self, script, *arguments):
        """Runs a script, which may await, as the browser itself."""
        if self.context != "chrome":
            self.send("Marionette:SetContext", {"value": "chrome"})
            self.context = "chrome"
        return self.send(
            "WebDriver:ExecuteScript",
            {
                "script": f"return (async (a0, a1) => {{{script}}})(...arguments)",
                "args": list(arguments),
                "sandbox": "system",
            },
        )["value"]

    def preference(self, name, value):
        self.chrome(
            "Services.prefs[typeof a1 === 'number' ? 'setIntPref' : 'setBoolPref'](a0, a1)",
            name,
            value,
        )

    def type(self, *keys):
        downs = [{"type": "keyDown", "value": key} for key in keys]
        ups = [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self.send(
            "WebDriver:PerformActions",
            {"actions": [{"type": "key", "id": "keys", "actions": downs + ups}]},
        )
        self.send("WebDriver:ReleaseActions")

    def urls(self):
        return self.chrome(
            "return [...gBrowser.tabs].map(tab => tab.linkedBrowser.currentURI.spec)"
        )

    def show_tab(self, url):
        self.chrome(
            """gBrowser.selectedTab = [...gBrowser.tabs].find(
            tab => tab.linkedBrowser.currentURI.spec === a0)""",
            url,
        )

    def open(self, url):
        self.content()
        handle = self.send("WebDriver:NewWindow", {"type": "tab", "focus": True})["handle"]
        page = Page(self, handle)
        page.here()
        self.send("WebDriver:Navigate", {"url": url})
        return page

    def open_of_extension(self, path):
        host = self.chrome("return WebExtensionPolicy.getByID(a0).mozExtensionHostname", EXTENSION)
        return self.open(f"moz-extension://{host}/{path}")

    def press_button(self, url):
        self.show_tab(url)
        self.chrome("document.getElementById('saunter_saunter_extension-BAP').click()")

    def press_key(self, url, key):
        self.show_tab(url)
        self.type(ALT, SHIFT, key.upper())

    def worker_runs(self):
        return (
            self.chrome(
                "return WebExtensionPolicy.getByID(a0).extension.backgroundState", EXTENSION
            )
            == "running"
        )

    def kill_worker(self):
        self.chrome(
            """await WebExtensionPolicy.getByID(a0).extension.terminateBackground(
            {ignoreDevToolsAttached: true, disableResetIdleForTest: true})""",
            EXTENSION,
        )
        until(lambda: not self.worker_runs(), "the worker is dead")

    def close(self):
        self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
