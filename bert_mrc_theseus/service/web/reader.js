// Asks for the entities of paragraphs: each text once as long as the settings are the same, a few at a time.
import {ask} from "./service.js";

const BATCH = 4_000;  // characters of a request
const MOST = 100;     // paragraphs of a request
const AT_A_TIME = 2;  // requests
const REMEMBERED = 4; // settings whose answers are kept, so that what is switched off and on again is there at once

export class Reader {
  #memory = new Map();
  #answers = new Map();
  #asked = new Set();
  #queue = [];
  #running = 0;
  #stop = new AbortController();
  #settings;
  #body;
  #told;

  /**
   * @param body (settings, texts) -> what is sent
   * @param told {answered(answer), failed(error)}: is called after each request
   */
  constructor(body, told) { this.#body = body; this.#told = told; }

  get waiting() { return this.#queue.length + this.#asked.size; }

  answer(text) { return this.#answers.get(text); }

  /** Answers of other settings count from now on. */
  setSettings(settings) {
    this.#settings = settings;
    const key = JSON.stringify(settings);
    this.#answers = this.#memory.get(key) ?? new Map();
    this.#memory.delete(key);
    this.#memory.set(key, this.#answers);
    if (this.#memory.size > REMEMBERED) this.#memory.delete(this.#memory.keys().next().value);
    this.stop();
  }

  /** Forgets the answers of texts that have one of some terms in them. */
  forget(terms) {
    for (const answers of this.#memory.values()) {
      for (const text of [...answers.keys()]) if (terms.some(term => text.includes(term))) answers.delete(text);
    }
    this.stop();
  }

  stop() {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#asked = new Set();
    this.#queue = [];
    this.#running = 0;
  }

  /** These texts are wanted, and no others any more; memory is kept of them alone. */
  read(texts) {
    const wanted = new Set(texts);
    if (this.#answers.size > 2 * wanted.size + 1_000) {
      for (const text of [...this.#answers.keys()]) if (!wanted.has(text)) this.#answers.delete(text);
    }
    this.#queue = [...wanted].filter(text => !this.#answers.has(text) && !this.#asked.has(text));
    this.#pump();
  }

  #pump() {
    while (this.#running < AT_A_TIME && this.#queue.length) {
      let size = 0, count = 0;
      while (count < this.#queue.length && count < MOST && (count === 0 || size + this.#queue[count].length <= BATCH)) {
        size += this.#queue[count].length;
        count += 1;
      }
      this.#ask(this.#queue.splice(0, count), this.#stop.signal);
    }
  }

  async #ask(texts, signal) {
    const asked = this.#asked, answers = this.#answers;
    this.#running += 1;
    for (const text of texts) asked.add(text);
    try {
      const response = await ask("page/entities", this.#body(this.#settings, texts), signal);
      const answer = await response.json();
      if (signal.aborted) return;
      texts.forEach((text, place) => { answers.set(text, answer.documents[place]); asked.delete(text); });
      this.#running -= 1;
      this.#pump();
      this.#told.answered(answer);
    } catch (error) {
      if (signal.aborted) return;
      this.stop();
      this.#told.failed(error);
    }
  }
}
