// Of a page with marked text: counts by type, switches types off and on, and the page's language.
(() => {
  "use strict";

  // Entities of a type are hidden by a rule, whatever their number.
  const rules = new Map();
  function showType(type, shown) {
    if (!rules.has(type)) rules.set(type, document.head.appendChild(document.createElement("style")));
    const mark = `.bmt mark[data-t="${CSS.escape(type)}"]`;
    rules.get(type).textContent = shown
      ? "" : `${mark} { background: none; border: 0; padding: 0; outline: 0; } ${mark}::before { content: none; }`;
  }

  const isShown = type => !rules.get(type)?.textContent;

  // Pieces that continue an entity are not counted.
  function countTypes(root) {
    const counts = new Map();
    for (const mark of root.querySelectorAll("mark[data-t]:not(.c)")) {
      const known = counts.get(mark.dataset.t);
      if (known) known.count += 1;
      else counts.set(mark.dataset.t, {count: 1, look: mark.classList[0]});
    }
    return counts;
  }

  function typeButton(name, {look, count}) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `bmt-type ${look}`;
    button.dataset.type = name;
    button.setAttribute("aria-pressed", isShown(name));
    const label = document.createElement("b"), number = document.createElement("span");
    label.textContent = name;
    number.textContent = count.toLocaleString("en");
    button.append(label, number);
    button.addEventListener("click", () => {
      showType(name, !isShown(name));
      button.setAttribute("aria-pressed", isShown(name));
    });
    return button;
  }

  // The legend becomes buttons, in its order, with its counts if it has any; types that it lacks follow.
  function makeLegend(root) {
    const legend = root.querySelector(".bmt-legend");
    const counts = countTypes(root);
    const totals = {
      documents: root.querySelectorAll(".bmt-document").length,
      entities: [...counts.values()].reduce((sum, {count}) => sum + count, 0),
    };
    for (const place of root.querySelectorAll("[data-total]")) {
      place.textContent = totals[place.dataset.total].toLocaleString("en");
    }
    if (!legend) return;
    const shown = new Map();
    for (const chip of legend.querySelectorAll(".bmt-type")) {
      const given = chip.querySelector("span")?.textContent;
      shown.set(chip.dataset.type, {look: chip.classList[1], count: given ?? counts.get(chip.dataset.type)?.count ?? 0});
    }
    for (const [name, found] of counts) if (!shown.has(name)) shown.set(name, found);
    legend.replaceChildren(...[...shown].map(([name, type]) => typeButton(name, type)));
  }

  // What an element says in Chinese stands in its data-zh; what it says in English in its text.
  function setLanguage(language) {
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-zh]")) {
      element.dataset.en ??= element.textContent;
      element.textContent = language === "zh" ? element.dataset.zh : element.dataset.en;
    }
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", button.dataset.language === language);
    }
  }

  function remembered() {
    try { return localStorage.getItem("bmt-language"); } catch { return null; }
  }

  function makeLanguages() {
    for (const button of document.querySelectorAll("[data-language]")) button.addEventListener("click", () => {
      try { localStorage.setItem("bmt-language", button.dataset.language); } catch { /* a page without a memory */ }
      setLanguage(button.dataset.language);
    });
    setLanguage(remembered() ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
  }

  window.bmt = {makeLegend, setLanguage};
  document.addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll(".bmt")) makeLegend(root);
    makeLanguages();
  });
})();
