#!/usr/bin/env python3
"""rooms_test.py SOURCE_DIR: holds the includes of the tree against its picture, tests/rooms.txt.

The picture is an allow-list: what it does not name fails, and so does what it names and no include
uses. tests/rooms_self_test.py breaks each rule once and wants to see it caught here.
"""
import fnmatch
import os
import pathlib
import re
import sys

PICTURE = "tests/rooms.txt"
SOURCES = (".h", ".cc")
OTHER_SOURCES = (".hh", ".hpp", ".hxx", ".inc", ".ipp", ".tcc", ".c", ".cpp", ".cxx")
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b[ \t]*(.*?)[ \t]*$", re.MULTILINE)
SPELLED = re.compile(r'"([^"]+)"|<([^>]+)>')
MIRRORS = "tests/*"


class Picture:
    """What tests/rooms.txt says. Each dictionary keeps the line of what it names."""

    def __init__(self, text):
        self.rooms, self.floors, self.edges = {}, {}, {}
        self.tests, self.packages = {}, []
        self.apart, self.system, self.forbidden = [], [], []
        self.failures, self.floor_names = [], []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split("#")[0].split()
            if words:
                self.take(number, words)
        self.check_edges()

    def fail(self, number, what):
        self.failures.append(f"{PICTURE}:{number}: {what}")

    def take(self, number, words):
        if words[0] == "floor":
            self.floor_names.append(" ".join(words[1:]))
        elif words[0] in ("apart", "system", "forbidden"):
            getattr(self, words[0]).extend(words[1:])
        elif words[0].startswith("<") and words[0].endswith(">") and len(words) > 1:
            self.take_package(number, words[0], words[1:])
        elif len(words) == 3 and words[1] == "->":
            self.take_edge(number, words[0], words[2])
        elif len(words) == 1:
            self.take_room(number, words[0])
        else:
            self.fail(number, "this line is no floor, room, edge or package")

    def take_room(self, number, room):
        if room in self.rooms or room in self.tests:
            self.fail(number, f"{room} is named twice")
        elif room.startswith("tests/"):
            self.tests[room] = number
        elif not self.floor_names:
            self.fail(number, f"{room} stands on no floor")
        else:
            self.rooms[room] = number
            self.floors[room] = len(self.floor_names) - 1

    def take_edge(self, number, user, used):
        if (user, used) in self.edges:
            self.fail(number, f"{user} -> {used} is named twice")
        elif user.startswith("tests/"):
            self.edges[user, used] = number
        elif self.floors.get(user) != len(self.floor_names) - 1:
            self.fail(number, f"{user} is not on this floor")
        else:
            self.edges[user, used] = number

    def take_package(self, number, pattern, rooms):
        """One pattern may take several lines; the first of them keeps its place."""
        known = next((package for package in self.packages if package[0] == pattern), None)
        if not known:
            known = (pattern, {})
            self.packages.append(known)
        for room in rooms:
            folder = room.removeprefix("tests/")
            if room in known[1]:
                self.fail(number, f"{room} is named twice for {pattern}")
            elif room != folder and (folder in known[1] or MIRRORS in known[1]):
                self.fail(number, f"{room} may have {pattern} without this")
            known[1][room] = number

    def check_edges(self):
        """The list itself may not draw what no list may allow."""
        for (user, used), number in self.edges.items():
            if user.startswith("tests/"):
                if user != MIRRORS and user not in self.tests and user[6:] not in self.rooms:
                    self.fail(number, f"{user} is no room")
                elif user != MIRRORS and self.mirror_may(user, used):
                    self.fail(number, f"{user} -> {used} is allowed without this line")
            elif direction := self.direction(user, used):
                self.fail(number, f"{user} -> {used} {direction}")

    def direction(self, user, used):
        """How an edge goes against the floors; empty if it goes down."""
        if used.startswith("tests/"):
            return "goes into the tests"
        houses = [room.split("/")[0] for room in (user, used)]
        if houses[0] != houses[1] and set(houses) <= set(self.apart):
            return "goes across"
        height = self.floors.get(used, -1)  # What is no room is reported as that.
        if height > self.floors[user]:
            return "goes up"
        return "goes sideways" if height == self.floors[user] else ""

    def mirror_may(self, user, used):
        """The general rule: tests/ROOM may include ROOM, what ROOM may, and tests/support."""
        room = user[6:]
        return room in self.rooms and (
            used == room or (room, used) in self.edges or (MIRRORS, used) in self.edges)

    def verdict(self, user, used):
        """Why this include is not allowed; empty if it is."""
        if (user, used) in self.edges:
            return ""
        if user.startswith("tests/"):
            return "" if self.mirror_may(user, used) else "is not in the picture"
        if used.startswith("tests/"):
            return self.direction(user, used)
        if user not in self.rooms or used not in self.rooms:
            return ""  # The folder that the picture does not name has been reported.
        return self.direction(user, used) or "is not in the picture"

    def package_of(self, header):
        """The first line whose pattern fits, as (pattern, rooms)."""
        return next((package for package in self.packages
                     if fnmatch.fnmatchcase(header, package[0][1:-1])), None)

    def may_have(self, room, rooms):
        """The word of the line that lets this room have the package; None if none does."""
        words = (room,)
        if room.startswith("tests/"):
            words = (room, "as " + room[6:], MIRRORS)
        return next((word for word in words if word.removeprefix("as ") in rooms), None)

    def is_system(self, header):
        return re.fullmatch(r"[a-z_]+", header) or any(
            fnmatch.fnmatchcase(header, pattern) for pattern in self.system)


