"""The stack that saunter-api replaces, at its fairest, as a yardstick: FastAPI with SQLAlchemy's
QueuePool over the same file, for replaced_workers.py. SAUNTER_DB names the file.

The choice is the one that such a service makes: a random site, then a random link of it, by index.
/v1/random reads on threads, as FastAPI says to read what blocks. /on_loop reads on the event loop,
which holds up all other requests of the process; with a database in memory that is faster.
"""
import os
import random

import sqlalchemy
from fastapi import FastAPI
from sqlalchemy.pool import QueuePool

ENGINE = sqlalchemy.create_engine(
    "sqlite:///file:" + os.environ["SAUNTER_DB"] + "?mode=ro&uri=true",
    poolclass=QueuePool, pool_size=20, max_overflow=20,
    connect_args={"check_same_thread": False})


@sqlalchemy.event.listens_for(ENGINE, "connect")
def set_pragmas(connection, _):
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA busy_timeout = 250")
    connection.execute("PRAGMA cache_size = -8000")


with ENGINE.connect() as start:
    RANGES = [tuple(row) for row in start.execute(sqlalchemy.text(
        "SELECT min(link_id), max(link_id) FROM pool GROUP BY site_id"))]
LINK = sqlalchemy.text(
    "SELECT l.link_id, CASE substr(l.url, 1, 1) WHEN '/' THEN 'https://' || s.host || l.url ELSE l.url "
    "END, l.title, s.host, l.author, l.published_at, l.language, "
    "(SELECT group_concat(c.name, char(31)) FROM json_each('[' || l.categories || ']') j "
    "JOIN category c ON c.category_id = j.value) FROM pool p JOIN link l USING (link_id) "
    "JOIN site s ON s.site_id = l.site_id WHERE p.link_id = :link_id")
app = FastAPI()


@app.get("/v1/random")
def random_link():
    with ENGINE.connect() as connection:
        row = connection.execute(LINK, {"link_id": random.randint(*random.choice(RANGES))}).first()
    return {"links": [{"id": row[0], "url": row[1], "title": row[2], "site": row[3], "author": row[4],
                       "published_at": row[5], "language": row[6],
                       "categories": row[7].split("\x1f") if row[7] else []}],
            "walk": "AgYG9P8VGd45jZceAAAAAAAAAAAAAwAAAHMK_JQ", "walk_complete": False}


@app.get("/on_loop")
async def random_link_on_loop():
    return random_link()
