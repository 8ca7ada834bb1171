// The paragraphs of the text with their entities. Only those that have changed are drawn again.

export class MarkedView {
  #root;
  #last = null;
  paragraphs = [];

  constructor(root) {
    this.#root = root;
    root.addEventListener("copy", event => this.#copy(event));
  }

  /** Takes over a text; gives the first paragraph that is new. One that has changed keeps its drawing until it is answered. */
  setText(text) {
    const lines = text === "" ? [] : text.split("\n"), old = this.paragraphs;
    let same = 0, tail = 0;
    while (same < old.length && same < lines.length && old[same].text === lines[same]) same += 1;
    while (tail < old.length - same && tail < lines.length - same
           && old[old.length - 1 - tail].text === lines[lines.length - 1 - tail]) tail += 1;
    const gone = old.slice(same, old.length - tail), added = document.createDocumentFragment();
    const fresh = lines.slice(same, lines.length - tail).map(line => ({text: line, node: plain(line), answer: null}));
    if (fresh.length === 1 && gone.length === 1) {
      fresh[0].node = gone[0].node;
      fresh[0].stale = true;
      fresh[0].node.classList.add("waiting");
    } else {
      for (const paragraph of gone) paragraph.node.remove();
      for (const paragraph of fresh) added.append(paragraph.node);
      this.#root.insertBefore(added, tail ? old[old.length - tail].node : null);
    }
    this.paragraphs = [...old.slice(0, same), ...fresh, ...old.slice(old.length - tail)];
    return fresh[0];
  }

  /** Shows the texts of paragraphs that are still drawn as they were before a change. */
  dropStale() {
    for (const paragraph of this.paragraphs) if (paragraph.stale) this.#replace(paragraph, plain(paragraph.text));
  }

  /** Draws the paragraphs whose answer is another one than before; without an answer what is drawn stays, as waiting. */
  draw(answerOf) {
    for (const paragraph of this.paragraphs) {
      const answer = answerOf(paragraph.text);
      if (answer === paragraph.answer) continue;
      if (!answer) {
        paragraph.node.classList.add("waiting");
        paragraph.answer = null;
        continue;
      }
      const node = answer.html === undefined ? plain(paragraph.text) : drawn(answer.html);
      node.classList.remove("waiting");
      this.#replace(paragraph, node);
      paragraph.answer = answer;
    }
  }

  #replace(paragraph, node) {
    paragraph.node.replaceWith(node);
    paragraph.node = node;
    paragraph.stale = false;
  }

  /** Brings a paragraph into sight where the text has a window of its own to scroll in. */
  follow(paragraph) {
    if (this.#root.scrollHeight <= this.#root.clientHeight || getComputedStyle(this.#root).overflowY !== "auto") return;
    const window = this.#root.getBoundingClientRect(), place = paragraph.node.getBoundingClientRect();
    if (place.top < window.top) this.#root.scrollTop += place.top - window.top;
    else if (place.bottom > window.bottom) this.#root.scrollTop += Math.min(place.bottom - window.bottom, place.top - window.top);
  }

  /** Goes to an entity: a paragraph, and which of its entities in reading order. */
  show(paragraph, place) {
    const find = () => paragraph.node.querySelectorAll("mark:not(.c)")[place];
    this.#last?.classList.remove("here");
    const mark = this.#last = find();
    if (!mark) return;
    mark.classList.add("here");
    mark.tabIndex = -1;
    mark.focus({preventScroll: true});
    mark.scrollIntoView({block: "center"});
    // Paragraphs on the way have been laid out only now, and may be higher than was thought.
    requestAnimationFrame(() => mark.scrollIntoView({block: "center"}));
  }

  /** The entity that a mark belongs to, which may be drawn in pieces. */
  entityOf(mark) {
    const node = mark.closest(".bmt-text"), paragraph = this.paragraphs.find(item => item.node === node);
    const marks = [...(node?.querySelectorAll("mark:not(.c)") ?? [])];
    const place = mark.classList.contains("c") ? marks.findIndex(other => other.title === mark.title) : marks.indexOf(mark);
    return paragraph?.answer?.entities[place];
  }

  /** The text of a range, line by line. */
  textOf(range) {
    const part = range.cloneContents(), whole = part.querySelectorAll(".bmt-text");
    return whole.length ? [...whole].map(node => node.textContent).join("\n") : part.textContent;
  }

  #copy(event) {
    const selection = getSelection();
    if (selection.rangeCount === 0 || !this.#root.contains(selection.getRangeAt(0).commonAncestorContainer)) return;
    event.clipboardData.setData("text/plain", this.textOf(selection.getRangeAt(0)));
    event.preventDefault();
  }
}

function plain(line) {
  const node = document.createElement("p");
  node.className = "bmt-text waiting";
  node.textContent = line;
  return node;
}

// The service has escaped all that is text, and the page's policy runs no script of a text.
function drawn(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}
