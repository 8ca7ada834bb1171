// The entries of the dictionary, one to be written in, and its file.
import {save} from "./files.js";
import {ANY} from "./terms.js";
import {number, say} from "./words.js";

const FIRST = 200;  // entries that are shown
const element = id => document.getElementById(id);

export function drawTerms(terms) {
  const entries = terms.entries();
  element("terms").replaceChildren(...entries.slice(0, FIRST).map(entry => item(terms, ...entry)));
  element("terms-more").hidden = entries.length <= FIRST;
  element("terms-more").textContent = say(`and ${number(entries.length - FIRST)} more`, `另有 ${number(entries.length - FIRST)} 条`);
  element("export-terms").disabled = element("clear-terms").disabled = entries.length === 0;
}

function item(terms, term, type, vetoed) {
  const row = document.createElement("li"), name = document.createElement("span"), kind = document.createElement("span");
  name.className = "term";
  name.textContent = term;
  kind.className = "kind";
  const shown = type === ANY ? say("any type", "任何类型") : type;
  kind.textContent = vetoed ? say(`never ${shown}`, `不是${shown}`) : shown;
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "plain";
  remove.textContent = "×";
  remove.setAttribute("aria-label", say(`Remove ${term}`, `删除 ${term}`));
  remove.addEventListener("click", () => terms.remove(term, type, vetoed));
  row.append(name, kind, remove);
  return row;
}

export function watchTerms(terms) {
  const wrong = element("terms-wrong");
  const tried = action => { wrong.textContent = ""; try { action(); } catch (error) { wrong.textContent = error.message; } };

  element("term-form").addEventListener("submit", event => {
    event.preventDefault();
    tried(() => {
      terms[element("term-veto").checked ? "veto" : "add"](element("term").value, element("term-type").value);
      element("term").value = "";
      element("term").focus();
    });
  });
  element("export-terms").addEventListener("click", () => save(new Blob([terms.toFile()], {type: "text/tab-separated-values"}), "terms.tsv"));
  element("import-terms").addEventListener("click", () => element("terms-file").click());
  element("terms-file").addEventListener("change", async event => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    const content = await file.text();
    tried(() => terms.fromFile(content));
  });
  element("clear-terms").addEventListener("click", () => {
    if (confirm(say("Remove all entries of the dictionary?", "删除词典的全部词条？"))) terms.clear();
  });
}
