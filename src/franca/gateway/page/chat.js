// The chat page: one conversation, streamed. What models and servers say is only ever written as text.

const part = (id) => document.getElementById(id);
const model = part("model"), key = part("key"), keep = part("keep"), system = part("system");
const talk = part("talk"), form = part("form"), text = part("text"), send = part("send"), stop = part("stop"), notice = part("notice");

let messages = [];
let running = null; // the AbortController of the answer that is being read

const store = { // a browser may forbid it
  get(name) { try { return localStorage.getItem(name) ?? ""; } catch { return ""; } },
  set(name, value) { try { value ? localStorage.setItem(name, value) : localStorage.removeItem(name); } catch { /* then not */ } },
};

function headers() {
  const found = { "content-type": "application/json" };
  if (key.value.trim()) found.authorization = `Bearer ${key.value.trim()}`;
  return found;
}

async function problem(reply) {
  let body = null;
  try { body = await reply.json(); } catch { /* no JSON: the status must do */ }
  const said = body?.error?.message ?? `the gateway answered ${reply.status}`;
  return new Error(reply.status === 401 ? `${said} (Settings → Key)` : said);
}

async function loadModels() {
  notice.textContent = "";
  try {
    const reply = await fetch("v1/models", { headers: headers() });
    if (!reply.ok) throw await problem(reply);
    const names = (await reply.json()).data.map((one) => String(one.id));
    const last = store.get("franca.model");
    model.replaceChildren(...names.map((name) => new Option(name, name, false, name === last)));
    model.disabled = names.length === 0;
    if (!names.length) notice.textContent = "No server offers a model.";
  } catch (error) {
    model.replaceChildren(new Option("no models"));
    model.disabled = true;
    notice.textContent = `Models: ${error.message}`;
  }
}

function element(name, kind, words = "") {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.textContent = words;
  return made;
}

function show(role, words) {
  part("empty")?.remove();
  const place = element("article", role);
  const body = element("div", "words", words);
  if (role !== "user") place.append(element("div", "who", model.value));
  place.append(body);
  talk.append(place);
  talk.scrollTop = talk.scrollHeight;
  return { place, body };
}

// Text that grows: what came within a frame is added at once, to one text node.
function growing(node) {
  const target = node.appendChild(document.createTextNode(""));
  let waiting = "", due = false;
  const flush = () => {
    due = false;
    if (!waiting) return;
    const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
    target.appendData(waiting);
    waiting = "";
    if (atEnd) talk.scrollTop = talk.scrollHeight;
  };
  return {
    add(more) { waiting += more; if (!due) { due = true; requestAnimationFrame(flush); } },
    flush,
    get whole() { return target.data + waiting; },
  };
}

async function* events(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data:")) yield line.slice(5).trim();
  }
}

async function answer(mine) {
  const { place, body } = show("assistant", "");
  const words = growing(body);
  let thoughts = null, usage = null, reason = null, ended = false;
  const began = performance.now();
  running = new AbortController();
  try {
    const said = system.value.trim() ? [{ role: "system", content: system.value }, ...mine] : mine;
    const reply = await fetch("v1/chat/completions", {
      method: "POST", headers: headers(), signal: running.signal,
      body: JSON.stringify({ model: model.value, stream: true, stream_options: { include_usage: true }, messages: said }),
    });
    if (!reply.ok) throw await problem(reply);
    const streamed = reply.headers.get("content-type")?.startsWith("text/event-stream");
    for await (const data of streamed ? events(reply) : [await reply.text()]) {
      if (!data) continue;
      if (data === "[DONE]") { ended = true; break; }
      const event = JSON.parse(data);
      const choice = event.choices?.[0];
      const wrong = event.error ?? choice?.error;
      if (wrong) throw new Error(wrong.message ?? "the server sent an error");
      usage = event.usage ?? usage;
      reason = choice?.finish_reason ?? reason;
      const delta = choice?.delta ?? choice?.message;
      const thought = delta?.reasoning_content ?? delta?.reasoning;
      if (typeof thought === "string" && thought) {
        if (!thoughts) {
          const box = element("details");
          box.append(element("summary", "", "Reasoning"), element("div", "words"));
          body.before(box);
          thoughts = growing(box.lastChild);
        }
        thoughts.add(thought);
      }
      if (typeof delta?.content === "string") words.add(delta.content);
    }
    if (!ended && !reason) throw new Error("the answer broke off");
    const facts = [`${((performance.now() - began) / 1000).toFixed(1)} s`];
    if (usage) facts.push(`${usage.prompt_tokens} + ${usage.completion_tokens} tokens`);
    if (reason && reason !== "stop") facts.push(`ended by ${reason}`);
    place.append(element("div", "facts", facts.join(" · ")));
    notice.textContent = "Answer complete.";
  } catch (error) {
    const left = error.name === "AbortError";
    place.append(element("div", left ? "facts" : "error", left ? "stopped" : error.message));
    notice.textContent = left ? "Stopped." : "The answer failed.";
  } finally {
    running.abort(); // after an error event: nothing more is wanted of this connection
    running = null;
    thoughts?.flush();
    words.flush();
    talk.scrollTop = talk.scrollHeight;
    if (words.whole) mine.push({ role: "assistant", content: words.whole });
    else { // the question goes back to where it can be sent again, and is not asked twice
      const asked = mine.pop().content;
      if (mine === messages && !text.value) text.value = asked;
    }
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words || running || model.disabled) return;
  text.value = "";
  notice.textContent = "";
  const mine = messages;
  mine.push({ role: "user", content: words });
  show("user", words);
  send.hidden = true;
  stop.hidden = false;
  try { await answer(mine); } finally {
    send.hidden = false;
    stop.hidden = true;
    text.focus();
  }
});
text.addEventListener("keydown", (event) => {
  // Enter that ends the composition of an input method (keyCode 229 in Safari) must not send.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});
stop.addEventListener("click", () => running?.abort());
part("fresh").addEventListener("click", () => {
  running?.abort();
  messages = [];
  talk.replaceChildren();
  notice.textContent = "";
  text.focus();
});
model.addEventListener("change", () => store.set("franca.model", model.value));
key.addEventListener("change", () => { store.set("franca.key", keep.checked ? key.value.trim() : ""); loadModels(); });
keep.addEventListener("change", () => store.set("franca.key", keep.checked ? key.value.trim() : ""));

key.value = store.get("franca.key");
keep.checked = Boolean(key.value);
loadModels();
text.focus();
