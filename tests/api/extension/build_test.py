#!/usr/bin/env python3
"""build_test.py SOURCE_DIR: what the built extensions hold: their permissions, their rules for
pages, their words in every language, and the same bytes each time."""
import importlib.util
import json
import pathlib
import re
import sys
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else __file__).resolve()
SOURCE = ROOT / "api/extension"
LANGUAGES = {"en", "de", "fr", "es", "pt", "it", "nl", "pl", "ja", "zh_CN"}
SERVICE = "https://saunter.example"

specification = importlib.util.spec_from_file_location("build", SOURCE / "build.py")
build = importlib.util.module_from_spec(specification)
sys.dont_write_bytecode = True
specification.loader.exec_module(build)


def packed(browser, service=SERVICE):
    """What the zip of a browser holds: path → text or bytes, and the zip's own bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = build.write(pathlib.Path(folder), browser, build.files(browser, service, "1.2.3"))
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}, path.read_bytes()


class Built(unittest.TestCase):
    def setUp(self):
        self.held = {browser: packed(browser)[0] for browser in build.BROWSERS}
        self.manifests = {
            browser: json.loads(held["manifest.json"]) for browser, held in self.held.items()
        }

    def test_asks_for_storage_and_alarms_and_nothing_else(self):
        for manifest in self.manifests.values():
            self.assertEqual(manifest["manifest_version"], 3)
            self.assertEqual(manifest["permissions"], ["storage", "alarms"])
            for key in (
                "host_permissions",
                "optional_permissions",
                "optional_host_permissions",
                "content_scripts",
                "web_accessible_resources",
                "externally_connectable",
            ):
                self.assertNotIn(key, manifest)

    def test_names_its_browsers_and_what_they_may_collect(self):
        gecko = self.manifests["firefox"]["browser_specific_settings"]["gecko"]
        self.assertRegex(gecko["id"], r"^[\w.-]+@[\w.-]+$")
        self.assertEqual(gecko["strict_min_version"], "140.0")
        self.assertEqual(
            gecko["data_collection_permissions"],
            {"required": ["none"], "optional": ["websiteActivity"]},
        )
        self.assertEqual(self.manifests["chromium"]["minimum_chrome_version"], "121")
        self.assertEqual(
            self.manifests["firefox"]["background"],
            {"scripts": ["background.js"], "type": "module"},
        )
        self.assertEqual(
            self.manifests["chromium"]["background"],
            {"service_worker": "background.js", "type": "module"},
        )

    def test_has_rules_that_leave_plain_http_as_it_is_and_let_no_foreign_code_in(self):
        for manifest in self.manifests.values():
            rules = manifest["content_security_policy"]["extension_pages"]
            self.assertNotIn("upgrade-insecure-requests", rules)
            said = dict(rule.strip().split(" ", 1) for rule in rules.split(";"))
            self.assertEqual(said["default-src"], "'none'")
            self.assertEqual(said["script-src"], "'self'")
            self.assertEqual(said["connect-src"], "http: https:")

    def test_names_only_files_that_it_holds(self):
        for browser, held in self.held.items():
            manifest = self.manifests[browser]
            named = [
                *manifest["icons"].values(),
                *manifest["action"]["default_icon"].values(),
                manifest["options_ui"]["page"],
                *manifest["background"].get("scripts", []),
                manifest["background"].get("service_worker", "background.js"),
            ]
            for path, content in held.items():
                if path.endswith(".js"):
                    named += re.findall(r'from "\./([^"]+)"', content.decode())
                if path.endswith(".html"):
                    named += re.findall(r'(?:src|href)="([^"#]+)"', content.decode())
            self.assertFalse(set(named) - set(held), browser)

    def test_holds_no_code_that_is_not_in_its_files(self):
        for held in self.held.values():
            for path, content in held.items():
                if path.endswith((".js", ".html")):
                    text = content.decode()
                    self.assertNotRegex(
                        text, r"\beval\(|new Function|innerHTML|insertAdjacentHTML|import\(", path
                    )
                    self.assertNotRegex(
                        text, r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=", path
                    )

    def test_knows_the_service_that_was_named_at_build(self):
        self.assertIn(f'DEFAULT_SERVICE = "{SERVICE}";', self.held["firefox"]["built.js"].decode())
        plain = packed("firefox", None)[0]["built.js"].decode()
        self.assertIn('DEFAULT_SERVICE = "http://127.0.0.1:8080";', plain)

    def test_is_the_same_bytes_each_time(self):
        for browser in build.BROWSERS:
            self.assertEqual(packed(browser)[1], packed(browser)[1])

    def test_has_every_word_in_every_language(self):
        held = self.held["chromium"]
        words = {
            name.split("/")[1]: json.loads(content)
            for name, content in held.items()
            if name.startswith("_locales/")
        }
        self.assertEqual(set(words), LANGUAGES)
        for language, messages in words.items():
            self.assertEqual(set(messages), set(words["en"]), language)
            for key, message in messages.items():
                self.assertTrue(message["message"].strip(), f"{language}: {key}")
                self.assertEqual(
                    set(re.findall(r"\$\d", message["message"])),
                    set(re.findall(r"\$\d", words["en"][key]["message"])),
                    f"{language}: {key}",
                )
            # The shops of both browsers take no more.
            self.assertLessEqual(len(messages["description"]["message"]), 132, language)
        texts = [
            text
            for text in (message["message"] for message in words["en"].values())
            if len(text) > 20
        ]
        for language in LANGUAGES - {"en"}:
            same = [
                text for text in texts if text in {m["message"] for m in words[language].values()}
            ]
            self.assertFalse(same, f"{language} is not translated")

    def test_uses_every_word_that_it_has_and_has_every_word_that_it_uses(self):
        held = self.held["firefox"]
        messages = set(json.loads(held["_locales/en/messages.json"]))
        text = "\n".join(
            content.decode()
            for path, content in held.items()
            if path.endswith((".js", ".html")) or path == "manifest.json"
        )
        used = set(re.findall(r'data-(?:words|label|placeholder)="(\w+)"', text))
        used |= set(re.findall(r"__MSG_(\w+)__", text)) | set(
            re.findall(r'(?:words|say|getMessage)\("(\w+)"(?! \+)', text)
        )
        self.assertFalse(used - messages)
        # Words that are put together: a stem, and what it is followed or led by.
        stems = ("problem_", "kind_", "command_", "topic_", "past_", "saved_", "up_", "down_")
        named = set(re.findall(r'"(\w+)"', text))
        self.assertFalse({key for key in messages - used - named if not key.startswith(stems)})


if __name__ == "__main__":
    unittest.main()
