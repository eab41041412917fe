// The admin's status page. The key is kept in this variable and nowhere else; everything is written as text.

const part = (id) => document.getElementById(id);
let key = "", timer = 0, asked = 0;

const dollars = (value) => (value === null || value === undefined ? "–" : `$${value.toFixed(value && value < 1 ? 4 : 2)}`);
const count = (value) => value.toLocaleString("en");
const time = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
const duration = (seconds) => (seconds === null ? "–" : seconds < 10 ? `${Math.round(seconds * 1000)} ms` : `${Math.round(seconds)} s`);

function age(seconds) {
  const days = Math.floor(seconds / 86400), hours = Math.floor((seconds % 86400) / 3600), minutes = Math.floor((seconds % 3600) / 60);
  return days ? `${days} d ${hours} h` : hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

function element(name, kind, words) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.textContent = words;
  return made;
}

// columns: [heading, function of a row -> text or [text, class], class of the column]
function fill(id, columns, rows, nothing) {
  const head = element("tr", "", "");
  head.append(...columns.map(([name, , kind]) => {
    const cell = element("th", kind, name);
    cell.scope = "col";
    return cell;
  }));
  const lines = rows.map((row) => {
    const line = element("tr", "", "");
    for (const [, value, kind = ""] of columns) {
      const found = value(row);
      const [words, tone] = Array.isArray(found) ? found : [found, ""];
      line.append(element("td", `${kind} ${tone}`.trim(), words));
    }
    return line;
  });
  if (!lines.length) {
    const cell = element("td", "soft", nothing);
    cell.colSpan = columns.length;
    lines.push(element("tr", "", ""));
    lines[0].append(cell);
  }
  part(id).replaceChildren(head, ...lines);
}

const states = { up: "good", probing: "warn", resting: "bad" };
const outcomes = { error: "bad", cut: "bad", refused: "warn" };
const budget = (spent, limit) => (limit === null ? dollars(spent) : [`${dollars(spent)} of ${dollars(limit)}`, spent === null ? "" : spent >= limit ? "bad" : spent >= 0.8 * limit ? "warn" : ""]);
const money = [
  ["Today", (one) => budget(one.day, one.budget_day), "number"],
  ["Month", (one) => budget(one.month, one.budget_month), "number"],
  ["Total", (one) => budget(one.total, one.budget_total), "number"],
];

function sums(status) {
  const whole = Object.values(status.requests).reduce((one, two) => one + two, 0);
  const failed = (status.requests.error ?? 0) + (status.requests.cut ?? 0);
  const facts = [
    ["Spent today", dollars(status.spent_today)],
    ["Requests", count(whole)],
    ["Failed", count(failed), failed ? "bad" : ""],
    ["Refused", count(status.requests.refused ?? 0)],
    ["Under way", count(status.in_flight)],
    ["Tokens", count(status.tokens)],
    ["Without a price", count(status.unpriced), status.unpriced ? "warn" : ""],
    ["Store", status.store, ["ok", "none"].includes(status.store) ? "" : "bad"],
    ["Usage rows lost", count(status.usage_dropped), status.usage_dropped ? "bad" : ""],
    ["Memory", `${(status.memory / 1048576).toFixed(0)} MiB`],
    ["Workers", count(status.workers)],
    ["Running for", age(status.now - status.began)],
  ];
  part("sums").replaceChildren(...facts.map(([name, value, tone]) => {
    const box = element("div", "", "");
    box.append(element("dt", "", name), element("dd", tone, value));
    return box;
  }));
}

function show(status) {
  part("when").textContent = `${time(status.now)} UTC · version ${status.version}${status.draining ? " · ending" : ""}`;
  sums(status);
  fill("servers", [
    ["Server", (one) => one.name],
    ["State", (one) => [one.state, states[one.state] ?? ""]],
    ["First byte", (one) => duration(one.latency), "number"],
    ["Under way", (one) => count(one.in_flight), "number"],
    ["Requests", (one) => count(one.requests), "number"],
    ["Failures", (one) => count(one.failures), "number"],
    ["Keys resting", (one) => (one.keys ? [`${one.resting_keys} of ${one.keys}`, one.resting_keys ? "warn" : ""] : "–"), "number"],
    ["Last error", (one) => one.last_error, "text"],
  ], status.servers, "No server is configured.");
  fill("keys", [
    ["Key", (one) => one.name],
    ["Id", (one) => [one.id, "soft"]],
    ["Team", (one) => one.team],
    ["State", (one) => [one.state, one.state === "valid" ? "" : "soft"]],
    ...money,
  ], status.keys, "No keys.");
  part("teamwise").hidden = !status.teams.length;
  fill("teams", [["Team", (one) => one.name], ...money], status.teams, "");
  fill("errors", [
    ["When (UTC)", (one) => time(one.at)],
    ["Status", (one) => String(one.status || "–"), "number"],
    ["Outcome", (one) => [one.outcome, outcomes[one.outcome] ?? ""]],
    ["Error", (one) => one.error],
    ["Model asked", (one) => one.asked],
    ["Server", (one) => one.server],
    ["Took", (one) => duration(one.seconds), "number"],
    ["Key", (one) => one.key],
    ["Request id", (one) => [one.id, "soft"]],
  ], status.errors, "None.");
}

async function load() {
  clearTimeout(timer);
  const turn = ++asked;
  try {
    const reply = await fetch("admin/v1/status", { headers: { authorization: `Bearer ${key}` }, cache: "no-store" });
    if (turn !== asked) return;
    if (!reply.ok) {
      let said = `the gateway answered ${reply.status}`;
      try { said = (await reply.json()).error.message; } catch { /* no JSON: the status must do */ }
      part("wrong").textContent = said;
      if ([401, 403, 404].includes(reply.status)) return leave();
    } else {
      const status = await reply.json();
      if (turn !== asked) return;
      part("wrong").textContent = "";
      show(status);
      part("enter").hidden = true;
      part("all").hidden = part("leave").hidden = false;
    }
  } catch (error) {
    if (turn !== asked) return;
    part("wrong").textContent = `The gateway does not answer: ${error.message}`;
  }
  timer = setTimeout(load, 5000);
}

function leave() {
  clearTimeout(timer);
  asked += 1;
  key = "";
  part("key").value = "";
  part("when").textContent = "";
  for (const table of ["sums", "servers", "keys", "teams", "errors"]) part(table).replaceChildren();
  part("all").hidden = part("leave").hidden = true;
  part("enter").hidden = false;
  part("key").focus();
}

part("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  key = part("key").value.trim();
  part("key").value = "";
  if (key) load();
});
part("leave").addEventListener("click", leave);
document.addEventListener("visibilitychange", () => {
  if (!key) return;
  if (document.hidden) clearTimeout(timer); else load();
});
part("key").focus();
