#!/usr/bin/python3
"""feedback_bench.py BUILD_DIR [POSTS]: readers of /v1/random while others send hostile votes and
reports, 100,000 unless it says otherwise, to the built API and crawler; in a network of its own.

In turns: nobody else asks; as many quick GETs as there will be POSTs; the POSTs. Prints the readers'
median and 99th percentile in each, what the POSTs were answered, and how large the crawler's and the
API's memory grew. Exit code 1: an answer that no contract has, or a reader's request that failed."""
import collections
import fcntl
import http.client
import json
import multiprocessing
import os
import pathlib
import random
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

POSTS_MAX = 100000
A_SECOND = 1000
SENDERS = 200
TURNS = 4
SITES, LINKS = 3000, 100000
READER_PAUSE_S = 0.002
EXPECTED = {202, 400, 404, 405, 408, 409, 410, 411, 413, 415, 417, 429, 501, 503}


def alone():
    """Only what is started from here can be reached, and nothing else."""
    with socket.socket() as one:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(one, 0x8914, request)  # SIOCSIFFLAGS
    pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("1100 65000")


def answers(port):
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/v1/random?count=50")
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200:
                return json.loads(body)
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the API does not answer")


def receipts(port, count):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found = []
    while len(found) < count:
        connection.request("GET", "/v1/random?count=50")
        found += [link["receipt"] for link in json.loads(connection.getresponse().read())["links"]]
    return found


def network(chance):
    return f"X-Forwarded-For: 203.{chance.randrange(256)}.{chance.randrange(256)}.7\r\n"


def post(path, body, *fields, length=None):
    length = len(body) if length is None else length
    return (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n"
        + "".join(fields or ("Content-Type: application/json\r\n",))
        + "\r\n"
    ).encode() + body


def hostile(kind, good, chance):
    """One request of the kind, as bytes."""
    json_type = "Content-Type: application/json\r\n"
    receipt = chance.choice(good)
    vote = json.dumps({"receipt": receipt, "vote": chance.choice(["up", "down"])}).encode()
    other = list(receipt)
    other[chance.randrange(len(other))] = chance.choice("ABCDEFxyz019-_")
    return {
        "a vote": lambda: post("/v1/votes", vote, json_type, network(chance)),
        "a report": lambda: post(
            "/v1/reports",
            json.dumps({"receipt": receipt, "kind": "spam", "note": "x" * 199}).encode(),
            json_type,
            network(chance),
        ),
        "a forged receipt": lambda: post(
            "/v1/votes",
            json.dumps({"receipt": "".join(other), "vote": "up"}).encode(),
            json_type,
            network(chance),
        ),
        "of one network": lambda: post(
            "/v1/votes", vote, json_type, "X-Forwarded-For: 198.51.100.1\r\n"
        ),
        "noise": lambda: post("/v1/votes", chance.randbytes(chance.randrange(1, 2560))),
        "deep": lambda: post("/v1/votes", b"[" * 2500),
        "huge": lambda: post("/v1/reports", b"{}", json_type, length=1 << 40),
        "negative": lambda: post("/v1/votes", b"{}", json_type, length=-1),
        "chunked": lambda: post("/v1/votes", b"", json_type, "Transfer-Encoding: chunked\r\n"),
        "a form": lambda: post("/v1/votes", b"vote=up", "Content-Type: text/plain\r\n"),
        "elsewhere": lambda: post("/v1/random", vote),
        "cut": lambda: post("/v1/votes", vote[:20], json_type, length=len(vote)),
    }[kind]()


KINDS = (
    "a vote",
    "a report",
    "a forged receipt",
    "of one network",
    "noise",
    "deep",
    "huge",
    "negative",
    "chunked",
    "a form",
    "elsewhere",
    "cut",
)


def send_one(port, bytes_, is_cut):
    """Gives the status of the answer, 0 for none that was waited for."""
    with socket.socket() as one:
        one.settimeout(10)
        try:
            one.connect(("127.0.0.1", port))
            one.sendall(bytes_)
            if is_cut:
                return None  # and leave
            head = one.recv(200)
            return int(head[9:12]) if head.startswith(b"HTTP/1.1 ") else 0
        except OSError:
            return 0


