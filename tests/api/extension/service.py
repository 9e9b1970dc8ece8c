"""A service that speaks the readers' contract, the blogs that it leads to, and the only way out of
a browser: an HTTP proxy that answers for those names, refuses all others, and keeps a list of what
it was asked."""
import json
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# A name, not an address of this machine: plain HTTP to it is what a browser might want to upgrade.
SERVICE = "http://saunter.test"
POSTS = 200
TOPICS = ("books", "food", "nature", "rust")
LANGUAGES = ("en", "de", "en", "ja")
TITLES = (
    "On keeping a notebook by the window for eleven years",
    "Brot, das von allein aufgeht",
    "What the river did to the lower field",
    "夜明け前の市場を歩く",
)


def post(i):
    return {
        "id": i + 1,
        "url": f"http://blog{i}.test/post",
        "title": f"{TITLES[i % 4]} ({i})",
        "site": f"blog{i}.test",
        "site_title": f"The Almanac of Small Things, No. {i}",
        "feed_url": f"http://blog{i}.test/feed.xml",
        "author": "Ann Ames" if i % 3 else None,
        "published_at": 1700000000 - i * 86400 * 11,
        "language": LANGUAGES[i % 4],
        "categories": [],
        "topics": [TOPICS[i % 4]],
        "summary": "I began it in the winter when the heating failed, and the first pages are hardly legible. "
        "What I wrote down was mostly weather, the price of coal, and which of the neighbours had "
        "called. It was years before I understood that this was the whole point of it.",
        "receipt": f"receipt-{i}",
    }


def fits(link, query):
    def asked(name):
        return [word for word in query.get(name, [""])[0].split(",") if word]

    words = set(link["topics"]) | ({"technology"} if "rust" in link["topics"] else set())
    return (
        (not asked("category") or words & set(asked("category")))
        and not words & set(asked("not_category"))
        and asked("language") in ([], [link["language"]])
        and link["site"] not in asked("not_site")
    )


class Service:
    """way: "up", "gone" (the connection is closed), "slow" (it answers once let_go() was called),
    "starting" (503). statuses: what the next POSTs are answered, in turn; then 202, or 409 for a
    receipt seen before.
    """

    def __init__(self):
        self.way, self.statuses, self.retry_after_s = "up", [], None
        self.asked, self.taken, self.knows_not_site = [], {}, True
        self.lock, self.go = threading.Lock(), threading.Event()
        self.waiting = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                owner.answer(self)

            do_GET = do_POST = do_OPTIONS = do_HEAD = do_CONNECT = do_PUT = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.proxy = f"http://127.0.0.1:{self.server.server_address[1]}"

    def let_go(self):
        self.go.set()

    def requests(self, pattern):
        """What was asked so far: (method, address, headers, body)."""
        with self.lock:
            return [one for one in self.asked if re.fullmatch(pattern, f"{one[0]} {one[1]}")]

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        with self.lock:
            self.asked.append((handler.command, handler.path, dict(handler.headers), body))
        target = urllib.parse.urlsplit(handler.path)
        if handler.command == "CONNECT" or not target.hostname:
            self.say(handler, 502, "text/plain", b"")
        elif target.hostname == "saunter.test":
            self.serve(handler, target, body)
        elif re.fullmatch(r"blog\d+\.test", target.hostname):
            page = f"<!doctype html><title>{target.hostname}</title><h1>{target.hostname}</h1>"
            self.say(
                handler,
                200 if target.path in ("/post", "/start") else 404,
                "text/html",
                page.encode(),
            )
        else:
            self.say(handler, 502, "text/plain", b"")

    def serve(self, handler, target, body):
        if self.way == "gone":
            handler.close_connection = True
            return
        if self.way == "slow":
            with self.lock:
                self.waiting += 1
            self.go.wait(60)
        if handler.command == "OPTIONS":
            self.say(handler, 204, "text/plain", b"")
        elif handler.command == "POST":
            self.take(handler, target.path, body)
        elif self.way == "starting":
            self.problem(handler, 503, "there is no link yet")
        elif target.path == "/v1/random":
            self.random(handler, urllib.parse.parse_qs(target.query))
        elif target.path == "/v1/categories":
            topics = [
                {
                    "name": name,
                    "label": name.capitalize(),
                    "group": "technology" if name == "rust" else None,
                    "links": 50,
                    "sites": 50,
                }
                for name in TOPICS
            ]
            topics.append(
                {
                    "name": "technology",
                    "label": "Technology",
                    "group": None,
                    "links": 50,
                    "sites": 50,
                }
            )
            self.json(handler, 200, {"topics": topics})
        elif target.path == "/v1/languages":
            self.json(
                handler,
                200,
                {
                    "languages": [
                        {"language": tag, "links": 50, "sites": 50} for tag in ("en", "de", "ja")
                    ]
                },
            )
        elif target.path == "/readyz":
            self.json(handler, 200, {"ready": True, "links": 36515, "sites": 12044})
        else:
            self.problem(handler, 404, "nothing is here")

    def random(self, handler, query):
        known = {
            "count",
            "category",
            "not_category",
            "language",
            "max_age_days",
            "walk",
            "not_site",
        }
        if set(query) - known or ("not_site" in query and not self.knows_not_site):
            self.problem(handler, 400, "a parameter is not known")
            return
        place = int(query.get("walk", ["w0"])[0].removeprefix("w"))
        links, count = [], int(query.get("count", ["1"])[0])
        while place < POSTS and len(links) < count:
            if fits(post(place), query):
                links.append(post(place))
            place += 1
        if links:
            self.json(
                handler,
                200,
                {"links": links, "walk": f"w{place % POSTS}", "walk_complete": place == POSTS},
            )
        else:
            self.problem(handler, 404, "no living link fits")

    def take(self, handler, path, body):
        said = json.loads(body)
        with self.lock:
            status = self.statuses.pop(0) if self.statuses else 202
            used = (path, said["receipt"]) in self.taken
            if status == 202 and not used:
                self.taken[path, said["receipt"]] = said
        if status != 202:
            self.problem(handler, status, "not now")
        elif used:
            self.problem(handler, 409, "this receipt was used")
        else:
            self.json(handler, 202, {})

    def problem(self, handler, status, detail):
        self.json(
            handler,
            status,
            {"type": "about:blank", "title": "", "status": status, "detail": detail},
        )

    def json(self, handler, status, value):
        self.say(handler, status, "application/json", json.dumps(value).encode())

    def say(self, handler, status, content_type, body):
        handler.send_response(status)
        fields = {
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "GET, HEAD, POST",
            "Access-Control-Allow-Headers": "Content-Type",
        }
        if status in (429, 503) and self.retry_after_s is not None:
            fields.update(
                {
                    "Retry-After": str(self.retry_after_s),
                    "Access-Control-Expose-Headers": "Retry-After",
                }
            )
        for name, value in fields.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    def close(self):
        self.go.set()
        self.server.shutdown()
        self.server.server_close()
