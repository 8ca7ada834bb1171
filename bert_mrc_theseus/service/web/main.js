// The page: puts its parts together.
import {setTypeNames, watchSelections} from "./chosen.js";
import {drawTerms, watchTerms} from "./dictionary_panel.js";
import {copyText, csvOf, documentsOf, leftOut, openFile, save} from "./files.js";
import {FoundList} from "./found_list.js";
import {keep, kept} from "./kept.js";
import {MarkedView} from "./marked_view.js";
import {Reader} from "./reader.js";
import {ask, setToken} from "./service.js";
import {Terms} from "./terms.js";
import {TypeChips} from "./type_chips.js";
import {number, onLanguage, say, switchAttributes} from "./words.js";

const DEBOUNCE = 200;     // milliseconds without a key before the service is asked
const STALE = 400;        // milliseconds that a changed line may be drawn as it was
const OWN_TYPES = "bmt-types";
const NOTHING = {entities: []};
const EXAMPLE = `昨天上午，程晓光从广州飞往大连，参加东北大学举办的人工智能会议。
北京协和医院的王丽华医生说，首批药品已经运到成都和昆明。
阿里巴巴集团在杭州宣布，将与中国科学院合作建立实验室，由陈志远担任主任。`;

const element = id => document.getElementById(id);
const area = element("text");

let models = [], model = null, own = [], threshold = null, settings = null, failure = null, notice = "";
let looks = {}, unseen = new Set();
const off = new Set();

try {
  own = kept(OWN_TYPES, []).filter(({name, query}) => typeof name === "string" && typeof query === "string");
} catch { /* kept by something else */ }

const view = new MarkedView(element("marked"));
const list = new FoundList(element("found"), element("found-more"), element("found-none"), (...place) => view.show(...place));
const terms = new Terms((changed, isKept) => {
  reader.forget(changed);
  if (!isKept) notice = say("this browser keeps no dictionary: export it", "浏览器无法保存词典，请导出");
  typesChanged();
});
const chips = new TypeChips(element("types"), {
  switched(name) {
    if (!off.delete(name)) off.add(name);
    settingsChanged();
  },
  removed(name) {
    own = own.filter(type => type.name !== name);
    unseen.delete(name);
    off.delete(name);
    keep(OWN_TYPES, own);
    typesChanged();
    element("type-name").focus();
  },
});
const reader = new Reader(
  ({sent, off: without}, texts) => ({...sent, texts, dictionary: terms.body(texts, type => !without.includes(type))}),
  {
    answered(answer) { learn(answer); later("draw", draw, 16); },
    failed(error) { fail(error); view.dropStale(); },
  },
);

const timers = {};
function later(name, action, milliseconds) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(action, milliseconds);
}

// Types and settings.

function types() {
  const asked = [...model.types, ...own.map(type => ({...type, own: true}))];
  const names = new Set(), found = [];
  for (const type of [...asked, ...[...terms.types].map(name => ({name}))]) {
    if (!names.has(type.name)) found.push({...type, on: !off.has(type.name)});
    names.add(type.name);
  }
  return found;
}

// Nothing can be asked where no type of a query is on.
function settingsNow(all = types()) {
  const asked = all.filter(({query}) => query !== undefined), on = asked.filter(type => type.on);
  if (on.length === 0) return null;
  const sent = {model: model.name, types: on.map(({name}) => name), nested: element("nested").checked, shown_types: all.map(({name}) => name)};
  if (asked.some(type => type.own)) sent.queries = Object.fromEntries(asked.map(({name, query}) => [name, query]));
  if (threshold !== null) sent.thresholds = threshold;
  return {sent, off: all.filter(type => !type.on).map(({name}) => name)};
}

function settingsChanged() {
  failure = null;
  settings = model && settingsNow();
  reader.setSettings(settings);
  refresh();
}

/** There are other types: their looks and warnings come from the service, whether there is a text or not. */
async function typesChanged() {
  drawTerms(terms);
  if (!model) return;
  const names = types().map(({name}) => name);
  setTypeNames(names);
  element("type-names").replaceChildren(...names.map(name => new Option(name)));
  settingsChanged();
  if (settings) try { learn(await probe(settings)); draw(); } catch (error) { fail(error); }
}

