// The types as chips: a click switches one off or on.
import {number, say} from "./words.js";

export class TypeChips {
  #root;
  #told;
  #shown = "";

  /** @param told {switched(name), removed(name)} */
  constructor(root, told) { this.#root = root; this.#told = told; }

  /**
   * @param types [{name, query, own, on}]
   * @param looks of the types, from the service
   * @param counts entities of each type
   * @param unseen types whose query the model was not trained on
   */
  update(types, looks, counts, unseen) {
    const names = JSON.stringify(types.map(({name, own}) => [name, own]));
    if (names !== this.#shown) {
      this.#shown = names;
      this.#root.replaceChildren(...types.map(type => this.#chip(type)));
    }
    types.forEach(({name, query, on}, place) => {
      const chip = this.#root.children[place], button = chip.firstChild, count = counts.get(name) ?? 0;
      button.className = `bmt-type k${looks[name] ?? 0}`;
      button.setAttribute("aria-pressed", on);
      button.title = unseen.has(name) ? `${query} — ${say("not trained on this query", "没有用这个问句训练过")}` : query ?? "";
      button.querySelector(".warn").hidden = !unseen.has(name);
      button.querySelector(".count").textContent = number(count);
      chip.children[1]?.setAttribute("aria-label", say(`Remove the type ${name}`, `删除类型 ${name}`));
    });
  }

  #chip({name, own}) {
    const chip = document.createElement("span"), button = document.createElement("button");
    chip.className = "chip";
    button.type = "button";
    const label = document.createElement("b"), count = document.createElement("span"), warn = document.createElement("span");
    label.textContent = name;
    count.className = "count";
    warn.className = "warn";
    warn.textContent = " ⚠";
    button.append(label, count, warn);
    button.addEventListener("click", () => this.#told.switched(name));
    chip.append(button);
    if (own) {
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "plain";
      remove.textContent = "×";
      remove.addEventListener("click", () => this.#told.removed(name));
      chip.append(remove);
    }
    return chip;
  }
}
