#!/usr/bin/env python3
"""beyond_test.py BUILD_DIR [--seconds N] [--kills N] [--stops N] [--deaths N]: two crawlers, two copies and two
APIs over one PostgreSQL, through everything that an operator's week may bring: crawlers that are killed
or stopped, a server that dies, a network that swallows, a disk that is full, a standby that is promoted.

Meanwhile readers ask one API over a thousand connections: not one of them may see an error. At the end the
publisher's own log says how Saunter behaved, every acknowledged change is looked for, and the pools are
compared row by row. Everything runs on 127.0.0.1, in a temporary folder.

The long form, about an hour: --seconds 600 --kills 300 --stops 100 --deaths 30."""
import argparse
import asyncio
import collections
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

DEADLINE_S = 120
# Crawlers and copies look for a lost database again once a minute, in the end.
RECOVERY_S = 300
SITES = 120
READERS = 1000
LEASE_S, RENEWAL_S = 6, 1
GAP_MS = 1000  # between two requests to a host
INTERVAL_S = 30  # of a feed
SERVER_USER = "nobody"  # PostgreSQL refuses to run as root

checks = collections.Counter()


def check(condition, what):
    checks["failed" if not condition else "passed"] += 1
    print("ok:" if condition else "FAILED:", what, flush=True)


def until(condition, what, deadline_s=DEADLINE_S):
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Publisher:
    """Many small sites on one port, told apart by the Host field, and a log of who asked when."""

    def __init__(self):
        self.asked = []  # (time, host, path)
        self.began = time.monotonic()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, site, path="/feed.xml"):
        return f"http://s{site}.localhost:{self.port}{path}"

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            self.serve_all(connection)
        except OSError:  # whoever asked was killed
            pass

    def serve_all(self, connection):
        with connection, connection.makefile("rb") as lines:
            while True:
                request = lines.readline().decode("latin-1")
                if not request.strip():
                    return
                headers = {}
                for line in iter(lines.readline, b"\r\n"):
                    if not line:
                        return
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                host, path = headers.get("host", "").split(":")[0], request.split(" ")[1]
                self.asked.append((time.monotonic(), host, path))
                status, kind, body = self.answer(host, path)
                head = (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                        "Cache-Control: no-cache\r\n\r\n")  # fmt: skip
                connection.sendall(head.encode() + body)

    def answer(self, host, path):
        if path == "/feed.xml":
            newest = int((time.monotonic() - self.began) / 10) + 10  # a post every ten seconds
            items = "".join(
                f"<item><title>Post {n} of {host}</title><link>http://{host}:{self.port}/p/{n}</link>"
                f"<guid>{n}</guid><description>Words of {host}, number {n}.</description></item>"
                for n in range(newest, max(0, newest - 15), -1)
            )
            return "200 OK", "application/rss+xml", (
                f'<?xml version="1.0"?><rss version="2.0"><channel><title>{host}</title>'
                f"<link>http://{host}:{self.port}/</link>{items}</channel></rss>").encode()  # fmt: skip
        if re.fullmatch(r"/p/\d+", path):
            words = " ".join(f"{host} writes about number {path[3:]} and {n}." for n in range(40))
            return "200 OK", "text/html", f"<title>Post {path[3:]} of {host}</title><p>{words}".encode()
        return "404 Not Found", "text/plain", b"there is no such page"