const probe = async ({sent}) => (await ask("page/entities", {...sent, texts: []})).json();

function learn(answer) {
  looks = answer.looks;
  for (const name of answer.unseen) unseen.add(name);
}

// The text.

function textChanged() {
  failure = null;
  const first = view.setText(area.value.toWellFormed());
  refresh();
  if (first) view.follow(first);
  later("stale", () => view.dropStale(), STALE);
}

function refresh() {
  if (settings && !failure) reader.read(view.paragraphs.map(({text}) => text).filter(text => text.trim()));
  draw();
}

function draw() {
  view.draw(text => settings && text.trim() ? reader.answer(text) : NOTHING);
  const counts = list.update(view.paragraphs, looks);
  if (model) chips.update(types(), looks, counts, unseen);
  sayState([...counts.values()].reduce((sum, count) => sum + count, 0));
}

function sayState(entities) {
  const lines = view.paragraphs.filter(({text}) => text.trim()).length, waiting = failure ? 0 : reader.waiting;
  const status = element("status"), warned = unseenTypes();
  const state = failure ? failure.message
    : !model ? "" : !settings ? say("No type is switched on.", "没有选中任何类型。")
    : waiting ? say(`Reading: ${number(waiting)} of ${number(lines)} lines to go`, `正在读取：还有 ${number(waiting)} / ${number(lines)} 行`)
    : say(`${number(entities)} in ${number(lines)} lines`, `${number(lines)} 行，${number(entities)} 个`);
  const told = [state, notice].filter(Boolean).join(" · ");
  if (status.textContent !== told) status.textContent = told;
  status.classList.toggle("wrong", failure !== null);
  element("again").hidden = failure === null;
  element("unseen").hidden = warned.length === 0;
  element("unseen").textContent = say(
    `⚠ The model was not trained on the queries of: ${warned.join(", ")}. What it finds of them may be wrong.`,
    `⚠ 模型没有用这些类型的问句训练过：${warned.join("、")}。找到的结果可能不对。`);
  const done = settings !== null && waiting === 0 && failure === null && view.paragraphs.length > 0;
  element("download").disabled = !done;
  element("copy").disabled = !done || element("format").value === "brat";
}

const unseenTypes = () => model ? types().filter(({name, on}) => on && unseen.has(name)).map(({name}) => name) : [];

function fail(error) {
  if (error.status === 401) return wantToken(error);
  failure = error;
  draw();
}

function setText(text) {
  area.value = text;
  area.setSelectionRange(0, 0);
  area.scrollTop = element("marked").scrollTop = 0;
  textChanged();
}

async function open(file) {
  try {
    const {text, notice: told} = await openFile(file);
    notice = told;
    setText(text);
  } catch (error) {
    notice = error.message;
    draw();
  }
}

function watchText() {
  let composing = false;
  const changed = () => { notice = ""; if (!composing) later("text", textChanged, DEBOUNCE); };
  area.addEventListener("compositionstart", () => { composing = true; });
  area.addEventListener("compositionend", () => { composing = false; changed(); });
  area.addEventListener("input", changed);
  element("open").addEventListener("click", () => element("file").click());
  element("file").addEventListener("change", event => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) open(file);
  });
  element("example").addEventListener("click", () => { notice = ""; setText(EXAMPLE); });
  element("clear").addEventListener("click", () => { notice = ""; setText(""); area.focus(); });
  // A file that is dropped beside the text would otherwise replace the page.
  addEventListener("dragover", event => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    area.classList.add("over");
  });
  addEventListener("dragleave", event => { if (!event.relatedTarget) area.classList.remove("over"); });
  addEventListener("drop", event => {
    area.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    open(file);
  });
}

// Settings that are chosen.

function showThreshold() {
  const value = threshold ?? model?.thresholds.start ?? 0.5;
  element("threshold").value = value;
  element("threshold-value").textContent = Number(value).toFixed(2);
  element("own-threshold").disabled = threshold === null;
}

