// Starts the pages. Everything else is Rust; only what must happen before that, or when that fails, is here.
import init from "{{base}}{{glue}}";

const theme = localStorage.getItem("repartee.theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

if ("serviceWorker" in navigator) navigator.serviceWorker.register("{{base}}sw.js").catch(() => {});

init({ module_or_path: "{{base}}{{wasm}}" }).catch((error) => {
  const boot = document.getElementById("boot") ?? document.body.appendChild(document.createElement("p"));
  boot.id = "boot";
  boot.textContent = "The page cannot start: " + error + " · ページを開始できません。ブラウザーを更新してください。";
});
