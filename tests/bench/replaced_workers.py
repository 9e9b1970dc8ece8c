"""replaced_workers.py PORT shipped|tuned: two processes of replaced_stack on 127.0.0.1.

`uvicorn --workers 2`, but for its listener. From that asyncio cannot see that it is TCP, and leaves
Nagle's algorithm on, so that an answer can wait 40 ms for the acknowledgement of the one before
(github.com/Kludex/uvicorn/issues/3149); and both processes accept from it, so that one may get all
connections. Here each has its own (SO_REUSEPORT). `shipped` is what Debian's uvicorn depends on,
asyncio and h11; `tuned` has uvloop and httptools instead.
"""
import os
import signal
import socket
import sys

import uvicorn

PARTS = {"shipped": {"loop": "asyncio", "http": "h11"}, "tuned": {"loop": "uvloop", "http": "httptools"}}

child = os.fork()
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
try:
    config = uvicorn.Config("replaced_stack:app", log_level="warning", **PARTS[sys.argv[2]])
    uvicorn.Server(config).run(sockets=[listener])
finally:
    if child:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
