"""Debian's Chromium with an extension, driven by its debugging protocol over a pipe
(chromedevtools.github.io/devtools-protocol). Each call waits for its answer; nothing is timed."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

DEADLINE_S = 90
# What it would say to its maker's servers by itself.
QUIET = (
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-default-apps",
    "--no-pings",
    "--metrics-recording-only",
    "--disable-search-engine-choice-screen",
    "--disable-features=OptimizationHints,MediaRouter,Translate,NetworkTimeServiceQuerying,"
    "CertificateTransparencyComponentUpdater,AutofillServerCommunication,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,PreloadTopChromeWebUI,OptimizationGuideModelDownloading",
)
ALT, SHIFT = 1, 8


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


class Page:
    """A page, a card or a worker of the browser."""

    def __init__(self, browser, target_id):
        self.browser, self.target_id = browser, target_id
        self.session = browser.send(
            "Target.attachToTarget", {"targetId": target_id, "flatten": True}
        )["sessionId"]

    def send(self, method, **parameters):
        return self.browser.send(method, parameters, self.session)

    def run(self, script, *arguments):
        """Runs the body of an async function and returns what it returns."""
        names = ", ".join(f"a{i}" for i in range(len(arguments)))
        values = ", ".join(json.dumps(value) for value in arguments)
        said = self.send(
            "Runtime.evaluate",
            expression=f"(async ({names}) => {{{script}}})({values})",
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in said:
            raise AssertionError(json.dumps(said["exceptionDetails"])[:2000])
        return said["result"].get("value")

    def click(self, selector):
        until(lambda: self.clicks(selector), "can press " + selector)

    def clicks(self, selector):
        """Presses once, where the part is now. False: there was none, or it moved away meanwhile."""
        at = self.run(
            """
            const part = document.querySelector(a0);
            if (!part || part.disabled || part.offsetParent === null) return null;
            part.scrollIntoView({block: "center"});
            const box = part.getBoundingClientRect();
            const at = {x: box.x + box.width / 2, y: box.y + box.height / 2};
            const top = document.elementFromPoint(at.x, at.y);
            if (!top || !part.contains(top)) return null;
            globalThis.pressed = false;
            part.addEventListener("click", () => (globalThis.pressed = true),
                {once: true, capture: true});
            return at;""",
            selector,
        )
        if not at:
            return False
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at)
        try:
            return self.run("return globalThis.pressed ?? true")
        except AssertionError:
            return True  # the press led to another page, or closed this one

    def press(self, key, modifiers=0):
        code = {"Tab": 9, "Enter": 13, "ArrowRight": 39, "ArrowLeft": 37}.get(key) or ord(
            key.upper()
        )
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 and not modifiers else "")
        for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                modifiers=modifiers,
                text=text,
                code=key if len(key) > 1 else "Key" + key.upper(),
                windowsVirtualKeyCode=code,
                nativeVirtualKeyCode=code,
            )

    def text(self, selector):
        return self.run("return document.querySelector(a0)?.textContent ?? null", selector)

    def look(self, dark=False, width=None, height=800):
        """As a reader with these colours, or on a screen of this width, sees it."""
        self.send(
            "Emulation.setEmulatedMedia",
            features=[
                {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ],
        )  # a picture of what stays
        if width:
            self.send(
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=height,
                deviceScaleFactor=2,
                mobile=False,
            )

    def picture(self, path):
        size = self.run(
            "const e = document.documentElement; return [e.clientWidth, e.scrollHeight];"
        )
        shot = self.send(
            "Page.captureScreenshot",
            format="png",
            captureBeyondViewport=True,
            clip={"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1},
        )
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self):
        """Takes what the console has said as errors."""
        said = [
            event
            for event in self.browser.events
            if event.get("sessionId") == self.session
            and (
                event["method"] == "Runtime.exceptionThrown"
                or event["method"] == "Log.entryAdded"
                and event["params"]["entry"]["level"] == "error"
            )
        ]
        return [json.dumps(event["params"])[:600] for event in said]

    def close(self):
        self.browser.send("Target.closeTarget", {"targetId": self.target_id})


class Chromium:
    name = "chromium"

    def __init__(self, extension=None, proxy=None, language="en", program="chromium"):
        self.profile = tempfile.mkdtemp(prefix="saunter-chromium-")
        to_browser, from_browser = os.pipe(), os.pipe()
        self.write, self.read = to_browser[1], from_browser[0]

        def take_pipe():  # the browser reads its descriptor 3 and writes 4
            high = (os.dup(to_browser[0]), os.dup(from_browser[1]))
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        arguments = [
            program,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-pipe",
            "--enable-unsafe-extension-debugging",
            "--user-data-dir=" + self.profile,
            "--lang=" + language,
            "--window-size=1280,900",
            "--screen-info={1600x1200}",
            *QUIET,
        ]
        if proxy:
            arguments += ["--proxy-server=" + proxy, "--proxy-bypass-list=<-loopback>"]
        environment = {**os.environ, "LANGUAGE": language, "HOME": self.profile}
        # The log is for a person who looks for a reason.
        with open(os.path.join(self.profile, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [*arguments, "about:blank"],
                preexec_fn=take_pipe,
                close_fds=False,
                env=environment,
                stdout=log,
                stderr=log,
            )
        os.close(to_browser[0])
        os.close(from_browser[1])
        self.sent, self.buffer, self.events, self.pages = 0, b"", [], {}
        self.extension = (
            extension and self.send("Extensions.loadUnpacked", {"path": str(extension)})["id"]
        )

    def message(self):
        while b"\0" not in self.buffer:
            if not select.select([self.read], [], [], 180)[0]:
                raise AssertionError("Chromium does not answer")
            got = os.read(self.read, 1 << 20)
            if not got:
                raise AssertionError("Chromium has ended")
            self.buffer += got
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, parameters=None, session=None):
        self.sent += 1
        message = {"id": self.sent, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") != self.sent:
                self.events.append(answer)
            elif "error" in answer:
                raise AssertionError(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def targets(self, kind):
        found = self.send("Target.getTargets", {"filter": [{"type": kind}]})["targetInfos"]
        return [target for target in found if not target["url"].startswith("devtools:")]

    def attach(self, target_id):
        page = self.pages.get(target_id)
        if not page:
            page = self.pages[target_id] = Page(self, target_id)
            page.send("Runtime.enable")
            page.send("Log.enable")
        return page

    def urls(self):
        return [target["url"] for target in self.targets("tab")]

    def open(self, url):
        """A page in a new tab, in front."""
        page = self.attach(self.send("Target.createTarget", {"url": url})["targetId"])
        until(lambda: page.run("return document.readyState") == "complete", url + " is there")
        return page

    def open_of_extension(self, path):
        return self.open(f"chrome-extension://{self.extension}/{path}")

    def press_button(self, url):
        """Presses the extension's button while the tab with this address is in front."""
        page = next(target for target in self.targets("page") if target["url"] == url)
        self.send("Target.activateTarget", {"targetId": page["targetId"]})
        tab = next(target for target in self.targets("tab") if target["url"] == url)
        self.send("Extensions.triggerAction", {"id": self.extension, "targetId": tab["targetId"]})

    def press_key(self, url, key):
        page = next(target for target in self.targets("page") if target["url"] == url)
        self.send("Target.activateTarget", {"targetId": page["targetId"]})
        self.attach(page["targetId"]).press(key.upper(), ALT | SHIFT)

    def worker_runs(self):
        return any(self.extension in target["url"] for target in self.targets("service_worker"))

    def kill_worker(self):
        for target in self.targets("service_worker"):
            self.send("Target.closeTarget", {"targetId": target["targetId"]})
        until(lambda: not self.worker_runs(), "the worker is dead")

    def popup(self):
        """The card that stands over the page, as the button opened it."""
        found = [
            target
            for target in self.send("Target.getTargets", {"filter": [{}]})["targetInfos"]
            if target["url"].endswith("/card.html") and target["type"] != "tab"
        ]
        return self.attach(found[0]["targetId"]) if found else None

    def close(self):
        try:
            self.send("Browser.close")
            self.process.wait(DEADLINE_S)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.profile, ignore_errors=True)
