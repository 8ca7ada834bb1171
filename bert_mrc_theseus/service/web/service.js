// Requests to the service. Addresses are relative, so that the page also works below a path of a proxy.
import {keep, kept} from "./kept.js";
import {say} from "./words.js";

const MOST_TRIES = 5;
let token = "";
try { token = kept("bmt-token", "", sessionStorage); } catch { /* a browser without a memory */ }

/** Why the service did not answer; `status` is 0 where it could not be reached. */
export class Refusal extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

/** The token for what is asked from now on; it is kept until the browser's tab is closed. */
export function setToken(value) {
  token = value;
  try { keep("bmt-token", value, sessionStorage); } catch { /* a browser without a memory */ }
}

/** The answer to a request; one that finds the service busy is repeated when the service says so. */
export async function ask(path, body, signal) {
  for (let tries = 1; ; tries += 1) {
    const answer = await send(path, body, signal);
    if (answer.ok) return answer;
    if (answer.status !== 503 || tries === MOST_TRIES) throw new Refusal(answer.status, await reason(answer));
    await pause(Math.min(10, Number(answer.headers.get("Retry-After")) || 1) * 1000, signal);
  }
}

async function send(path, body, signal) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method: body === undefined ? "GET" : "POST", headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal(0, say("The service cannot be reached.", "连接不上服务。"));
  }
}

async function reason(answer) {
  try { return (await answer.json()).detail; } catch { return `HTTP ${answer.status}`; }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, {once: true});
  });
}
