// The studies' worker: sees that one tab at a time has the browser's files, and that requests are answered one after the
// other. What is asked and answered is Rust (`ui/studies`). Messages to it are [number, method, path, body, seat]; from it
// [number, "answer", contents, name], [number, "refused", JSON], [number, "later"] and [0, "state", what, why].
import init, * as studies from "{{base}}{{studies-glue}}";

const LOCK = "repartee-studies";
// A tab that has just closed may keep the files for a moment.
const TRIES = 50;
const PAUSE_MS = 100;

const channel = self.BroadcastChannel ? new BroadcastChannel(LOCK) : undefined;
let isHere = false;
let giveAway;
let settle;
// Whoever asks while the files are being opened waits.
let line = new Promise((resolve) => (settle = resolve));

const state = (what, why) => {
  postMessage([0, "state", what, why ?? ""]);
  settle();
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Whoever broke off half-way cannot be trusted any more; the page starts another worker, and SQLite puts things right.
function broken(error) {
  isHere = false;
  state("broken", studies.last_panic?.() ?? String(error?.message ?? error));
}

async function open() {
  await init({ module_or_path: "{{base}}{{studies-wasm}}" });
  for (let tries = 1; ; tries += 1) {
    try {
      return await studies.open();
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError || tries === TRIES) throw error;
      await pause(PAUSE_MS);
    }
  }
}

// Has the files until another tab asks for them.
async function hold() {
  await open();
  const asked = new Promise((resolve) => (giveAway = resolve));
  isHere = true;
  state("here");
  await asked;
  isHere = false;
  await line;
  studies.close();
  state("elsewhere");
}

async function begin() {
  // Without locks there is no secure context, so no files of the browser's: each tab has studies of its own, in memory.
  if (!navigator.locks) return hold();
  const isFree = await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => lock && hold().then(() => true));
  if (!isFree) state("elsewhere");
  for (;;) await navigator.locks.request(LOCK, hold);
}

if (channel) channel.onmessage = () => giveAway?.();

async function perform([number, method, path, body, seat]) {
  if (!isHere) return postMessage([number, "later"]);
  try {
    const [contents, name] = await studies.answer(method, path, body, seat);
    postMessage([number, "answer", contents, name], contents.buffer ? [contents.buffer] : []);
  } catch (error) {
    if (typeof error === "string") return postMessage([number, "refused", error]);
    postMessage([number, "later"]);
    broken(error);
  }
}

self.onmessage = ({ data }) => {
  if (data[1] === "take") {
    channel?.postMessage("give");
  } else {
    line = line.then(() => perform(data));
  }
};

begin().catch(broken);