class Tree:
    """All folders, and of each source the lines that include something."""

    def __init__(self, root):
        self.folders, self.includes, self.foreign = [], {}, []
        for folder, below, files in os.walk(root):
            place = os.path.relpath(folder, root)
            below[:] = sorted(name for name in below
                              if not name.startswith(".") and (place, name) != (".", "build"))
            place = "" if place == "." else place
            self.folders.append(place)
            for name in sorted(files):
                path = os.path.join(place, name)
                if name.endswith(SOURCES):
                    self.includes[path] = includes_of(os.path.join(folder, name))
                elif name.endswith(OTHER_SOURCES):
                    self.foreign.append(path)
        self.rooms = {os.path.dirname(path) for path in self.includes}


def includes_of(path):
    text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    return [(text.count("\n", 0, found.start()) + 1, found[1]) for found in INCLUDE.finditer(text)]


class Check:
    def __init__(self, root):
        self.picture = Picture((root / PICTURE).read_text(encoding="utf-8"))
        self.tree = Tree(root)
        self.failures = list(self.picture.failures)
        self.edges = {}    # (user, used): the first include that goes there.
        self.ours = {}     # source: [(line, header of ours that it may include)]
        self.shown = {}    # source: [(line, package)]
        self.had = set()   # (pattern, word of its line) that some include uses.
        self.check_folders()
        for path, includes in self.tree.includes.items():
            self.ours[path], self.shown[path] = [], []
            for number, spelled in includes:
                self.check_include(path, number, spelled)
        self.check_packages()
        self.check_unused()
        self.check_circles()

    def fail(self, where, what):
        self.failures.append(f"{where}: {what}")

    def check_folders(self):
        picture = self.picture
        for folder in self.tree.folders:
            if os.path.basename(folder) in picture.forbidden:
                self.fail(folder, "a folder of this name hides a room that is missing")
        for room in sorted(self.tree.rooms):
            if room not in picture.rooms and room not in picture.tests and not (
                    room.startswith("tests/") and room[6:] in picture.rooms):
                self.fail(room, "the picture does not name this folder")
        for room, number in (picture.rooms | picture.tests).items():
            if room not in self.tree.rooms:
                picture_line = f"{PICTURE}:{number}"
                self.fail(picture_line, f"{room} has no source")
        for path in self.tree.foreign:
            self.fail(path, f"a source ends in {' or '.join(SOURCES)}")

    def check_include(self, path, number, spelled):
        where = f"{path}:{number}"
        found = SPELLED.match(spelled)
        if not found:
            self.fail(where, f"{spelled} is neither in quotes nor in angle brackets")
        elif found[1]:
            self.check_ours(path, number, found[1])
        elif package := self.picture.package_of(found[2]):
            self.shown[path].append((number, package))
        elif found[2] in self.tree.includes:
            self.fail(where, f"<{found[2]}> is ours and stands in quotes")
        elif not self.picture.is_system(found[2]):
            self.fail(where, f"the picture names no package with <{found[2]}>")

    def check_ours(self, path, number, header):
        where = f"{path}:{number}"
        if header not in self.tree.includes:
            self.fail(where, f'"{header}" does not start at the root or does not exist')
            return
        user, used = os.path.dirname(path), os.path.dirname(header)
        if user != used:
            self.edges.setdefault((user, used), where)
            if verdict := self.picture.verdict(user, used):
                self.fail(where, f"{user} -> {used} {verdict}")
                return
        self.ours[path].append((number, header))

    def check_packages(self):
        """A package stays in its rooms, also as a type in a header that others include."""
        told = set()
        for path in self.tree.includes:
            room = os.path.dirname(path)
            for number, (pattern, rooms) in self.shown[path]:
                self.take_package(room, f"{path}:{number}", pattern, rooms,
                                  f"{pattern} does not belong in {room}")
            for number, header in self.ours[path]:
                for where, (pattern, rooms) in self.shown_by(header):
                    # Where the header itself may not have the package, that has been said.
                    owner = os.path.dirname(where)
                    if where in told or self.picture.may_have(owner, rooms) is None:
                        continue
                    if not self.take_package(room, where, pattern, rooms,
                                             f"shows {pattern} to {path}:{number}"):
                        told.add(where)

    def take_package(self, room, where, pattern, rooms, complaint):
        word = self.picture.may_have(room, rooms)
        if word is None:
            self.fail(where, complaint)
            return False
        self.had.add((pattern, word))
        return True

    def shown_by(self, header):
        """The packages that a header of ours brings along, each with the line that does it."""
        seen, rest = {header}, [header]
        while rest:
            path = rest.pop()
            for number, package in self.shown[path]:
                yield f"{path}:{number}", package
            for _, further in self.ours[path]:
                if further not in seen:
                    seen.add(further)
                    rest.append(further)

    def check_unused(self):
        for (user, used), number in self.picture.edges.items():
            if used not in self.tree.rooms:
                self.fail(f"{PICTURE}:{number}", f"{used} is no room")
                continue
            taken = ((user, used) in self.edges if user != MIRRORS else
                     any(a.startswith("tests/") and b == used for a, b in self.edges))
            if not taken:
                self.fail(f"{PICTURE}:{number}", f"no include goes {user} -> {used}")
        for pattern, rooms in self.picture.packages:
            for room, number in rooms.items():
                if (pattern, room) not in self.had:
                    self.fail(f"{PICTURE}:{number}", f"{room} does not include {pattern}")

    def check_circles(self):
        """The floors keep circles out of the house; the tests stand on none."""
        below = {}
        for user, used in self.edges:
            if user.startswith("tests/") and used.startswith("tests/"):
                below.setdefault(user, []).append(used)
        told = set()
        for start in sorted(below):
            path = way_back(start, below)
            if path and not told & set(path):
                told |= set(path)
                self.fail(PICTURE, "a circle: " + " -> ".join(path))


def way_back(start, below):
    """The shortest way from a folder to itself, empty if there is none."""
    rest, seen = [[start]], set()
    for path in rest:
        for used in below.get(path[-1], []):
            if used == start:
                return path + [start]
            if used not in seen:
                seen.add(used)
                rest.append(path + [used])
    return []


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    check = Check(pathlib.Path(sys.argv[1]))
    for failure in sorted(check.failures):
        print(failure)
    if check.failures:
        sys.exit(f"The includes and {PICTURE} differ.")
    picture = check.picture
    print(f"{len(picture.rooms)} rooms on {len(picture.floor_names)} floors, "
          f"{len(check.edges)} edges: as drawn.")


if __name__ == "__main__":
    main()
