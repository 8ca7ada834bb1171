// Light or dark, before anything is seen: what was chosen on this page, else what the browser prefers.
(() => {
  "use strict";
  const root = document.documentElement, key = "bmt-theme";
  try {
    const kept = localStorage.getItem(key);
    if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  } catch { /* a browser without a memory */ }
  document.addEventListener("DOMContentLoaded", () => document.getElementById("theme").addEventListener("click", () => {
    const dark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem(key, root.dataset.theme); } catch { /* a browser without a memory */ }
  }));
})();
