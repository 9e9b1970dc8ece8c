"use strict";
// Runs before the first paint, so that nothing moves after it: which view is asked for, and whether
// the post in the page will give way to one that this reader has waiting. If the page's modules fail,
// the styles show what is hidden here after a moment.
(function () {
  const root = document.documentElement;
  root.classList.add("scripted");
  root.dataset.view = /^#(past|saved|taste)-view$/.test(location.hash) ? location.hash.slice(1) : "post";
  try {
    if (localStorage.getItem("saunter.2.walk")) root.classList.add("returns");
    const speaks = JSON.parse(localStorage.getItem("saunter.2.speaks"));
    if (speaks && speaks !== root.lang) root.classList.add("translates");
  } catch {
    // Storage is forbidden: every visit is a first one.
  }
})();
