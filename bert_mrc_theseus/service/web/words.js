// What the page says while it runs, in its language. What always stands on it has both languages in index.html: text is switched
// by marked.js, labels and placeholders here.

const ATTRIBUTES = {zhLabel: "aria-label", zhPlaceholder: "placeholder"};
const english = new WeakMap();

/** The one of two sentences that is in the page's language. */
export const say = (inEnglish, inChinese) => document.documentElement.lang === "zh" ? inChinese : inEnglish;

export const number = value => value.toLocaleString("en");

/** Calls a function whenever the language was switched. */
export function onLanguage(listener) {
  new MutationObserver(listener).observe(document.documentElement, {attributeFilter: ["lang"]});
}

export function switchAttributes() {
  for (const [key, attribute] of Object.entries(ATTRIBUTES)) {
    const name = `data-${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
    for (const element of document.querySelectorAll(`[${name}]`)) {
      if (!english.has(element)) english.set(element, {});
      english.get(element)[attribute] ??= element.getAttribute(attribute);
      element.setAttribute(attribute, say(english.get(element)[attribute], element.dataset[key]));
    }
  }
}