def send(port, count, make):
    """At a steady pace, as many at once as wait for a commit; gives how often each status came."""
    statuses = collections.Counter()

    def run(first):
        began = time.monotonic()
        for i in range(first, count, SENDERS):
            wait = began + i / A_SECOND - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            status = send_one(port, *make(i))
            if status is not None:
                statuses[status] += 1

    threads = [threading.Thread(target=run, args=(i,)) for i in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def hostile_requests(count, good, seed):
    """Made before anything is timed: both kinds of others cost the machine the same to send."""
    chance = random.Random(seed)
    kinds = [chance.choice(KINDS) for _ in range(count)]
    return [(hostile(kind, good, chance), kind == "cut") for kind in kinds]


QUICK = b"GET /v1/random HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def send_all(port, requests, queue):
    queue.put(send(port, len(requests), lambda i: requests[i]))


def read(port, stop, queue):
    """A reader; gives the milliseconds of each of its requests."""
    took, failed = [], 0
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while not stop.is_set():
        began = time.perf_counter()
        try:
            connection.request("GET", "/v1/random")
            answer = connection.getresponse()
            answer.read()
            failed += answer.status != 200
        except (OSError, http.client.HTTPException):
            failed += 1
            connection.close()
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(READER_PAUSE_S)
    queue.put((took, failed))


def turn(port, seconds, others):
    stop, queue = multiprocessing.Event(), multiprocessing.Queue()
    reader = multiprocessing.Process(target=read, args=(port, stop, queue))
    reader.start()
    statuses = collections.Counter()
    if others is None:
        time.sleep(seconds)
    else:
        said = multiprocessing.Queue()
        sender = multiprocessing.Process(target=send_all, args=(port, others, said))
        sender.start()
        statuses = said.get()
        sender.join()
    stop.set()
    took, failed = queue.get()
    reader.join()
    took.sort()
    return statistics.median(took), took[len(took) * 99 // 100], failed, statuses


def resident(process):
    fields = pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    posts = int(sys.argv[2]) if len(sys.argv) > 2 else POSTS_MAX
    with tempfile.TemporaryDirectory() as folder:
        database = f"{folder}/saunter.db"
        subprocess.run(
            [build / "tests/bench/fill_database", database, str(SITES), str(LINKS)], check=True
        )
        crawler = subprocess.Popen(
            [
                build / "crawler/saunter-crawler",
                *("--store.path", database, "--health.probes_in_flight_max", "0"),
                *("--log.level", "error"),
            ]
        )
        port = 18200
        api = subprocess.Popen(
            [
                build / "api/saunter-api",
                *("--store.path", database, "--listen", f"127.0.0.1:{port}"),
                *("--api.receipt_key_path", f"{folder}/receipt.key", "--log.level", "error"),
            ]
        )
        try:
            answers(port)
            good = receipts(port, 2000)
            before = resident(crawler), resident(api)
            each = posts // TURNS
            rows = collections.defaultdict(list)
            statuses, failed = collections.Counter(), 0
            for i in range(TURNS):
                for name, others in (
                    ("alone", None),
                    ("beside GETs", [(QUICK, False)] * each),
                    ("beside POSTs", hostile_requests(each, good, i)),
                ):
                    median, p99, lost, said = turn(port, each / A_SECOND, others)
                    rows[name].append((median, p99))
                    failed += lost
                    if name == "beside POSTs":
                        statuses += said
            for name, values in rows.items():
                print(
                    f"{name}: median {statistics.median(v[0] for v in values):.2f} ms, "
                    f"p99 {statistics.median(v[1] for v in values):.2f} ms "
                    f"({', '.join(f'{v[1]:.2f}' for v in values)})"
                )
            p99 = {name: statistics.median(v[1] for v in values) for name, values in rows.items()}
            print(
                f"feedback_bench: {posts} hostile POSTs at {A_SECOND}/s; p99 of readers "
                f"{p99['beside POSTs'] / p99['beside GETs']:.2f} of that beside as many GETs (bar "
                f"1.20), {p99['beside POSTs'] / p99['alone']:.2f} of that alone"
            )
            print("answered: " + ", ".join(f"{k}: {v}" for k, v in sorted(statuses.items())))
            print(
                f"memory: crawler {before[0]:.0f} to {resident(crawler):.0f} MB, "
                f"API {before[1]:.0f} to {resident(api):.0f} MB"
            )
            ended = [p.args[0].name for p in (crawler, api) if p.poll() is not None]
            if ended or failed or set(statuses) - EXPECTED - {0}:
                raise SystemExit(f"ended: {ended}, readers' failures: {failed}")
        finally:
            for process in (api, crawler):
                process.terminate()
            for process in (api, crawler):
                process.wait(30)


if __name__ == "__main__":
    if os.environ.get("SAUNTER_ALONE") != "1":
        os.execvp(
            "unshare",
            ["unshare", "-n", "env", "SAUNTER_ALONE=1", sys.executable, *sys.argv],
        )
    alone()
    main()
