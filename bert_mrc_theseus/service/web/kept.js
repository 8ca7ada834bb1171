// What the browser keeps of the page. Without a memory the page works as well, until it is closed.

/** What was kept under a name, or what is given instead. */
export function kept(name, instead, where = localStorage) {
  try { return JSON.parse(where.getItem(name)) ?? instead; } catch { return instead; }
}

/** Keeps a value; whether that was possible. */
export function keep(name, value, where = localStorage) {
  try { where.setItem(name, JSON.stringify(value)); return true; } catch { return false; }
}