class Wire(threading.Thread):
    """A TCP proxy on the way to PostgreSQL. It can swallow what comes, and lead elsewhere."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.swallows = target, False
        self.open = set()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            near, _ = self.socket.accept()
            if self.swallows:
                self.open.add(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                near.close()
                continue
            self.open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                while self.swallows:
                    time.sleep(0.05)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            self.open.discard(end)
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def cut(self):
        for end in list(self.open):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Server:
    """One PostgreSQL."""

    programs = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if named := os.environ.get("SAUNTER_POSTGRES_BIN"):
        programs = pathlib.Path(named)

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None

    def run(self, *command):
        command = [str(self.programs / command[0]), *map(str, command[1:])]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", SERVER_USER, "--regid", "nogroup", "--clear-groups",
                       "--pdeathsig", "KILL", *command]  # fmt: skip
        return command

    def own(self):
        self.folder.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, SERVER_USER, "nogroup")
        self.folder.chmod(0o700)

    def make(self):
        self.own()
        subprocess.run(self.run("initdb", "-D", self.folder / "data", "-U", "saunter", "-A", "trust",
                                "-E", "UTF8", "--locale=C.UTF-8"),
                       check=True, stdout=subprocess.DEVNULL, cwd="/")  # fmt: skip

    def make_standby_of(self, other):
        self.own()
        subprocess.run(self.run("pg_basebackup", "-D", self.folder / "data", "-U", "saunter", "-h",
                                "127.0.0.1", "-p", other.port, "-R", "-X", "stream", "-c", "fast"),
                       check=True, cwd="/")  # fmt: skip

    def start(self):
        log = open(self.folder.with_suffix(".log"), "ab")
        self.process = subprocess.Popen(
            self.run("postgres", "-D", self.folder / "data", "-p", self.port, "-c",
                     f"unix_socket_directories={self.folder}", "-c", "listen_addresses=127.0.0.1",
                     "-c", "max_wal_size=128MB", "-c", "shared_buffers=64MB", "-c",
                     "wal_keep_size=64MB"),
            stdout=log, stderr=log, cwd="/")  # fmt: skip
        until(lambda: self.ask("SELECT 1", "postgres", quiet=True) == "1", "PostgreSQL to start")

    def stop(self, how=signal.SIGQUIT):
        """SIGQUIT is an "immediate" stop: nothing is written any more."""
        self.process.send_signal(how)
        self.process.wait(DEADLINE_S)

    def is_running(self):
        return self.process.poll() is None

    def ask(self, sql, database="saunter", quiet=False):
        done = subprocess.run(
            [self.programs / "psql", "-XAtq", "-h", "127.0.0.1", "-p", str(self.port), "-U", "saunter",
             "-d", database, "-c", sql], capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode != 0 and not quiet:
            raise AssertionError(f"{sql}: {done.stderr}")
        return done.stdout.strip() if done.returncode == 0 else None


class Daemon:
    def __init__(self, name, command, log):
        self.name, self.command, self.log, self.process = name, [str(part) for part in command], log, None

    def start(self):
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out)

    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process and self.is_running():
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            return self.process.wait(DEADLINE_S)
        return self.process.returncode if self.process else 0

    def said(self, since=0):
        return self.log.read_bytes()[since:].decode("utf-8", "replace")

    def log_size(self):
        return self.log.stat().st_size if self.log.exists() else 0


class Readers(threading.Thread):
    """A thousand connections that are kept, each asking for a random link again and again."""

    def __init__(self, port, count=READERS):
        super().__init__(daemon=True)
        self.port, self.count, self.stopping = port, count, False
        self.answers, self.failures = 0, []
        self.start()

    def run(self):
        asyncio.run(self.all())

    async def all(self):
        await asyncio.gather(*(self.one(n) for n in range(self.count)))

    async def one(self, number):
        await asyncio.sleep(number / self.count * 4)
        reader = writer = None
        while not self.stopping:
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(b"GET /v1/random HTTP/1.1\r\nHost: localhost\r\n\r\n")
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
                length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
                body = await asyncio.wait_for(reader.readexactly(length), 30)
                if b" 200 " not in head.split(b"\r\n", 1)[0] or not json.loads(body)["links"]:
                    self.failures.append(head[:80])
                self.answers += 1
            except Exception as error:  # each is counted, and any is one too many
                self.failures.append(repr(error))
                writer = None
            await asyncio.sleep(4)


class Box:
    """A machine of readers: a copy, and the API over it."""

    def __init__(self, name, build, folder, url):
        self.database = folder / name / "saunter.db"
        self.database.parent.mkdir()
        self.port = free_port()
        self.replica = Daemon(name + " replica", [build / "store/replica/saunter-replica", f"--store.url={url}",
                              f"--store.path={self.database}", "--replica.stale_max_s=5"],
                              folder / f"{name}-replica.log")  # fmt: skip
        self.api = Daemon(name + " API", [build / "api/saunter-api", f"--store.path={self.database}", "--listen",
                          f"127.0.0.1:{self.port}", f"--api.receipt_key_path={folder}/receipt.key",
                          "--api.keepalive_timeout_s=60", "--replica.stale_max_s=5"],
                          folder / f"{name}-api.log")  # fmt: skip

    def start(self):
        self.replica.start()
        self.api.start()

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()

    def links(self):
        status, body = self.get("/v1/stats")
        return json.loads(body).get("links_in_pool", 0) if status == 200 else 0

    def newest_link(self):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as database:
            return database.execute("SELECT coalesce(max(link_id), 0) FROM pool").fetchone()[0]

    def pool(self):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as database:
            return database.execute("SELECT link_id, site_id, source_id, feed_id FROM pool ORDER BY link_id").fetchall()


class House:
    def __init__(self, build, folder, options):
        self.build, self.folder, self.options = build, folder, options
        self.publisher = Publisher()
        # As far as root may, on a small disk of its own, which can be filled.
        self.disk = folder / "disk"
        self.disk.mkdir()
        self.has_disk = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1500m,mode=755", "tmpfs", self.disk], check=False).returncode == 0  # fmt: skip
        self.server = Server(self.disk / "primary")
        self.server.make()
        self.server.start()
        self.server.ask("CREATE DATABASE saunter", "postgres")
        self.wire = Wire(self.server.port)
        self.url = f"host=127.0.0.1 port={self.wire.port} user=saunter dbname=saunter connect_timeout=5"
        self.crawlers = [self.crawler(n) for n in (1, 2)]
        self.boxes = [Box(name, build, folder, self.url) for name in ("a", "b")]
        self.acknowledged = []
        self.added = 0

    def crawler(self, number):
        path = self.folder / f"crawler{number}"
        path.mkdir()
        return Daemon(
            f"crawler {number}",
            [self.build / "crawler/saunter-crawler", f"--store.url={self.url}", f"--store.path={path}/saunter.db",
             f"--store.lease_s={LEASE_S}", f"--store.lease_renewal_s={RENEWAL_S}",
             "--fetch.allow_networks=127.0.0.1", "--fetch.allow_names=localhost",
             f"--fetch.allow_ports={self.publisher.port}", f"--fetch.host_gap_min_ms={GAP_MS}",
             "--fetch.host_gap_max_ms=2000", "--fetch.block_gap_ms=0", f"--schedule.interval_min_s={INTERVAL_S}",
             f"--schedule.interval_max_s={2 * INTERVAL_S}", "--schedule.unconditional_interval_min_s=1",
             "--schedule.start_spread_s=1", "--schedule.jitter_percent=0", "--health.probe_spacing_s=0"],
            self.folder / f"crawler{number}.log")  # fmt: skip

    def cli(self, *arguments, text=None):
        return subprocess.run(
            [self.build / "crawler/cli/saunter", f"--store.url={self.url}", f"--store.path={self.folder}/cli.db",
             "--schedule.start_spread_s=1",
             *arguments], input=text, capture_output=True, text=True, check=False, timeout=DEADLINE_S)  # fmt: skip

    def add_feed(self):
        """One more feed, by the CLI; kept in mind if it was acknowledged."""
        self.added += 1
        url = self.publisher.url(1000 + self.added)
        if self.cli("feed", "add", url).returncode == 0:
            self.acknowledged.append(url)

    def daemons(self):
        return self.crawlers + [one for box in self.boxes for one in (box.replica, box.api)]

    def commits(self):
        return int(self.server.ask("SELECT coalesce(max(batch_id), 0) FROM batch", quiet=True) or 0)

    def goes_on(self, what):
        """Everything works, and nobody had to help."""
        began = time.monotonic()
        until(self.server.is_running, "PostgreSQL")
        before = self.commits()
        until(lambda: self.commits() >= before + 6, f"commits {what}", RECOVERY_S)
        newest = int(self.server.ask("SELECT max(link_id) FROM pool"))
        for box in self.boxes:
            until(lambda box=box: box.newest_link() >= newest, f"{box.replica.name} {what}", RECOVERY_S)
        took_s, commits = time.monotonic() - began, self.commits() - before
        check(all(one.is_running() for one in self.daemons()),
              f"{what}: crawlers, copies and APIs run; within {took_s:.0f} s there were {commits} commits, and "
              f"link {newest} arrived in both copies")  # fmt: skip

    def end(self):
        for one in self.daemons():
            one.end()
        if self.server.process and self.server.is_running():
            self.server.stop(signal.SIGINT)
        if self.has_disk:
            subprocess.run(["umount", "-l", self.disk], check=False)


def begin(house):
    listed = "\n".join(house.publisher.url(n) for n in range(SITES))
    done = house.cli("import", "-", text=listed)
    assert done.returncode == 0, done.stdout + done.stderr
    for crawler in house.crawlers:
        crawler.start()
    for box in house.boxes:
        box.start()
    for box in house.boxes:
        until(lambda box=box: box.links() >= SITES * 5, f"links at {box.api.name}")
    check(True, f"{SITES} feeds are crawled by two crawlers, and both APIs give out their links")


def walk(house):
    """Begun on one box, gone on with on the other: no link twice."""
    house.server.ask("SELECT 1")
    token, seen, asked = "", [], 0
    while asked < 40:
        status, body = house.boxes[asked % 2].get("/v1/random?count=5&fields=id" + (f"&walk={token}" if token else ""))
        assert status == 200, body
        answer = json.loads(body)
        token, asked = answer["walk"], asked + 1
        seen += [link["id"] for link in answer["links"]]
    check(len(seen) == len(set(seen)) == 200, "a walk over both boxes in turn gives 200 links, none of them twice")


def outage(house, seconds):
    readers = house.readers
    failures, answers = len(readers.failures), readers.answers
    sizes = [crawler.log_size() for crawler in house.crawlers]
    house.server.stop()
    time.sleep(seconds)
    for crawler, size in zip(house.crawlers, sizes):
        check(crawler.is_running() and " warning: " in crawler.said(size),
              f"{crawler.name} waits for the database, and says so")  # fmt: skip
    for box in house.boxes:
        status, body = box.get("/readyz")
        says = re.search(r'The replica is [^"]* behind', body)
        check(status == 200 and says, f"/readyz of {box.api.name} is {status}: {says[0] if says else body.strip()}")
    check(len(readers.failures) == failures,
          f"of {readers.answers - answers} answers in {seconds} s without PostgreSQL "
          f"{len(readers.failures) - failures} failed")  # fmt: skip
    house.server.start()
    house.goes_on(f"after {seconds} s without PostgreSQL")


def lost_network(house, seconds=20):
    house.wire.swallows = True
    time.sleep(seconds)
    house.wire.cut()
    house.wire.swallows = False
    house.goes_on(f"after {seconds} s of a network that swallows")


def full_disk(house, seconds=15):
    if not house.has_disk:
        print("SKIPPED: a full disk, which needs root for a small disk of its own", flush=True)
        return
    filler = house.disk / "filler"
    with open(filler, "wb") as file:
        try:
            while True:
                file.write(b"\0" * 1048576)
        except OSError:
            pass
    time.sleep(seconds)
    filler.unlink()
    if not house.server.is_running():  # it gave up; its operator starts it
        house.server.start()
    house.goes_on(f"after {seconds} s of a full disk")


def crawlers_die(house, kills, stops):
    dice = random.Random(20)
    for n in range(kills):
        victim = dice.choice(house.crawlers)
        time.sleep(dice.uniform(0.2, 2))
        victim.kill()
        house.add_feed()
        victim.start()
        if (n + 1) % 20 == 0:
            print(f"  {n + 1} of {kills} kills, {house.commits()} commits", flush=True)
    for n in range(stops):
        victim = dice.choice(house.crawlers)
        victim.signal(signal.SIGSTOP)
        time.sleep(LEASE_S + dice.uniform(1, 4))
        victim.signal(signal.SIGCONT)
        time.sleep(dice.uniform(0.5, 2))
        if (n + 1) % 20 == 0:
            print(f"  {n + 1} of {stops} stops, {house.commits()} commits", flush=True)
    house.goes_on(f"after {kills} kills and {stops} stops longer than a lease")


def servers_die(house, deaths):
    for _ in range(deaths):
        house.add_feed()
        house.server.stop()
        house.server.start()
    house.goes_on(f"after {deaths} immediate stops of PostgreSQL")


def fail_over(house):
    standby = Server(house.folder / "standby")
    standby.make_standby_of(house.server)
    standby.start()
    # What is acknowledged is on both.
    house.server.ask("ALTER SYSTEM SET synchronous_standby_names = '*'", "postgres")
    house.server.ask("SELECT pg_reload_conf()", "postgres")
    until(lambda: house.server.ask("SELECT sync_state FROM pg_stat_replication", "postgres") == "sync", "the standby")
    for _ in range(5):
        house.add_feed()
    house.server.stop()
    house.wire.cut()
    standby.ask("SELECT pg_promote()", "postgres")
    standby.ask("ALTER SYSTEM RESET synchronous_standby_names", "postgres")
    standby.ask("SELECT pg_reload_conf()", "postgres")
    house.wire.target = standby.port
    house.server = standby
    house.goes_on("after a standby was promoted")


def judge_politeness(house):
    asked = sorted(house.publisher.asked)
    last, last_feed, gaps, intervals = {}, {}, [], []
    for at, host, path in asked:
        if host in last:
            gaps.append(at - last[host])
        last[host] = at
        if path == "/feed.xml":
            if host in last_feed:
                intervals.append(at - last_feed[host])
            last_feed[host] = at
    # Half of a gap, for two clocks and a busy machine.
    close = sum(gap < GAP_MS / 2000 for gap in gaps)
    again = sum(interval < INTERVAL_S - 2 for interval in intervals)
    check(close == 0, f"of {len(asked)} requests {close} came to a host within half of its gap of {GAP_MS} ms; the "
          f"closest after {min(gaps) * 1000:.0f} ms")  # fmt: skip
    check(again == 0, f"{again} of {len(intervals)} feeds were asked again within {INTERVAL_S} s; the soonest after "
          f"{min(intervals):.1f} s")  # fmt: skip


def compare(house):
    for crawler in house.crawlers:
        check(crawler.end() == 0, f"{crawler.name} ends as asked")
    rows = house.server.ask("SELECT link_id, site_id, source_id, feed_id FROM pool ORDER BY link_id")
    pool = [tuple(map(int, row.split("|"))) for row in rows.splitlines()]
    for box in house.boxes:
        try:
            until(lambda box=box: box.pool() == pool, "equal pools")
            equal = True
        except AssertionError:
            equal = False
        check(equal, f"the pool of {box.replica.name} is that of PostgreSQL, all {len(pool)} rows")
    lost = [url for url in house.acknowledged
            if house.server.ask(f"SELECT count(*) FROM feed WHERE url = '{url}'") != "1"]  # fmt: skip
    check(not lost, f"of {len(house.acknowledged)} acknowledged changes {len(lost)} are lost {lost[:3]}")
    found = house.cli("db", "check")
    check(found.returncode == 0, f"db check: {found.stdout.strip()[-200:]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=30, help="without PostgreSQL")
    parser.add_argument("--kills", type=int, default=10, help="of crawlers")
    parser.add_argument("--stops", type=int, default=2, help="of crawlers, longer than a lease")
    parser.add_argument("--deaths", type=int, default=3, help="of PostgreSQL")
    options = parser.parse_args()
    if Server.programs is None:
        print("SKIPPED: PostgreSQL's programs are not installed (postgresql)")
        return 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="saunter-beyond-"))
    folder.chmod(0o755)
    house = House(options.build.resolve(), folder, options)
    try:
        begin(house)
        house.readers = Readers(house.boxes[0].port)
        walk(house)
        crawlers_die(house, options.kills, options.stops)
        servers_die(house, options.deaths)
        outage(house, options.seconds)
        lost_network(house)
        full_disk(house)
        fail_over(house)
        house.readers.stopping = True
        check(not house.readers.failures, f"of {house.readers.answers} answers over {READERS} connections "
              f"{len(house.readers.failures)} failed {house.readers.failures[:3]}")  # fmt: skip
        judge_politeness(house)
        compare(house)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        check(False, str(error))
    finally:
        house.end()
    print(f"{checks['passed'] + checks['failed']} checks, {checks['failed']} failed; logs are in {folder}")
    if not checks["failed"]:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if checks["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
