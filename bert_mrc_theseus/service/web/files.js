// Files that are opened, saved and copied.
import {number, say} from "./words.js";

const LARGEST = 8 * 2 ** 20;

/** The text of a file: of .jsonl, .ndjson and .json the texts of their records. With what is to be said of it. */
export async function openFile(file) {
  if (file.size > LARGEST) {
    throw new Error(say(`${file.name} is larger than 8 MiB: ask /v1/files, or use predict`, `${file.name} 超过 8 MiB：请用 /v1/files 或 predict`));
  }
  const {text, notice} = decoded(new Uint8Array(await file.arrayBuffer()), file.name);
  const suffix = file.name.toLowerCase().split(".").pop();
  if (suffix === "json") return {text: recordsOf(parsed(text, file.name), file.name), notice};
  if (suffix !== "jsonl" && suffix !== "ndjson") return {text: text.replace(/\r\n?/g, "\n").replace(/\n$/, ""), notice};
  const lines = text.split("\n").map((line, place) => [line, place + 1]).filter(([line]) => line.trim());
  return {text: lines.map(([line, place]) => recordsOf([parsed(line, `${file.name}:${place}`)], `${file.name}:${place}`)).join("\n"), notice};
}

function decoded(bytes, name) {
  let notice = "", text;
  try {
    text = new TextDecoder("utf-8", {fatal: true}).decode(bytes);
  } catch {
    try {
      text = new TextDecoder("gb18030", {fatal: true}).decode(bytes);
      notice = say(`${name} was read as GB18030`, `${name} 按 GB18030 编码读取`);
    } catch { text = "\0"; }
  }
  if (text.includes("\0")) throw new Error(say(`${name} is no text`, `${name} 不是文本文件`));
  return {text, notice};
}

function parsed(text, where) {
  try { return JSON.parse(text); } catch { throw new Error(say(`${where}: not valid JSON`, `${where}：不是有效的 JSON`)); }
}

function recordsOf(records, where) {
  const texts = (Array.isArray(records) ? records : [records]).map(record => typeof record === "string" ? record : record?.text);
  if (texts.some(text => typeof text !== "string")) {
    throw new Error(say(`${where}: a record has no "text"`, `${where}：有记录没有 "text" 字段`));
  }
  return texts.map(text => text.replace(/\r\n?/g, "\n")).join("\n");
}

/** Lets the browser save a file. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Puts a text on the clipboard; over plain HTTP only the old way is there. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea"), before = document.activeElement;
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    if (!done) throw new Error(say("the browser does not allow copying", "浏览器不允许复制"));
  }
}

/** The documents of paragraphs that are answered: a line each, or all lines in one. Offsets are code points. */
export function documentsOf(paragraphs, asOne) {
  if (!asOne) {
    return paragraphs.map(({text, answer}, place) => ({id: `line ${place + 1}`, text, entities: answer.entities}));
  }
  const entities = [];
  let start = 0;
  for (const {text, answer} of paragraphs) {
    for (const entity of answer.entities) entities.push({...entity, start: entity.start + start, end: entity.end + start});
    start += [...text].length + 1;
  }
  return [{id: "text", text: paragraphs.map(({text}) => text).join("\n"), entities}];
}

/** An entity a row, for spreadsheets: with a byte order mark, without which Excel takes UTF-8 for something else. */
export function csvOf(documents) {
  const cell = value => /[",\r\n]/.test(value = String(value ?? "")) ? `"${value.replaceAll('"', '""')}"` : value;
  const rows = [["id", "entity_start", "entity_end", "entity_type", "entity_text", "entity_score", "entity_source"]];
  for (const {id, entities} of documents) {
    for (const {start, end, type, text, score, source} of entities) rows.push([id, start, end, type, text, score, source]);
  }
  return `\ufeff${rows.map(row => row.map(cell).join(",")).join("\n")}\n`;
}

/** What to say of documents that a format cannot hold. */
export function leftOut(count) {
  return count === 0 ? "" : say(`${number(count)} lines left out: this format cannot hold them`, `${number(count)} 行无法用此格式保存，已略去`);
}
