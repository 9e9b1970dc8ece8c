"""Databases for looking at /status: one where all is well, one in an outage, one with thousands of
failing feeds, and one that is a year old. `saunter` makes the empty database, `saunter db check`
judges what was put into it. Rows come from a fixed seed; times are counted back from now."""
import math
import random
import sqlite3
import subprocess

HOUR, DAY = 3600, 86400
STATE_ACTIVE, STATE_PAUSED, STATE_GONE = 0, 1, 2
OUTCOMES = {
    "ok": 0, "not_modified": 1, "gone": 2, "not_found": 3, "refused_by_server": 4,
    "too_many_requests": 5, "server_error": 6, "dns_failure": 8, "connect_failure": 9, "timeout": 10,
    "tls_failure": 11, "tls_name_mismatch": 12, "blocked_address": 13, "body_too_large": 14,
    "bad_redirect": 16, "protocol_error": 17, "not_a_feed": 18, "disallowed_by_robots": 21,
    "tls_expired": 23, "tls_untrusted": 24, "no_route": 25, "resolver_failure": 26,
}  # fmt: skip
HOSTILE_TITLES = (
    "<img src=x onerror='globalThis.hit = 1'><script>globalThis.hit = 1</script>",
    "Donaudampfschifffahrtsgesellschaft" * 12,
    "‮evil.example‬ שלום 🐦",
)
# A few feeds fail in every database.
SOME_FAIL = {"timeout": 41, "not_found": 17, "dns_failure": 9, "server_error": 6, "not_a_feed": 2}