function watchSettings() {
  element("model").addEventListener("change", event => setModel(models.find(({name}) => name === event.target.value)));
  element("nested").addEventListener("change", settingsChanged);
  element("threshold").addEventListener("input", event => {
    threshold = Number(event.target.value);
    showThreshold();
    later("settings", settingsChanged, DEBOUNCE);
  });
  element("own-threshold").addEventListener("click", () => { threshold = null; showThreshold(); settingsChanged(); });
  element("again").addEventListener("click", () => { if (model) settingsChanged(); else start(); });
  element("type-form").addEventListener("submit", async event => {
    event.preventDefault();
    const name = element("type-name").value.trim(), query = element("type-query").value.trim(), wrong = element("type-wrong");
    wrong.textContent = "";
    if (!model || !name || !query) return;
    if (types().some(type => type.name === name && type.query !== undefined)) {
      wrong.textContent = say(`There is a type ${name} already.`, `已有类型 ${name}。`);
      return;
    }
    try {
      // The service says whether the model can ask such a query.
      await probe(settingsNow([...types().filter(type => type.name !== name), {name, query, own: true, on: true}]));
    } catch (error) {
      wrong.textContent = error.message;
      return;
    }
    own.push({name, query});
    off.delete(name);
    keep(OWN_TYPES, own);
    element("type-name").value = element("type-query").value = "";
    typesChanged();
  });
}

// Copying and downloading what is seen.

async function fileNow() {
  const format = element("format").value, documents = documentsOf(view.paragraphs, element("one-document").checked);
  if (format === "csv") return {blob: new Blob([csvOf(documents)], {type: "text/csv"}), name: "entities.csv", skipped: 0};
  const asked = types().filter(type => type.on).map(({name, query}) => ({name, query: query ?? name}));
  const answer = await ask("page/file", {format, documents, types: asked});
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))?.[1] ?? "entities";
  return {blob: await answer.blob(), name, skipped: Number(answer.headers.get("Skipped-Records"))};
}

function watchSaving() {
  const status = element("saving-status");
  const tried = async action => {
    status.textContent = "";
    try { status.textContent = await action(); } catch (error) { status.textContent = error.message; }
  };
  element("format").addEventListener("change", draw);
  element("copy").addEventListener("click", () => tried(async () => {
    const {blob, skipped} = await fileNow();
    await copyText((await blob.text()).replace(/^\ufeff/, ""));
    return [say("Copied.", "已复制。"), leftOut(skipped)].filter(Boolean).join(" ");
  }));
  element("download").addEventListener("click", () => tried(async () => {
    const {blob, name, skipped} = await fileNow();
    save(blob, name);
    return leftOut(skipped);
  }));
}

// The beginning.

function setModel(chosen) {
  model = chosen;
  unseen = new Set();
  element("only-model").title = model.version;
  showThreshold();
  typesChanged();
}

function wantToken(error) {
  const form = element("token-form"), again = !form.hidden || kept("bmt-token", "", sessionStorage);
  form.hidden = false;
  element("token-wrong").textContent = again ? error.message : "";
  element("token").focus();
}

async function start() {
  failure = null;
  try {
    models = (await (await ask("v1/models")).json()).models;
  } catch (error) {
    return fail(error);
  }
  element("token-form").hidden = true;
  element("models").hidden = models.length === 1;
  element("only-model").textContent = models.length === 1 ? models[0].name : "";
  element("model").replaceChildren(...models.map(({name}) => new Option(name, name)));
  setModel(models[0]);
}

element("token-form").addEventListener("submit", event => {
  event.preventDefault();
  setToken(element("token").value);
  start();
});
watchText();
watchSettings();
watchSaving();
watchTerms(terms);
watchSelections(view, area, terms);
onLanguage(() => { switchAttributes(); drawTerms(terms); if (model) draw(); });
switchAttributes();
drawTerms(terms);
showThreshold();
// A browser that comes back to the page may have kept the text.
view.setText(area.value.toWellFormed());
start();
