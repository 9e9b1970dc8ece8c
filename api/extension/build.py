#!/usr/bin/env python3
"""build.py OUT_DIR [--service ADDRESS] [--version VERSION]: the extension for each browser, from one
source.

Writes OUT_DIR/BROWSER/, which a browser loads as it is, and OUT_DIR/saunter-BROWSER.zip, the same
packed. The same tree gives the same bytes. --service is the address that a new reader's extension
asks.
"""
import argparse
import json
import pathlib
import re
import shutil
import zipfile

SOURCE = pathlib.Path(__file__).resolve().parent
BROWSERS = ("firefox", "chromium")
PACKED = ("*.js", "*.html", "*.css", "icons/*.png", "_locales/*/messages.json")
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name


def merged(base, more):
    """JSON objects, one laid over the other, key by key."""
    if not (isinstance(base, dict) and isinstance(more, dict)):
        return more
    return {**base, **{key: merged(base.get(key), value) for key, value in more.items()}}


def manifest(browser, version):
    both, own = (
        json.loads((SOURCE / "manifests" / f"{name}.json").read_text("utf-8"))
        for name in ("both", browser)
    )
    return {"version": version, **merged(both, own)}


def tree_version():
    """The version that CMakeLists.txt gives the whole tree."""
    text = (SOURCE.parents[1] / "CMakeLists.txt").read_text("utf-8")
    return re.search(r"project\(saunter VERSION ([0-9.]+)", text)[1]


def files(browser, service, version):
    """What the extension holds: path → bytes."""
    held = {
        str(path.relative_to(SOURCE)): path.read_bytes()
        for pattern in PACKED
        for path in SOURCE.glob(pattern)
    }
    if service:
        line = f"export const DEFAULT_SERVICE = {json.dumps(service)};"
        built, replaced = re.subn(
            r"export const DEFAULT_SERVICE = .*", lambda _: line, held["built.js"].decode()
        )
        assert replaced == 1, "built.js has no line to replace"
        held["built.js"] = built.encode()
    text = json.dumps(manifest(browser, version), indent=2, ensure_ascii=False) + "\n"
    held["manifest.json"] = text.encode()
    return dict(sorted(held.items()))


def write(out, browser, held):
    folder = out / browser
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in held.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    packed = out / f"saunter-{browser}.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in held.items():
            entry = zipfile.ZipInfo(path, ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--service", type=lambda text: text.rstrip("/"))
    parser.add_argument("--version", default=tree_version())
    options = parser.parse_args()
    if options.service and not re.fullmatch(r"https?://[^\s?#@]+", options.service):
        parser.error("--service takes an address such as https://saunter.example")
    for browser in BROWSERS:
        print(write(options.out, browser, files(browser, options.service, options.version)))


if __name__ == "__main__":
    main()
