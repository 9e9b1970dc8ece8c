"""The built saunter-api with a stand-in for its answers: pages and their files come from the program,
posts, votes and reports from the service of the extension's tests. A browser reaches both, and the
blogs that posts lead to, through one proxy."""
import datetime
import html
import http.client
import json
import pathlib
import re
import subprocess
import time
import urllib.parse

from chromium import until
from service import Service, post

PASSED_ON = (
    "Content-Type",
    "Content-Security-Policy",
    "Cache-Control",
    "ETag",
    "Referrer-Policy",
    "Vary",
)
NOW = int(time.time())
STATS = {
    "links_in_pool": 36510, "links": 37435, "sources": 8000, "sites": 12044, "sites_blacklisted": 2,
    "feeds": 8010, "feeds_failing": 7, "feeds_never_fetched": 0, "feeds_gone": 3, "feeds_paused": 0,
    "links_alive": 36000, "links_unchecked": 500, "links_unknown": 15, "links_doubtful": 20,
    "links_dead": 900, "last_batch_at": NOW, "votes": 3, "reports": 2, "reports_open": 1,
    "links_withheld": 0,
    "crawler": {"in_flight": 12, "feeds_due": 3, "fetch_ok_at": NOW, "reported_at": NOW,
                "stopped_at": None, "outage_at": None, "problem": None},
}  # fmt: skip
HOUR_AT = NOW - NOW % 3600
DONE = {"batches": 9, "crawls": 20, "probes": 30, "links_new": 4}
STATUS = {
    "made_at": NOW, "stats": STATS, "activity_begins_at": HOUR_AT - 40 * 86400,
    "hours": [{"hour_at": HOUR_AT - 3600 * i, **DONE} for i in range(9, -1, -1)],
    "days": [], "weeks": [],
    "outages": [{"began_at": HOUR_AT - 20000, "ended_at": HOUR_AT - 9000}],
    "feed_counts": [
        {"state": "active", "last_outcome": "ok", "is_failing": False, "feeds": 8000},
        {"state": "active", "last_outcome": "timeout", "is_failing": True, "feeds": 7},
        {"state": "gone", "last_outcome": "gone", "is_failing": True, "feeds": 3},
    ],
    "feeds_by_outcome": [{"outcome": "ok", "feeds": 8000}, {"outcome": "timeout", "feeds": 7}],
    "failing_causes": [
        {"outcome": "timeout", "feeds": 7, "since_at": NOW - 864000, "meaning": "No answer came in time.",
         "advice": "Nothing to do.", "feed_list": [
             {"url": "https://slow.example/feed", "host": "slow.example", "title": "Slow notes",
              "since_at": NOW - 864000, "ok_at": None, "error_count": 4, "next_check_at": NOW + 86400}]}
    ],
    "blacklisted_sites": [
        {"host": "farm.example", "blacklist_reason": "dead share", "blacklisted_at": 1699000000,
         "blacklisted_until_at": 1709000000}
    ],
    "topics_problem": None,
}  # fmt: skip


class House(Service):
    """first: the post that the server writes into the page, by its number, or None. twists: number →
    fields that a post has instead of its own. receipts: whether posts have any."""

    def __init__(self, program, folder):
        super().__init__()
        self.first, self.twists, self.receipts = 0, {}, True
        self.server.handle_error = lambda *_: None  # a browser that leaves in the middle
        folder = pathlib.Path(folder)
        settings, log = folder / "saunter.toml", folder / "api.log"
        settings.write_text(
            f'[store]\npath = "{folder}/none.db"\n[api]\nlisten = "127.0.0.1:0"\n'
            f'receipt_key_path = "{folder}/receipt.key"\n'
        )
        with open(log, "wb") as out:
            self.api = subprocess.Popen(
                [program, "--config", settings], stdout=out, stderr=subprocess.STDOUT
            )
        found = until(lambda: re.search(rb"listening on http://(\S+)", log.read_bytes()), "the API")
        self.upstream = found[1].decode()
        self.url = self.proxy

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        with self.lock:
            self.asked.append((handler.command, handler.path, dict(handler.headers), body))
        target = urllib.parse.urlsplit(handler.path)
        if target.hostname and re.fullmatch(r"blog\d+\.test", target.hostname):
            page = f"<!doctype html><title>{target.hostname}</title><h1>{target.hostname}</h1>"
            self.say(handler, 200, "text/html", page.encode())
        elif target.hostname not in (None, "127.0.0.1"):
            self.say(handler, 502, "text/plain", b"")
        elif target.path in ("/v1/stats", "/v1/status"):
            self.json(handler, 200, STATS if target.path == "/v1/stats" else STATUS)
        elif target.path.startswith("/v1/") or target.path == "/readyz":
            self.serve(handler, target, body)
        elif self.way == "gone":
            handler.close_connection = True
        else:
            self.page(handler, target)

    def page(self, handler, target):
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        address = urllib.parse.urlunsplit(("", "", target.path, target.query, ""))
        fields = {"Accept-Language": handler.headers.get("Accept-Language", "en")}
        connection.request("GET", address, headers=fields)
        answer = connection.getresponse()
        content, status = answer.read(), answer.status
        if target.path == "/" and self.way != "starting":
            status = 200
            if self.first is not None:
                content = self.with_post(content.decode()).encode()
        handler.send_response(status)
        for name in PASSED_ON:
            if answer.headers.get(name):
                handler.send_header(name, answer.headers[name])
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def with_post(self, page):
        """As api/routes/page_routes.cc writes a post into the page."""
        link = self.twisted(post(self.first))
        day = datetime.datetime.fromtimestamp(link["published_at"] or 0, datetime.timezone.utc).date()
        facts = [link["author"], link["published_at"] and str(day), link["language"]]
        parts = {
            "post-site": link["site_title"],
            "post-host": link["site"],
            "post-facts": " · ".join(fact for fact in facts if fact),
            "post-summary": link["summary"] or "",
        }
        for name, text in parts.items():
            page = re.sub(
                f'(id="{name}"[^>]*>)', lambda match: match[1] + html.escape(text), page, count=1
            )
        title = html.escape(link["title"] or link["url"])
        page = re.sub(r'(id="post-link"[^>]*>)[^<]*', lambda match: match[1] + title, page, count=1)
        chips = "".join(f"<li>{html.escape(topic.capitalize())}</li>" for topic in link["topics"])
        page = re.sub(r'(id="post-topics"[^>]*>)', lambda match: match[1] + chips, page, count=1)
        page = page.replace('class="post empty"', f'class="post {"" if link["summary"] else "bare"}"')
        first = {"links": [link], "walk": f"w{self.first + 1}"}
        data = json.dumps(first).replace("<", "\\u003c")
        return page.replace('id="first">null<', f'id="first">{data}<')

    def twisted(self, link):
        link = {**link, **self.twists.get(link["id"] - 1, {})}
        return link if self.receipts else {**link, "receipt": None}

    def json(self, handler, status, value):
        if "links" in value and isinstance(value["links"], list):
            value = {**value, "links": [self.twisted(link) for link in value["links"]]}
        super().json(handler, status, value)

    def close(self):
        super().close()
        self.api.terminate()
        self.api.wait(30)
