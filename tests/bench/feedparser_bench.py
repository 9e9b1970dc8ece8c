#!/usr/bin/python3
"""feedparser_bench.py [BUILD_DIR]: python3-feedparser on the documents of feed_bench, for scale.

Every tenth document by name, one pass on one core.
"""
import pathlib
import sys
import time

folder = pathlib.Path(__file__).resolve().parents[3] / "shared/corpus/real/open/files"
if not folder.is_dir():
    print(f"feedparser_bench: SKIPPED, no folder {folder}")
    sys.exit(0)
import feedparser

documents = [path.read_bytes() for path in sorted(folder.iterdir())[::10]]
megabytes = sum(map(len, documents)) / 1e6
begin = time.perf_counter()
entries = sum(len(feedparser.parse(document).entries) for document in documents)
seconds = time.perf_counter() - begin
print(f"{len(documents)} documents, {megabytes:.1f} MB, {entries} entries")
print(f"python3-feedparser   {seconds * 1000:8.1f} ms  {megabytes / seconds:7.1f} MB/s")
