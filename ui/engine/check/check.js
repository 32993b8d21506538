// Opens the model on each device, replies to every request of the job, and sends back what came out. `cargo xtask web
// --check` serves this page, and compares with the program.
import init, { Model } from "./engine.js";

const state = document.getElementById("state");
const say = (text) => { state.textContent = text; };
const text = async (name) => (await fetch(name)).text();

async function onDevice(device, job, [run, tokenizer, weights]) {
  const opening = performance.now();
  const model = await Model.open(device, run, tokenizer, weights);
  const opened = performance.now();
  const replies = [];
  let first = null;
  let nSteps = 0;
  for (const request of job.requests) {
    say(`${device}: ${request.utterance}`);
    replies.push(JSON.parse(await model.reply(JSON.stringify(request), () => {
      first ??= performance.now() - opened;
      nSteps += 1;
    })));
  }
  const seconds = (performance.now() - opened) / 1000;
  // Once more, now that shaders are compiled.
  const again = performance.now();
  let nTokens = 0;
  for (const request of job.requests) {
    for (const reply of JSON.parse(await model.reply(JSON.stringify(request), () => {}))) nTokens += reply.n_tokens;
  }
  const warmSeconds = (performance.now() - again) / 1000;
  // Stopping takes effect at the next step.
  let stopped = "not stopped";
  try {
    await model.reply(JSON.stringify(job.requests[0]), () => false);
  } catch (error) {
    stopped = error.message;
  }
  return {
    replies, stopped, nSteps, about: JSON.parse(model.about()),
    openMilliseconds: opened - opening, firstStepMilliseconds: first, coldSeconds: seconds,
    warmSeconds, tokensPerSecond: nTokens / warmSeconds,
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
  await init({ module_or_path: "./engine_bg.wasm" });
  result.initMilliseconds = performance.now() - loading;
  const job = JSON.parse(await text("job.json"));
  const weights = new Uint8Array(await (await fetch("best.safetensors")).arrayBuffer());
  const files = [await text("run.toml"), await text("tokenizer.json"), weights];
  result.adapter = await adapterOf();
  for (const device of job.devices) {
    if (device === "webgpu" && !result.adapter) {
      result.devices[device] = { missing: "no adapter" };
      continue;
    }
    result.devices[device] = await onDevice(device, job, files);
  }
} catch (error) {
  result.error = `${error}`;
}
say(result.error ?? "done");
await fetch("result", { method: "POST", body: JSON.stringify(result) });
