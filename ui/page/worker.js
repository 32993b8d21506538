// The engine's worker: passes calls and tasks on to the engine (wasm), and does what needs the browser itself: fetching,
// checking and keeping models, and asking for the graphics adapter. Messages are [number, kind, JSON]; see
// `repartee-wire`, module `engine`.
import init, * as engine from "{{base}}{{engine-glue}}";
import { bytesOf, isKept, remove } from "{{base}}{{models-script}}";

const FORMAT = 1;

let loading;
let broken;
let site;
const running = new Map();
const opened = new Map();
// Models whose device was lost since they were opened, and what is said of it.
const lost = new Map();
// The engine's runtime cannot take another device once one was lost: what is opened afterwards computes on the CPU.
let isGone = false;

class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// Between steps the engine waits for this, so that a stop is heard.
const channel = new MessageChannel();
const waiting = [];
channel.port1.onmessage = () => waiting.shift()();
self.afterMessages = (resolve) => {
  waiting.push(resolve);
  channel.port2.postMessage(0);
};

// A lost device answers nothing any more: whoever waits is told.
if (self.GPUAdapter) {
  const requestDevice = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...words) {
    const device = await requestDevice.apply(this, words);
    device.lost.then(({ message }) => {
      const refusal = new Refusal("lost-device", `the graphics device was lost (${message}); ask again to compute on the CPU, or load the page again for another try`);
      isGone = true;
      for (const [model, device] of opened) {
        if (device !== "wgpu") continue;
        close(model);
        lost.set(model, refusal);
      }
      for (const { fail } of running.values()) fail(refusal);
    });
    return device;
  };
}

function load() {
  loading ??= init({ module_or_path: "{{base}}{{engine-wasm}}" }).catch((error) => {
    loading = undefined;
    throw new Refusal("unreachable", `the engine cannot be fetched (${error.message}); check the connection, then try again`);
  });
  return loading;
}

async function readSite() {
  if (site) return site;
  const response = await fetch("{{base}}models.json").catch(() => undefined);
  if (!response?.ok) throw new Refusal("unreachable", "the list of models cannot be fetched; check the connection, then try again");
  const list = await response.json();
  if (list.format !== FORMAT) {
    throw new Refusal("wrong-version", `the list of models has format ${list.format}, this page reads ${FORMAT}; load the page again`);
  }
  site = list;
  return site;
}

async function modelNamed(id) {
  const model = (await readSite()).models.find((model) => model.id === id);
  if (!model) throw new Refusal("not-found", `there is no model \`${id}\``);
  return model;
}

function close(model) {
  if (opened.delete(model)) engine.close(model);
}

async function graphics() {
  if (isGone) return { missing: "no-adapter" };
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (!adapter) return { missing: navigator.gpu ? "no-adapter" : "no-webgpu" };
  const { info, limits, features } = adapter;
  const device = {
    id: "wgpu",
    name: info.description || [info.vendor, info.architecture].filter(Boolean).join(" ") || "WebGPU",
    adapter: {
      backend: "webgpu",
      vendor: [info.vendor, info.architecture].filter(Boolean).join(" "),
      driver: info.device ?? "",
      is_software: Boolean(info.isFallbackAdapter) || info.architecture === "swiftshader",
      max_binding_bytes: limits.maxStorageBufferBindingSize,
      max_buffer_bytes: limits.maxBufferSize,
      max_invocations_per_workgroup: limits.maxComputeInvocationsPerWorkgroup,
      max_workgroup_memory_bytes: limits.maxComputeWorkgroupStorageSize,
      features: [...features].sort(),
    },
  };
  // The engine's runtime measures times on the device and cannot do without.
  return features.has("timestamp-query") ? { device } : { missing: "no-timestamp-query" };
}

