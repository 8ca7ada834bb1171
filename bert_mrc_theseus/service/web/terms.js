// The dictionary: terms that are always entities of a type, and terms that never are. A file of it is one for `--dictionary`.
import {keep, kept} from "./kept.js";
import {say} from "./words.js";

const KEY = "bmt-terms";
const LONGEST = 1_000;
export const ANY = "*";

export class Terms {
  #added = new Map();
  #vetoed = new Map();
  #told;

  /** @param told (terms that have changed, whether they could be kept) */
  constructor(told) {
    this.#told = told;
    const before = kept(KEY, {});
    try {
      for (const [term, type] of before.added ?? []) this.#add(term, type);
      for (const [term, types] of before.vetoed ?? []) for (const type of types) this.#veto(term, type);
    } catch { /* kept by something else */ }
  }

  get types() { return new Set(this.#added.values()); }

  get size() { return this.#added.size + this.#vetoed.size; }

  /** All entries: [term, type, vetoed], the latest first. */
  entries() {
    const vetoes = [...this.#vetoed].flatMap(([term, types]) => [...types].map(type => [term, type, true]));
    return [...[...this.#added].map(([term, type]) => [term, type, false]), ...vetoes].reverse();
  }

  add(term, type) { this.#add(...checked(term, type, false)); this.#changed([term.trim()]); }

  veto(term, type) { this.#veto(...checked(term, type, true)); this.#changed([term.trim()]); }

  remove(term, type, vetoed) {
    if (vetoed) {
      this.#vetoed.get(term)?.delete(type);
      if (!this.#vetoed.get(term)?.size) this.#vetoed.delete(term);
    } else this.#added.delete(term);
    this.#changed([term]);
  }

  clear() {
    const terms = [...this.#added.keys(), ...this.#vetoed.keys()];
    this.#added.clear();
    this.#vetoed.clear();
    this.#changed(terms);
  }

  /** What concerns some texts, as a request has it; additions of types that are switched off are left out. */
  body(texts, isOn) {
    const occurs = term => texts.some(text => text.includes(term));
    const added = [...this.#added].filter(([term, type]) => isOn(type) && occurs(term));
    const vetoed = [...this.#vetoed].filter(([term]) => occurs(term)).map(([term, types]) => [term, [...types]]);
    return added.length || vetoed.length ? {added: Object.fromEntries(added), vetoed: Object.fromEntries(vetoed)} : undefined;
  }

  /** The file: `term<TAB>type`, or `term<TAB>type<TAB>veto`. */
  toFile() {
    return this.entries().reverse().map(([term, type, vetoed]) => `${term}\t${type}${vetoed ? "\tveto" : ""}\n`).join("");
  }

  /** Adds the entries of a file: all, or none where a line is wrong. Its number of entries. */
  fromFile(content) {
    const entries = [];
    content.replace(/^\ufeff/, "").split(/\r\n|\n|\r/).forEach((line, place) => {
      if (!line.trim() || line.startsWith("#")) return;
      const [term, type, ...rest] = line.split("\t").map(part => part.trim());
      try {
        if (type === undefined || rest.length > 1 || (rest.length && rest[0] !== "veto")) {
          throw new Error(say("a line is term<TAB>type or term<TAB>type<TAB>veto", "每行应为 词<TAB>类型 或 词<TAB>类型<TAB>veto"));
        }
        entries.push([...checked(term, type, rest.length > 0), rest.length > 0]);
      } catch (error) {
        throw new Error(say(`line ${place + 1}: ${error.message}`, `第 ${place + 1} 行：${error.message}`));
      }
    });
    for (const [term, type, vetoed] of entries) if (vetoed) this.#veto(term, type); else this.#add(term, type);
    this.#changed(entries.map(([term]) => term));
    return entries.length;
  }

  // What is said last counts: a term is not both an entity and none.
  #add(term, type) {
    this.#added.set(term, type);
    const types = this.#vetoed.get(term);
    types?.delete(type);
    types?.delete(ANY);
    if (types?.size === 0) this.#vetoed.delete(term);
  }

  #veto(term, type) {
    if (type === ANY || this.#added.get(term) === type) this.#added.delete(term);
    if (!this.#vetoed.has(term)) this.#vetoed.set(term, new Set());
    this.#vetoed.get(term).add(type);
  }

  #changed(terms) {
    const vetoed = [...this.#vetoed].map(([term, types]) => [term, [...types]]);
    this.#told(terms, keep(KEY, {added: [...this.#added], vetoed}));
  }
}

function checked(term, type, vetoed) {
  term = term.trim();
  type = type.trim();
  const wrong = !term || !type ? say("a term and a type are needed", "需要词和类型")
    : [...term].length > LONGEST ? say(`a term has at most ${LONGEST} characters`, `一个词最多 ${LONGEST} 个字`)
    : [...type].length > 100 ? say("a type has at most 100 characters", "类型最多 100 个字")
    : /[\t\r\n]/.test(term + type) ? say("a term is on one line, without tabs", "词不能换行，也不能有制表符")
    : term.startsWith("#") ? say("a term cannot begin with #: such lines of the file are comments", "词不能以 # 开头：文件里这样的行是注释")
    : type === ANY && !vetoed ? say("only “never” can be for any type", "只有“不是实体”可以用于任何类型") : "";
  if (wrong) throw new Error(wrong);
  return [term, type];
}
