"""client_test.py TREE SAUNTER_API FILL_DATABASE: the contract under the tools of others, as npm has
them. It passes an OpenAPI linter without a word; from the document that the running service gives, a
TypeScript client is generated, which compiles as strictly as the compiler can and works. Says SKIPPED
where node, npm or what it gives cannot be had."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from xml.etree import ElementTree

SKIPPED = 77


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def tools_of(tree):
    """A folder with node_modules as the lock file names them; nothing that a package would run at its
    installation is run."""
    named = tree / "tests/api/server/tools"
    folder = tree / "build/contract_tools"
    lock = named / "package-lock.json"
    done = folder / "installed"
    if done.exists() and done.read_bytes() == lock.read_bytes():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(named / name, folder / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    try:
        subprocess.run(command, cwd=folder, check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        skip(f"npm gives nothing: {error}")
    shutil.copy(lock, done)
    return folder


class Api:
    """The service over a small database."""

    def __init__(self, program, fill, folder):
        subprocess.run([fill, folder / "saunter.db", "12", "60"], check=True)
        self.log = folder / "api.log"
        command = [program, "--store.path", folder / "saunter.db", "--listen", "127.0.0.1:0"]
        command += ["--api.topics_path", folder / "topics.txt"]
        command += ["--api.receipt_key_path", folder / "receipt.key"]
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def address(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = re.search(rb"listening on http://(\S+)", self.log.read_bytes())
            if found:
                address = "http://" + found[1].decode()
                try:
                    urllib.request.urlopen(address + "/readyz").close()
                    return address
                except OSError:
                    pass
            time.sleep(0.05)
        raise RuntimeError(self.log.read_text())

    def end(self):
        self.process.terminate()
        self.process.wait()


ATOM = "{http://www.w3.org/2005/Atom}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def once(element, name):
    found = element.findall(ATOM + name)
    assert len(found) == 1, f"{len(found)} of {name} in {element.tag}"
    return found[0]


def check_feed(address, path):
    """RFC 4287: what a feed and each of its entries must have (4.1.1, 4.1.2), ids that are absolute
    (4.2.6) and of no other, dates (3.3), and rel=self that leads back to the feed (4.2.7.2)."""
    with urllib.request.urlopen(address + path) as answer:
        feed = ElementTree.fromstring(answer.read())
    assert feed.tag == ATOM + "feed", feed.tag
    itself = [link for link in feed.findall(ATOM + "link") if link.get("rel") == "self"]
    assert len(itself) == 1, path
    assert urllib.parse.urljoin(address + path, itself[0].get("href")) == address + path
    entries = feed.findall(ATOM + "entry")
    assert entries or "daily" in path, path  # nothing was known before this day
    ids = [once(element, "id").text for element in [feed, *entries]]
    assert len(set(ids)) == len(ids) and all(urllib.parse.urlsplit(i).scheme for i in ids), ids
    for element in [feed, *entries]:
        once(element, "title")
        assert TIME.fullmatch(once(element, "updated").text)
    for entry in entries:
        assert once(once(entry, "author"), "name").text
        assert any(link.get("rel") == "alternate" for link in entry.findall(ATOM + "link"))
    return ids[0]


def main():
    tree, program, fill = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    here = tree / "tests/api/server"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        api = Api(program, fill, folder)
        try:
            address = api.address()
            paths = ("/v1/recent.atom", "/v1/recent.atom?language=en-GB&count=3", "/v1/daily.atom")
            feeds = {check_feed(address, path) for path in paths}
            assert len(feeds) == 3, feeds
            print("ok: feeds by RFC 4287")
            for needed in ("node", "npm"):
                if not shutil.which(needed):
                    skip(f"{needed} is not installed")
            tools = tools_of(tree)
            document = folder / "openapi.json"
            with urllib.request.urlopen(address + "/openapi.json") as answer:
                document.write_bytes(answer.read())
            subprocess.run(["node", here / "lint_contract.mjs", tools, document], check=True)
            print("ok: the linter says nothing")
            for source in ("client.ts", "process.d.ts", "tsconfig.json"):
                shutil.copy(here / source, folder / source)
            (folder / "package.json").write_text('{"type": "module"}')
            (folder / "node_modules").symlink_to(tools / "node_modules")
            programs = tools / "node_modules/.bin"
            generate = [programs / "openapi-typescript", document, "-o", folder / "contract.ts"]
            subprocess.run(generate, check=True, cwd=folder, stdout=subprocess.DEVNULL)
            subprocess.run([programs / "tsc", "-p", folder], check=True)
            print("ok: it compiles")
            subprocess.run(["node", folder / "client.js", address], check=True, timeout=60)
        finally:
            api.end()


try:
    main()
except subprocess.CalledProcessError as error:
    sys.exit(f"client_test: {error}")