class Rows:
    """What one database is filled with."""

    def __init__(self, saunter, path, now):
        self.saunter, self.path, self.now, self.random = saunter, path, now, random.Random(7)
        opml = path.with_suffix(".txt")
        opml.write_text("https://first.example/feed\n")
        self.run("import", opml)
        self.database = sqlite3.connect(path)
        self.database.execute("DELETE FROM feed")
        self.database.execute("DELETE FROM site")
        self.database.execute("DELETE FROM hour")
        self.database.execute("DELETE FROM batch")
        self.feed_id = 0

    def run(self, *arguments):
        command = [self.saunter, f"--store.path={self.path}", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    def feed(self, outcome, state=STATE_ACTIVE, title=None, url=None):
        """A feed and its site, which has the same number. None: never fetched."""
        self.feed_id += 1
        number, now = self.feed_id, self.now
        host = f"{self.random.choice(('walks', 'notes', 'garden', 'bread', 'birds'))}{number}.example"
        self.database.execute(
            "INSERT INTO site (site_id, host, registrable_domain) VALUES (?, ?, ?)", (number, host, host)
        )
        is_well = outcome in ("ok", "not_modified")
        checked_at = None if outcome is None else now - self.random.randrange(60, 6 * HOUR)
        ok_at = checked_at if is_well else now - self.random.randrange(DAY, 300 * DAY)
        if outcome is None or not is_well and self.random.random() < 0.2:
            ok_at = None
        self.database.execute(
            "INSERT INTO feed (feed_id, url, site_id, state, title, added_at, checked_at, ok_at, "
            "next_check_at, error_count, last_outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, url or f"https://{host}/feed.xml", number, state, title or f"Notes of {host}",
             now - 305 * DAY, checked_at, ok_at, now + self.random.randrange(60, 20 * DAY),
             0 if is_well or outcome is None else self.random.randrange(1, 30),
             None if outcome is None else OUTCOMES[outcome]),
        )  # fmt: skip

    def feeds(self, well, failing, never=0, paused=0, gone=0):
        for i in range(well):
            self.feed("ok" if i % 3 == 0 else "not_modified")
        for outcome, count in failing.items():
            for _ in range(count):
                self.feed(outcome)
        for _ in range(never):
            self.feed(None)
        for _ in range(paused):
            self.feed("timeout", STATE_PAUSED)
        for _ in range(gone):
            self.feed("gone", STATE_GONE)

    def links(self, alive, unchecked, unknown, doubtful, dead):
        """All of them on the first sites, a hundred a site."""
        state_of = [1] * alive + [0] * unchecked + [2] * unknown + [3] * doubtful + [4] * dead
        self.random.shuffle(state_of)
        rows = [
            (i + 1, i // 100 % self.feed_id + 1, i, state, self.now - DAY, self.now + DAY, f"/{i}", f"Post {i}")
            for i, state in enumerate(state_of)
        ]
        self.database.executemany(
            "INSERT INTO link (link_id, site_id, url_key, source_id, feed_id, is_listed, state, "
            "first_seen_at, next_check_at, url, title) VALUES (?1, ?2, ?3, ?2, ?2, 1, ?4, ?5, ?6, ?7, ?8)",
            rows,
        )
        self.database.execute(
            "INSERT INTO entry (feed_id, guid_key, link_id, content_key, is_further) "
            "SELECT feed_id, link_id, link_id, 1, 0 FROM link"
        )

    def blacklist(self, count):
        for site_id in range(1, count + 1):
            self.database.execute(
                "UPDATE site SET blacklisted_at = ?, blacklisted_until_at = ?, blacklist_pattern = host, "
                "blacklist_reason = ? WHERE site_id = ?",
                (self.now - site_id * 5 * DAY, self.now + site_id * DAY if site_id % 2 else None,
                 "dead share: 41 of 60 links that were checked are dead" if site_id % 2 else "a link farm",
                 site_id),
            )  # fmt: skip
            self.database.execute(
                "INSERT INTO blacklist (pattern, source, reason, added_at) SELECT host, 0, "
                "blacklist_reason, blacklisted_at FROM site WHERE site_id = ?", (site_id,),
            )  # fmt: skip

    def hours(self, since, size, without=()):
        """A day has its morning and its night. `without`: [begin, end) in which the crawler did not
        run, as seconds before now."""
        at = since - since % HOUR
        while at <= self.now:
            if not any(self.now - begin <= at < self.now - end for begin, end in without):
                wave = 1 + 0.45 * math.sin(at / DAY * 2 * math.pi) + self.random.uniform(-0.15, 0.15)
                growth = 0.4 + 0.6 * (at - since) / max(1, self.now - since)
                share = (self.now - at) / HOUR if at + HOUR > self.now else 1
                crawls = round(size * wave * growth * share)
                found = 0 if at // HOUR % 7 == 0 else round(crawls * 0.04)
                self.database.execute(
                    "INSERT INTO hour VALUES (?, ?, ?, ?, ?)", (at, 700, crawls, round(crawls * 0.6), found)
                )
            at += HOUR

    def silence(self, begin, end):
        """Nothing was reached in this time, though the crawler ran."""
        self.database.execute(
            "UPDATE hour SET crawls = 2, probes = 0, links_new = 0 WHERE hour_at BETWEEN ? AND ?",
            (self.now - begin, self.now - end - HOUR),
        )

    def outage(self, begin, end):
        self.silence(begin, end)
        self.database.execute("INSERT INTO outage VALUES (?, ?)", (self.now - begin, self.now - end))

    def crawler(self, **says):
        row = {"crawler_id": 1, "version": "1.0.0", "started_at": self.now - 9 * DAY,
               "reported_at": self.now, "fetch_at": self.now - 2, "fetch_ok_at": self.now - 4,
               "feeds_due": 38, "in_flight": 24, **says}  # fmt: skip
        self.database.execute(
            f"INSERT OR REPLACE INTO crawler ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )

    def finish(self):
        """What the writer keeps as sums, and the pool."""
        states = ("unchecked", "alive", "unknown", "doubtful", "dead")
        sums = {"feeds": "FROM feed", "feeds_paused": "FROM feed WHERE state = 1",
                "feeds_gone": "FROM feed WHERE state = 2", "sites": "FROM site",
                "feeds_never_fetched": "FROM feed WHERE checked_at IS NULL",
                "feeds_failing": "FROM feed WHERE error_count > 0",
                "sites_blacklisted": "FROM site WHERE blacklisted_at IS NOT NULL",
                "links": "FROM link", "links_in_pool": "FROM pool"}  # fmt: skip
        run = self.database.execute
        run("INSERT INTO pool (link_id, site_id, source_id, feed_id) SELECT link_id, site_id, source_id, "
            "feed_id FROM link JOIN site USING (site_id) WHERE state <= 2 AND blacklisted_at IS NULL")  # fmt: skip
        for number, name in enumerate(states):
            sums["links_" + name] = f"FROM link WHERE state = {number}"
            run(f"UPDATE site SET links_{name} = (SELECT count(*) FROM link WHERE link.site_id = "
                f"site.site_id AND state = {number}) WHERE site_id <= 1000")  # fmt: skip
        for name, of in sums.items():
            run("INSERT OR REPLACE INTO total VALUES (?, (SELECT count(*) " + of + "))", (name,))
        for name, value in (("votes", 412), ("reports", 19)):
            run("INSERT OR REPLACE INTO total VALUES (?, ?)", (name, value))
        run("INSERT INTO batch (committed_at, crawls, probes, changes, links_new) VALUES (?, 1, 1, 0, 0)",
            (self.now - 1,))  # fmt: skip
        self.database.commit()
        self.database.close()
        self.run("db", "check")


def healthy(rows):
    rows.feeds(4200, SOME_FAIL, never=12, paused=3, gone=21)
    rows.links(18200, 640, 210, 95, 1400)
    rows.blacklist(4)
    rows.hours(rows.now - 40 * DAY, 900)
    rows.crawler()


def outage(rows):
    rows.feeds(4200, SOME_FAIL, never=12, paused=3, gone=21)
    rows.links(18200, 640, 210, 95, 1400)
    rows.hours(rows.now - 40 * DAY, 900, without=[(41 * HOUR, 35 * HOUR)])
    rows.outage(23 * HOUR, 20 * HOUR)
    rows.silence(160 * 60, -HOUR)
    rows.crawler(outage_at=rows.now - 160 * 60, fetch_ok_at=rows.now - 161 * 60, feeds_due=1804, in_flight=2,
                 problem="almost no host answers (Couldn't resolve host name); check this machine's network "
                 "and DNS")  # fmt: skip


def failing(rows):
    many = [1204, 611, 380, 301, 212, 164, 120, 97, 61, 44, 31, 22, 17, 9, 6, 3, 2, 1]
    causes = [name for name in OUTCOMES if name not in ("ok", "not_modified", "gone")]
    first = ["timeout", "dns_failure", "not_found"]
    order = first + [name for name in causes if name not in first]
    rows.feeds(5600, dict(zip(order, many)), never=130, paused=40, gone=350)
    for title in HOSTILE_TITLES:
        rows.feed("timeout", title=title, url=f"https://{'x' * 60}{rows.feed_id}.example/{'y' * 300}")
    rows.feed("timeout", title="A script as an address", url="javascript:globalThis.hit=1")
    # Those that a stranger wrote stand first.
    rows.database.execute("UPDATE feed SET ok_at = ? WHERE feed_id > ?", (rows.now - 310 * DAY, rows.feed_id - 4))
    rows.links(30000, 900, 410, 333, 12000)
    rows.blacklist(12)
    rows.hours(rows.now - 9 * DAY, 1500)
    rows.crawler(feeds_due=0)


def year(rows):
    rows.feeds(33000, {"timeout": 900, "not_found": 700, "dns_failure": 420, "server_error": 180, "not_a_feed": 60,
                       "tls_expired": 44}, never=5, paused=120, gone=1086)  # fmt: skip
    rows.links(60000, 1, 900, 400, 9000)
    rows.blacklist(30)
    rows.hours(rows.now - 330 * DAY, 5200, without=[(200 * DAY, 179 * DAY), (31 * DAY, 30 * DAY)])
    rows.outage(120 * DAY, 118 * DAY)
    rows.outage(12 * DAY, 11 * DAY)
    rows.crawler()


KINDS = {"healthy": healthy, "outage": outage, "failing": failing, "year": year}


def make(kind, saunter, path, now):
    rows = Rows(saunter, path, now)
    KINDS[kind](rows)
    rows.finish()
