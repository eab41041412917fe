"""What models, servers and files say is text: nothing of it ever runs, through whichever door it comes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from page_rig import House, Visit, Visits
from page_words import Words, reasoning, tool_call

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<details open ontoggle=alert(1)>x</details>",
    "<body onload=alert(1)>",
    "<a href='javascript:alert(1)' autofocus onfocus=alert(1)>x</a>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example/><button>go</button></form>",
    "<object data=https://evil.example/x></object>",
    "<embed src=https://evil.example/x>",
    "<video src=https://evil.example/x onerror=alert(1)></video>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](blob:https://evil.example/1)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    '![x](https://evil.example/x.png "onerror=alert(1)")',
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "```html\n<script>alert(1)</script>\n```",
    '```"><img src=x onerror=alert(1)>\nx\n```',
    "`<img src=x onerror=alert(1)>`",
    "| <img src=x onerror=alert(1)> | b |\n|---|---|\n| <script>alert(1)</script> | [x](javascript:alert(1)) |",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\html@mathml{<img src=x onerror=alert(1)>}{x}$$",
    "$\\includegraphics{https://evil.example/x.png}$",
    "$\\style{color:red;background:url(https://evil.example)}{x}$",
    "# <img src=x onerror=alert(1)>",
    "- [ ] <img src=x onerror=alert(1)>",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<x id=app name=getElementById>clobber</x>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "\u202e<img src=x onerror=alert(1)>",
)

# Whatever could run, load or frame something, wherever it is on the page.
_DANGER = """() => {
  const bad = [];
  for (const node of document.querySelectorAll('body *')) {
    const name = node.localName;
    const foreign = /^(script|iframe|object|embed|frame|style|link|meta|base)$/.test(name);
    if (foreign || (name === 'form' && node.closest('[data-part=text]'))) bad.push(name);
    for (const { name: attribute, value } of node.attributes) {
      if (/^on/i.test(attribute)) bad.push(`${name} ${attribute}`);
      const leads = /^(href|src|action|formaction|xlink:href|data|srcdoc)$/i.test(attribute);
      const runs = /^[\\s\\x00-\\x1f]*(javascript|vbscript|data:text|data:image.svg)/i.test(value);
      if (leads && runs) bad.push(`${name} ${value}`);
    }
  }
  return bad;
}"""


def nothing_ran(visit: Visit) -> None:
    assert visit.page.evaluate(_DANGER) == []
    visit.check()


@pytest.mark.parametrize("door", ["answer", "pieces", "reasoning", "error", "tool"])
def test_what_a_model_says_does_not_run(house: House, visits: Visits, door: str) -> None:
    """Every payload through one door: the text, the text a character at a time, reasoning, errors, tool calls."""
    whole = "\n\n".join(PAYLOADS)
    if door == "answer":
        house.model.say(whole)
    elif door == "pieces":
        house.model.say(*whole)
    elif door == "reasoning":
        house.model.say(reasoning(whole), "done")
    elif door == "error":
        house.model.do(lambda call: call.reply({"error": {"message": whole, "code": PAYLOADS[1]}}, 400))
    else:
        house.model.say(
            tool_call(PAYLOADS[1], whole), tool_call(PAYLOADS[0], json.dumps({PAYLOADS[1]: PAYLOADS}), 1),
            finish="tool_calls",
        )  # fmt: skip
    visit = visits.open(house)
    visit.ask("Go")
    answer = visit.ended("error" if door == "error" else "done")
    if door == "reasoning":
        answer.locator("[data-part=reasoning] summary").click()
    answer.locator("[data-do=raw]").click()
    visit.page.locator("dialog pre").first.wait_for()
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_timeout(300)  # what is loaded late has its turn
    nothing_ran(visit)
    visit.page.reload()
    visit.ended("error" if door == "error" else "done")
    nothing_ran(visit)


def test_names_do_not_run(house: House, visits: Visits) -> None:
    """Names of models and of those who own them; what a person typed; titles of conversations, which come from it."""
    visit = visits.open(house)
    visit.page.locator("[data-part=model]").click()
    visit.page.locator("[data-part=picker] .pick", has_text="gamma").click()
    for payload in PAYLOADS[:3]:
        visit.ask(payload)
        visit.until("!document.querySelector('[data-status=running]')")
    assert visit.page.locator("[data-part=sidebar]").inner_text().count("script") >= 1
    nothing_ran(visit)


def test_names_of_files_do_not_run(house: House, visits: Visits, tmp_path: Path) -> None:
    """In previews, in the conversation and after a reload."""
    visit = visits.open(house)
    files = [
        {"name": f"{payload.replace('/', '_')}.txt", "mimeType": "text/plain", "buffer": payload.encode()}
        for payload in (PAYLOADS[0], PAYLOADS[1], PAYLOADS[9])
    ]
    visit.page.locator("[data-part=composer] input[type=file]").set_input_files(files)
    visit.page.locator("[data-part=attachment]").nth(2).wait_for()
    visit.ask("Look")
    visit.ended()
    nothing_ran(visit)
    visit.page.reload()
    visit.ended()
    nothing_ran(visit)


def hostile() -> dict[str, Any]:
    """A conversation that no page of ours ever wrote."""
    messages: list[dict[str, object]] = []
    for number, payload in enumerate(PAYLOADS):
        messages.append({
            "id": f"q{number}", "chat": "c", "role": "user", "parents": [f"a{number - 1}"] if number else [],
            "lane": 0, "created": number, "text": payload,
            "attachments": [{"id": "x", "kind": "image", "name": payload, "type": "image/svg+xml", "size": 1}],
        })  # fmt: skip
        messages.append({
            "id": f"a{number}", "chat": "c", "role": "assistant", "parents": [f"q{number}"], "lane": 0,
            "created": number, "text": payload, "reasoning": payload, "status": "done", "model": payload,
            "tools": [{"id": payload, "name": payload, "arguments": payload, "result": payload}],
            "images": ["javascript:alert(1)", "https://evil.example/x.png", "data:image/svg+xml,<svg onload=alert(1)>"],
            "problem": {"message": payload}, "figures": {"model": payload}, "finish": payload,
        })  # fmt: skip
    chat = {
        "id": "c", "title": PAYLOADS[1], "created": 1, "updated": 2, "tags": list(PAYLOADS[:5]),
        "models": [PAYLOADS[1]], "system": PAYLOADS[0], "params": {"extra": PAYLOADS[0]}, "chosen": {"__proto__": "x"},
    }  # fmt: skip
    return {"chat": chat, "messages": messages}


def test_an_imported_conversation_does_not_run(house: House, visits: Visits, tmp_path: Path) -> None:
    """Our own export, with each text replaced by something hostile, comes in as text or not at all."""
    visit = visits.open(house)
    visit.ask("Something to export")
    visit.ended()
    visit.page.locator("[data-part=sidebar] [data-do=share]").click()
    with visit.page.expect_download() as started:
        visit.page.locator("[data-do=export-json]").first.click()
    file = json.loads(Path(started.value.path()).read_text())
    made = hostile()
    text = json.dumps(file)
    assert "Something to export" in text
    file["chats"] = [{**made["chat"], "messages": made["messages"]}]  # as our own export has them
    target = tmp_path / "hostile.json"
    target.write_text(json.dumps(file))
    visit.page.locator("dialog input[type=file]").set_input_files(target)
    entry = visit.page.locator("[data-part=entry]", has_text=PAYLOADS[1]).first  # (a tag of it has the same words)
    entry.wait_for(state="attached")
    visit.page.keyboard.press("Escape")
    entry.click()
    visit.answers.nth(5).wait_for()
    visit.page.wait_for_timeout(300)
    nothing_ran(visit)


def test_the_policy_is_what_the_browser_holds(house: House, visits: Visits) -> None:
    """Inline scripts, strings as code, markup by strings, foreign connections: the browser itself refuses them."""
    with Words() as elsewhere:
        visit = visits.open(house)
        tried = visit.page.evaluate(
            """async (elsewhere) => {
              await new Promise((go) => setTimeout(go)); // what the tests run themselves is not held by the policy
              const failed = async (act) => { try { await act(); return false; } catch { return true; } };
              const script = document.createElement('script');
              script.append('window.__ran = true');
              try { document.body.append(script); } catch { /* refused at once */ }
              return {
                eval: await failed(() => (0, eval)('1')),
                markup: await failed(() => { document.body.innerHTML += '<p>x</p>'; }),
                fetch: await failed(() => fetch(elsewhere)),
                inline: window.__ran === undefined,
              };
            }""",
            elsewhere.url,
        )
        assert tried == {"eval": True, "markup": True, "fetch": True, "inline": True}
        assert elsewhere.calls == []
        assert len(visit.page.evaluate("window.__violations")) >= 3
        visit.page.evaluate("window.__violations = []")  # these were wanted
        visit.errors.clear()
        visit.foreign.clear()
