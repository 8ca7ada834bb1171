// The entities by frequency. A click goes to the next place of one.
import {number, say} from "./words.js";

const FIRST = 200;  // rows that are shown unasked

export class FoundList {
  #list;
  #more;
  #none;
  #go;
  #rows = [];
  #all = false;
  #steps = new Map();

  /** @param go (paragraph, which of its entities in reading order) */
  constructor(list, more, none, go) {
    this.#list = list;
    this.#more = more;
    this.#none = none;
    this.#go = go;
    more.addEventListener("click", () => { this.#all = true; this.#draw(); });
    list.addEventListener("click", event => {
      const key = event.target.closest("button")?.dataset.key, row = this.#rows.find(item => item.key === key);
      if (!row) return;
      const step = this.#steps.get(key) ?? 0;
      this.#steps.set(key, step + 1);
      this.#go(...row.places[step % row.places.length]);
    });
  }

  /** Counts again; gives the number of entities of each type. */
  update(paragraphs, looks) {
    const rows = new Map(), counts = new Map();
    for (const paragraph of paragraphs) {
      (paragraph.answer?.entities ?? []).forEach(({type, text}, place) => {
        const key = JSON.stringify([type, text]);
        let row = rows.get(key);
        if (!row) rows.set(key, row = {key, type, text, places: []});
        row.places.push([paragraph, place]);
        counts.set(type, (counts.get(type) ?? 0) + 1);
      });
    }
    // Those of equal frequency stay in the order of the text.
    this.#rows = [...rows.values()].sort((one, other) => other.places.length - one.places.length);
    this.looks = looks;
    this.#draw();
    return counts;
  }

  #draw() {
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    const seen = this.#all ? this.#rows : this.#rows.slice(0, FIRST);
    this.#list.replaceChildren(...seen.map(row => this.#item(row)));
    this.#none.hidden = this.#rows.length > 0;
    this.#more.hidden = seen.length === this.#rows.length;
    this.#more.textContent = say(`Show all ${number(this.#rows.length)}`, `显示全部 ${number(this.#rows.length)} 个`);
    if (focused !== undefined) this.#list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #item({key, type, text, places}) {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.dataset.key = key;
    const label = document.createElement("span"), name = document.createElement("b");
    label.className = `bmt-type k${this.looks[type] ?? 0}`;
    name.textContent = type;
    label.append(name);
    const term = document.createElement("span"), count = document.createElement("span");
    term.className = "term";
    term.textContent = text;
    count.className = "count";
    count.textContent = number(places.length);
    button.append(label, term, count);
    item.append(button);
    return item;
  }
}
