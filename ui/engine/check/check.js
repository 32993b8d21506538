// Opens the model on each device, replies to every request of the job, and sends back what came out. `cargo xtask web
// --check` serves this page, and compares with the program.
import init, { open, run, stop } from "./engine.js";

const state = document.getElementById("state");
const say = (text) => {
  state.textContent = text;
  return fetch("progress", { method: "POST", body: text });
};
const text = async (name) => (await fetch(name)).text();

let number = 0;

// The replies to a request; `onStep` hears of each step and may stop by giving false.
async function replies(request, onStep) {
  const replies = [];
  const own = number++;
  await run(own, JSON.stringify(request), (text) => {
    const event = JSON.parse(text);
    if (event.event === "reply") replies.push(event);
    if (event.event === "step" && onStep?.() === false) stop(own);
  });
  return replies;
}

async function onDevice(device, job, [runFile, tokenizer, weights]) {
  const opening = performance.now();
  await open("run", device, runFile, tokenizer, weights);
  const opened = performance.now();
  const all = [];
  let first = null;
  let nSteps = 0;
  for (const request of job.requests) {
    const after = ((performance.now() - opened) / 1000).toFixed(1);
    say(`${device}: request ${all.length + 1} of ${job.requests.length}, after ${after} s and ${nSteps} steps`);
    all.push(await replies(request, () => {
      first ??= performance.now() - opened;
      nSteps += 1;
    }));
  }
  const seconds = (performance.now() - opened) / 1000;
  say(`${device}: all again after ${seconds.toFixed(1)} s and ${nSteps} steps`);
  // Once more, now that shaders are compiled.
  const again = performance.now();
  let nTokens = 0;
  for (const request of job.requests) {
    for (const reply of await replies(request)) nTokens += reply.n_tokens;
  }
  const warmSeconds = (performance.now() - again) / 1000;
  // Stopping takes effect at the next step.
  let stopped = "not stopped";
  try {
    await replies(job.requests[0], () => false);
  } catch (error) {
    stopped = JSON.parse(error).message;
  }
  return {
    replies: all, stopped, nSteps, openMilliseconds: opened - opening, firstStepMilliseconds: first,
    coldSeconds: seconds, warmSeconds, tokensPerSecond: nTokens / warmSeconds,
  };
}

async function adapterOf() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return null;
  const { vendor, architecture, description } = adapter.info;
  return { vendor, architecture, description, features: [...adapter.features].sort() };
}

const result = { userAgent: navigator.userAgent, devices: {} };
try {
  const loading = performance.now();
  const wasm = await init({ module_or_path: "./engine_bg.wasm" });
  result.initMilliseconds = performance.now() - loading;
  const job = JSON.parse(await text("job.json"));
  const weights = new Uint8Array(await (await fetch("best.safetensors")).arrayBuffer());
  const files = [await text("run.toml"), await text("tokenizer.json"), weights];
  result.adapter = await adapterOf();
  for (const device of job.devices) {
    if (device === "wgpu" && !result.adapter) {
      result.devices[device] = { missing: "no adapter" };
      continue;
    }
    result.devices[device] = await onDevice(device, job, files);
  }
  result.memoryBytes = wasm.memory.buffer.byteLength;
} catch (error) {
  result.error = typeof error === "string" ? error : `${error}`;
}
say(result.error ?? "done");
await fetch("result", { method: "POST", body: JSON.stringify(result) });
