import assert from "node:assert/strict";
import { test } from "node:test";
import { isWeb, serviceAddress } from "../../../api/extension/address.js";

test("an address is kept without the slash at its end", () => {
  assert.equal(serviceAddress(" https://saunter.example/ "), "https://saunter.example");
  assert.equal(serviceAddress("http://10.0.0.7:8080"), "http://10.0.0.7:8080");
  assert.equal(serviceAddress("https://example.org/walk//"), "https://example.org/walk");
});

test("a name without a scheme is asked over TLS, and over plain HTTP at home", () => {
  assert.equal(serviceAddress("saunter.example"), "https://saunter.example");
  assert.equal(serviceAddress("saunter.example:8443"), "https://saunter.example:8443");
  for (const name of [
    "localhost:8080",
    "127.0.0.1:8080",
    "192.168.1.4",
    "nas",
    "nas:8080",
    "nas.local",
    "nas.home.arpa:81",
    "[::1]:8080",
  ]) {
    assert.equal(serviceAddress(name), "http://" + name, name);
  }
});

test("what is no address of a service is refused", () => {
  for (const text of [
    "",
    " ",
    "ftp://example.org",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://",
    "https://ann:secret@example.org",
    "https://example.org/?a=b",
    "https://example.org/#a",
    "http://a b/",
    "https://" + "a".repeat(600),
  ]) {
    assert.equal(serviceAddress(text), null, text);
  }
});

test("only pages of the web are opened", () => {
  assert.ok(isWeb("https://example.org/a"));
  assert.ok(isWeb("http://example.org"));
  for (const text of [
    "javascript:alert(1)",
    "data:text/html,a",
    "file:///a",
    "about:blank",
    "//a",
    "",
    undefined,
  ]) {
    assert.ok(!isWeb(text), String(text));
  }
});
