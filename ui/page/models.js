// Files of models: fetched in parts that survive a reload, checked, and kept in the browser's own file system for this site
// (OPFS) under the name of their SHA-256. Where that is missing, full or in use by another tab, they are fetched all the
// same and only not kept.

async function folder() {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle("models", { create: true });
}

async function keptFile(file) {
  try {
    const kept = await (await (await folder()).getFileHandle(file.sha256)).getFile();
    return kept.size === file.bytes ? kept : undefined;
  } catch {
    return undefined;
  }
}

export async function isKept(model) {
  const files = await Promise.all(model.files.map(keptFile));
  return files.every(Boolean);
}

export async function remove(model) {
  for (const file of model.files) {
    for (const name of [file.sha256, `${file.sha256}.part`]) await drop(name);
  }
}

async function drop(name) {
  try {
    await (await folder()).removeEntry(name);
  } catch {
    // It was not there.
  }
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What is being fetched: two models may share a file, and the second then finds it kept.
const coming = new Map();

// A file's contents, and why they are not kept, if so. `progress` hears how many bytes are here.
export async function bytesOf(file, progress, signal, Refusal) {
  while (coming.has(file.sha256)) await coming.get(file.sha256).catch(() => {});
  const work = bytes(file, progress, signal, Refusal);
  coming.set(file.sha256, work);
  try {
    return await work;
  } finally {
    coming.delete(file.sha256);
  }
}

async function bytes(file, progress, signal, Refusal) {
  const kept = await keptFile(file);
  if (kept) {
    const contents = new Uint8Array(await kept.arrayBuffer());
    if (await sha256(contents) === file.sha256) {
      progress(file.bytes);
      return { bytes: contents };
    }
    await drop(file.sha256);
  }
  const part = await openPart(file);
  try {
    return { bytes: await fetchWhole(file, part, progress, signal, Refusal), notKept: part.notKept };
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error;
    part.close();
    await drop(`${file.sha256}.part`);
    const memory = new Memory("the browser's storage for this site is full; remove a model that you do not need");
    return { bytes: await fetchWhole(file, memory, progress, signal, Refusal), notKept: memory.notKept };
  } finally {
    part.close();
  }
}

async function fetchWhole(file, part, progress, signal, Refusal) {
  const unreachable = (why) => new Refusal("unreachable", `\`${file.name}\` cannot be fetched (${why}); what has come is kept: check the connection, then try again`);
  if (part.size > file.bytes) part.clear();
  progress(part.size);
  if (part.size < file.bytes) {
    const headers = part.size > 0 ? { Range: `bytes=${part.size}-` } : {};
    let response;
    try {
      response = await fetch(`{{base}}${file.path}`, { headers, signal, cache: "no-store" });
    } catch (error) {
      throw error.name === "AbortError" ? error : unreachable(error.message);
    }
    if (!response.ok) throw unreachable(`the server answered ${response.status}`);
    if (response.status !== 206) part.clear();
    const reader = response.body.getReader();
    while (true) {
      let read;
      try {
        read = await reader.read();
      } catch (error) {
        throw error.name === "AbortError" ? error : unreachable(error.message);
      }
      if (read.done) break;
      part.append(read.value);
      progress(part.size);
    }
    if (part.size < file.bytes) throw unreachable(`it ended after ${part.size} of ${file.bytes} bytes`);
  }
  const bytes = part.whole();
  const found = await sha256(bytes);
  if (found !== file.sha256) {
    part.clear();
    throw new Refusal("corrupt", `\`${file.name}\` is damaged: its SHA-256 is ${found.slice(0, 12)}…, expected ${file.sha256.slice(0, 12)}…; it was thrown away, fetch it again`);
  }
  await part.keep();
  return bytes;
}

async function openPart(file) {
  let handle;
  try {
    handle = await (await folder()).getFileHandle(`${file.sha256}.part`, { create: true });
    return new Part(handle, await handle.createSyncAccessHandle(), file);
  } catch {
    return new Memory(handle ? "another tab fetches it, too" : "this browser keeps no files for this site");
  }
}

// What has come of a file, on the disk.
class Part {
  constructor(handle, access, file) {
    Object.assign(this, { handle, access, file, size: access.getSize() });
  }
  append(chunk) {
    if (this.access.write(chunk, { at: this.size }) < chunk.length) throw new DOMException("full", "QuotaExceededError");
    this.size += chunk.length;
    this.access.flush();
  }
  clear() {
    this.access.truncate(0);
    this.size = 0;
  }
  whole() {
    const bytes = new Uint8Array(this.size);
    this.access.read(bytes, { at: 0 });
    return bytes;
  }
  async keep() {
    this.close();
    await this.handle.move(this.file.sha256);
  }
  close() {
    this.access?.close();
    this.access = undefined;
  }
}

// The same in memory.
class Memory {
  constructor(notKept) {
    Object.assign(this, { notKept, chunks: [], size: 0 });
  }
  append(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }
  clear() {
    Object.assign(this, { chunks: [], size: 0 });
  }
  whole() {
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
  async keep() {}
  close() {}
}