const calls = {
  async "about-engine"() {
    const [{ version }, { device, missing }] = await Promise.all([readSite(), graphics()]);
    const cpu = { id: "cpu", name: "CPU (WebAssembly)" };
    const devices = !device ? [cpu] : device.adapter.is_software ? [cpu, device] : [device, cpu];
    const estimate = await navigator.storage?.estimate?.().catch(() => undefined);
    return {
      home: "browser", version, trains: false, devices, missing,
      storage_bytes: estimate ? [estimate.usage ?? 0, estimate.quota ?? 0] : undefined,
    };
  },
  async models() {
    const { models } = await readSite();
    return Promise.all(models.map(async (model) => ({
      ...model, is_kept: await isKept(model), is_open: opened.has(model.id),
    })));
  },
  async "close-model"({ model }) {
    close(model);
    return {};
  },
  async "remove-model"({ model }) {
    await remove(await modelNamed(model));
    return {};
  },
};

async function open({ model: id, device }, tell, signal) {
  const model = await modelNamed(id);
  if (isGone) device = "cpu";
  device ??= (await calls["about-engine"]()).devices[0].id;
  // The engine comes meanwhile; whether it does is asked below.
  load().catch(() => {});
  const done = new Map();
  let told = 0;
  const progress = (file, bytes) => {
    done.set(file, bytes);
    if (performance.now() - told < 60) return;
    told = performance.now();
    const sum = [...done.values()].reduce((sum, bytes) => sum + bytes, 0);
    tell({ event: "fetching", done: sum, total: model.bytes });
  };
  const contents = {};
  let notKept;
  for (const file of model.files) {
    const found = await bytesOf(file, (bytes) => progress(file.name, bytes), signal, Refusal);
    contents[file.name] = found.bytes;
    notKept ??= found.notKept;
  }
  await load();
  tell({ event: "loading" });
  const start = performance.now();
  const text = (name) => new TextDecoder().decode(contents[name]);
  close(id);
  lost.delete(id);
  const pieces = await engine.open(id, device, text("run.toml"), text("tokenizer.json"), contents["best.safetensors"]);
  opened.set(id, device);
  const known = (await calls["about-engine"]()).devices.find((known) => known.id === device);
  tell({
    event: "opened", model: id, device, device_name: known?.name ?? device, not_kept: notKept, n_pieces: pieces,
    milliseconds: Math.round(performance.now() - start),
  });
}

async function perform(number, task, text) {
  if (task.task !== "open-model" && lost.has(task.model)) throw lost.get(task.model);
  const tell = (event) => postMessage([number, "event", typeof event === "string" ? event : JSON.stringify(event)]);
  const abort = new AbortController();
  const failed = new Promise((_, fail) => running.set(number, { fail, abort }));
  const work = task.task === "open-model" ? open(task, tell, abort.signal) : load().then(() => engine.run(number, text, tell));
  try {
    await Promise.race([work, failed]);
  } finally {
    running.delete(number);
  }
}

function refusal(error) {
  // The engine's own refusals are JSON already.
  if (typeof error === "string") return error;
  if (error instanceof WebAssembly.RuntimeError) {
    const said = engine.last_panic() ?? error.message;
    const isMemory = /memory|alloc/i.test(said);
    broken = { code: isMemory ? "out-of-memory" : "internal", message: `the engine broke off (${said}); load the page again` };
    return JSON.stringify(broken);
  }
  const code = error.name === "AbortError" ? "stopped" : error.code;
  return JSON.stringify({ code: typeof code === "string" ? code : "internal", message: error.message ?? String(error) });
}

self.onmessage = async ({ data: [number, kind, text] }) => {
  if (kind === "stop") {
    const task = running.get(number);
    task?.abort.abort();
    if (task && loading) loading.then(() => engine.stop(number));
    return;
  }
  try {
    if (broken) throw Object.assign(new Error(broken.message), { code: broken.code });
    const body = JSON.parse(text);
    if (kind === "call") {
      const call = calls[body.call];
      if (!call) throw new Refusal("unsupported", `an engine in a browser does not do \`${body.call}\`; the app does`);
      postMessage([number, "answer", JSON.stringify(await call(body))]);
    } else {
      await perform(number, body, text);
      postMessage([number, "end", ""]);
    }
  } catch (error) {
    postMessage([number, "error", refusal(error)]);
  }
};
