// What is selected in the text, or the entity that was clicked: it can become an entry of the dictionary.
import {say} from "./words.js";
import {ANY} from "./terms.js";

const LONGEST = 100;  // characters of a selection that may be a term

const form = document.getElementById("chosen"), type = document.getElementById("chosen-type");
const wrong = document.getElementById("chosen-wrong"), add = document.getElementById("chosen-add");
let term = "", names = [];

function show(text, kind, facts = "") {
  const changed = text !== term;
  term = text;
  if (changed || kind) {
    const before = kind ?? type.value;
    fill();
    if ([...type.options].some(option => option.value === before)) type.value = before;
    add.disabled = type.value === ANY;
    document.getElementById("chosen-facts").textContent = facts;
    wrong.textContent = "";
  }
  document.getElementById("chosen-term").textContent = text;
  form.hidden = false;
}

function hide() { form.hidden = true; term = ""; }

function fill() {
  const any = new Option(say("any type", "任何类型"), ANY);
  type.replaceChildren(...names.map(name => new Option(name, name)), any);
}

/** The types that can be chosen. */
export function setTypeNames(all) {
  names = all;
  const before = type.value;
  fill();
  if ([...type.options].some(option => option.value === before)) type.value = before;
}

/**
 * @param view the marked text
 * @param area the text that is edited
 * @param terms the dictionary
 */
export function watchSelections(view, area, terms) {
  const marked = document.getElementById("marked");
  let timer;

  function selected() {
    if (document.activeElement === area) return area.value.slice(area.selectionStart, area.selectionEnd);
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return "";
    const range = selection.getRangeAt(0);
    return marked.contains(range.commonAncestorContainer) ? view.textOf(range) : "";
  }

  function look() {
    if (form.contains(document.activeElement)) return;
    const text = selected().trim();
    if (text && text.length <= LONGEST && !text.includes("\n")) show(text);
    else if (!marked.contains(document.activeElement)) hide();
  }

  for (const target of [document, area]) target.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 150);
  });

  marked.addEventListener("click", event => {
    if (!getSelection().isCollapsed) return;
    const mark = event.target.closest("mark"), entity = mark && view.entityOf(mark);
    if (!entity) return hide();
    show(entity.text, entity.type, entity.source ? say("from the dictionary", "来自词典") : `${entity.type} ${entity.score.toFixed(3)}`);
  });

  function enter(action) {
    try { terms[action](term, type.value); hide(); getSelection().removeAllRanges(); } catch (error) { wrong.textContent = error.message; }
  }

  type.addEventListener("change", () => { add.disabled = type.value === ANY; });
  form.addEventListener("submit", event => { event.preventDefault(); enter("add"); });
  document.getElementById("chosen-veto").addEventListener("click", () => enter("veto"));
  document.getElementById("chosen-close").addEventListener("click", hide);
  document.addEventListener("keydown", event => { if (event.key === "Escape") hide(); });
}
