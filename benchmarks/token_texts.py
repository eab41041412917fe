"""The texts that the constants of `franca.tokens` were fitted to: written for this purpose, in the languages and
notations that people send, and a few that are made (base64, numbers)."""
# ruff: noqa: E501

from __future__ import annotations

import base64
import json
import random

ENGLISH = """The old ferry crosses the river twice a day, once at dawn and once when the lamps along the quay are lit. \
Nobody remembers who built it, and the man who steers it will not say. He carries flour, letters, bicycles and, on \
market days, a great many chickens. When the council proposed a bridge last year, half of the town came to the meeting \
and argued until midnight. A bridge would save time, said the engineers; it would also cost four million pounds, said \
everyone else. In the end they agreed to repair the engine, paint the rails and ask the question again in ten years. \
I think that was the right decision, although I can't prove it. Sometimes a slow thing is worth keeping because it \
makes people stop, look at the water and talk to each other for a quarter of an hour."""

TECHNICAL = """Each connection keeps a bounded buffer of unacknowledged frames. When the peer advertises a smaller \
window, the sender stops scheduling new frames and retransmits only those whose timers have expired; exponential backoff \
is applied per frame, not per connection. Implementations SHOULD NOT assume that acknowledgements arrive in order. A \
misconfigured middlebox may coalesce them, so the congestion controller has to tolerate gaps, duplicates and reordering. \
Throughput was measured with 64 KiB, 256 KiB and 1 MiB payloads over a loopback interface; latency percentiles (p50, \
p95, p99) are reported in microseconds. See section 4.2.1 for the derivation of the retransmission timeout."""

GERMAN = """Die Geschwindigkeitsbegrenzung auf der Umgehungsstraße wurde nach einer ausführlichen Bürgerversammlung \
aufgehoben, obwohl der Gemeinderat ursprünglich eine Verlängerung beschlossen hatte. Für die Anwohnerinnen und Anwohner \
bedeutet das vor allem mehr Lärm in den frühen Morgenstunden. Eine Sprecherin des Verkehrsministeriums erklärte, man habe \
die Unfallstatistik der vergangenen fünf Jahre sorgfältig ausgewertet und keine Auffälligkeiten gefunden. Trotzdem soll \
im nächsten Frühjahr eine Lärmschutzwand errichtet werden, deren Finanzierung allerdings noch nicht vollständig geklärt \
ist. Wer Einwände hat, kann sie schriftlich beim Bauamt einreichen; dort liegen auch die Pläne aus."""

TURKISH = """Sabahın erken saatlerinde limana yanaşan balıkçı tekneleri, gece boyunca tuttukları balıkları küçük kasalara \
yerleştirip pazara gönderdiler. Şehrin eski mahallelerinde yaşayanlar, taze balığın kokusunu duyar duymaz sokağa çıkar ve \
birbirleriyle sohbet ederek alışverişlerini yaparlardı. Belediye başkanı, gelecek yıl iskelenin yenileneceğini ve \
çevresine ağaçlar dikileceğini açıkladı. Bazı esnaf bu değişikliğin işlerini zorlaştıracağından endişe ediyor, ancak \
gençlerin çoğu daha düzenli bir kıyıya kavuşacakları için memnun. Önümüzdeki hafta yapılacak toplantıda herkesin görüşü \
alınacak ve kararlar birlikte verilecek."""

FRENCH = """La bibliothèque municipale rouvrira ses portes au début du mois de septembre, après dix-huit mois de travaux. \
L'ancien escalier a été remplacé par une rampe accessible, et la salle de lecture, désormais baignée de lumière, accueille \
près de deux cents personnes. Les habitants du quartier ont été consultés à plusieurs reprises : ils souhaitaient surtout \
des horaires plus larges et un espace réservé aux adolescents. « Nous avons écouté tout le monde », assure la directrice, \
qui reconnaît toutefois que le budget n'a pas permis de réaliser l'ensemble des propositions."""

SPANISH = """El tren que une las dos ciudades tarda menos de tres horas, pero casi nadie lo utiliza porque los billetes son \
demasiado caros y las estaciones quedan lejos del centro. Una asociación de viajeros ha pedido al gobierno que revise las \
tarifas y que mejore las conexiones con los autobuses. Según sus cálculos, bastaría con reducir el precio un veinte por \
ciento para duplicar el número de pasajeros. La compañía responde que está dispuesta a negociar, aunque recuerda que el \
mantenimiento de las vías supone un gasto considerable cada año."""

RUSSIAN = """Вчера вечером над городом прошла сильная гроза, и несколько улиц остались без электричества до самого утра. \
Ремонтные бригады работали всю ночь, однако восстановить подачу тока удалось не сразу. Жители рассказывают, что молния \
попала в старую липу возле школы, и дерево упало прямо на провода. К счастью, никто не пострадал. Директор школы сообщил, \
что занятия начнутся на два часа позже обычного, а родителей попросил заранее предупредить детей. Синоптики обещают, что \
к концу недели погода наладится и снова станет тепло."""

CHINESE = """昨天下午，城市图书馆举办了一场关于古代地图的展览，吸引了许多市民前来参观。展览共展出六十多幅地图，其中最早的一幅绘制于八百年前，\
虽然纸张已经发黄，但是山川和道路的线条依然清晰可见。讲解员告诉我们，当时的制图者没有现代的测量工具，只能依靠步行和观察来估计距离。\
孩子们对一幅画满海怪的航海图特别感兴趣，围着它问了很多问题。图书馆馆长表示，展览将持续到下个月底，周末还会安排专家讲座，欢迎大家免费参加。\
我觉得这样的活动很有意义，因为它让人们重新认识自己生活的地方。"""

JAPANESE = """先週の日曜日、久しぶりに祖母の家を訪ねた。駅から歩いて二十分ほどの小さな村で、道の両側には田んぼがどこまでも続いている。\
祖母は庭で採れたトマトやきゅうりをたくさん用意して待っていてくれた。昼ごはんを食べながら、昔この辺りに走っていたバスの話や、\
川で魚を捕まえた思い出を聞かせてもらった。帰り際に「またいつでもおいで」と言われ、少し寂しい気持ちになった。次はもっと長く泊まって、\
畑の仕事を手伝うつもりだ。インターネットもコンビニもないけれど、ここにはゆっくりとした時間が流れている。"""

KOREAN = """지난 토요일 우리는 오래된 시장을 구경하러 갔다. 좁은 골목마다 떡과 과일, 따뜻한 국수를 파는 가게들이 늘어서 있었고, 상인들은 \
지나가는 사람들에게 웃으며 말을 걸었다. 할머니 한 분이 직접 만든 만두를 맛보라고 건네주셨는데, 지금까지 먹어 본 것 중에서 가장 맛있었다. \
시장 끝에는 작은 극장이 있어서 주말마다 젊은 배우들이 공연을 한다고 한다. 다음에는 공연 시간을 미리 알아보고 가족과 함께 다시 오기로 했다. \
이런 곳이 오래도록 남아 있으면 좋겠다고 생각했다."""

ARABIC = """في صباح يوم الجمعة اجتمع سكان القرية حول البئر القديمة ليناقشوا مشروع المياه الجديد. قال المهندس إن الأنابيب ستصل إلى جميع \
البيوت قبل نهاية الصيف، لكن بعض المزارعين كانوا قلقين بشأن تكلفة الري في السنوات المقبلة. تحدثت معلمة المدرسة عن أهمية المحافظة على الماء، \
وطلبت من الأطفال أن يكتبوا مقترحاتهم ويعلقوها على جدار المكتبة. وبعد نقاش طويل اتفق الجميع على تشكيل لجنة صغيرة تتابع العمل وتخبر الناس بكل \
جديد. كان الجو جميلا، وانتهى الاجتماع بفنجان من القهوة وحديث طويل عن ذكريات الماضي."""

HINDI = """पिछले महीने हमारे गाँव में एक नया पुस्तकालय खुला, जहाँ बच्चे स्कूल के बाद बैठकर कहानियाँ पढ़ते हैं। पहले किताबें केवल शहर में मिलती थीं, \
इसलिए बहुत से लोग पढ़ने की आदत छोड़ चुके थे। अब हर शाम वहाँ भीड़ रहती है और बुज़ुर्ग भी अख़बार पढ़ने आते हैं। अध्यापिका ने बताया कि अगले साल \
कंप्यूटर भी लगाए जाएँगे ताकि विद्यार्थी नई भाषाएँ सीख सकें।"""

PYTHON = '''import asyncio
from collections import OrderedDict


class BoundedCache:
    """Keeps at most `size` entries; the one that was used longest ago goes first."""

    def __init__(self, size: int = 128) -> None:
        if size < 1:
            raise ValueError(f"size must be positive, not {size!r}")
        self._entries: OrderedDict[str, bytes] = OrderedDict()
        self._size = size
        self._lock = asyncio.Lock()

    async def fetch(self, key: str, load) -> bytes:
        async with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        value = await load(key)
        async with self._lock:
            self._entries[key] = value
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)
        return value
'''

C_CODE = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct node {
    char *key;
    unsigned int hash;
    struct node *next;
} node_t;

static unsigned int fnv1a(const char *text) {
    unsigned int h = 2166136261u;
    for (; *text; text++) {
        h ^= (unsigned char)*text;
        h *= 16777619u;
    }
    return h;
}

int table_insert(node_t **slots, size_t count, const char *key) {
    unsigned int h = fnv1a(key);
    node_t *fresh = malloc(sizeof *fresh);
    if (fresh == NULL)
        return -1;
    fresh->key = strdup(key);
    fresh->hash = h;
    fresh->next = slots[h % count];
    slots[h % count] = fresh;
    return 0;
}
"""

TYPESCRIPT = """export interface RouteOptions<TParams extends Record<string, string>> {
  path: `/${string}`;
  onMatch?: (params: TParams, signal: AbortSignal) => Promise<void>;
}

export function createRouter(routes: RouteOptions<any>[]) {
  const listeners = new Set<() => void>();
  let currentPath = window.location.pathname;

  async function navigate(nextPath: string, { replace = false } = {}) {
    if (nextPath === currentPath) return;
    window.history[replace ? "replaceState" : "pushState"](null, "", nextPath);
    currentPath = nextPath;
    listeners.forEach((notify) => notify());
  }

  return { navigate, subscribe: (fn: () => void) => (listeners.add(fn), () => listeners.delete(fn)) };
}
"""

HTML = """<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Timetable</title><link rel="stylesheet" href="/static/site.css?v=20"></head>
  <body class="page page--wide">
    <nav id="main-nav"><ul><li><a href="/">Home</a></li><li><a href="/ferries/42">Ferry 42</a></li></ul></nav>
    <table data-sortable="true"><tr><th>Departs</th><th>Arrives</th></tr><tr><td>06:15</td><td>06:40</td></tr></table>
    <script>document.querySelectorAll("td").forEach(cell => cell.addEventListener("click", event => show(event)));</script>
  </body>
</html>
"""

MARKDOWN = """# Release checklist

1. Run the **whole** test suite on every supported platform, then `make dist`.
2. Update `CHANGELOG.md`; link each entry to its pull request (`#1234`).
3. Tag the commit: `git tag -s v2.4.0 -m "2.4.0"` and push it with `git push --tags`.

| platform | python | result |
|----------|--------|--------|
| linux    | 3.13   | passed |
| windows  | 3.12   | passed |

> **Note:** the wheel must be smaller than 2 MB. See [the guide](https://example.org/guide/wheels.html#size) for reasons.
"""

_CHANCE = random.Random(20261121)
_ROWS = [
    {
        "id": _CHANCE.randrange(10**9),
        "name": name,
        "email": f"{name.lower()}@example.com",
        "active": _CHANCE.random() < 0.5,
        "balance": round(_CHANCE.uniform(-500, 9000), 2),
        "tags": ["customer", "north-west", None],
    }
    for name in ("Agnes", "Bartholomew", "Chidi", "Dagny", "Emeka", "Fatima")
]
JSON_SHORT = json.dumps(_ROWS, separators=(",", ":"))
JSON_LONG = json.dumps(_ROWS, indent=2)
BASE64 = base64.b64encode(_CHANCE.randbytes(1500)).decode()
HEX = "\n".join(_CHANCE.randbytes(32).hex() for _ in range(24))
CSV = "time,sensor,celsius,volts\n" + "\n".join(
    f"2026-11-{day:02d}T{_CHANCE.randrange(24):02d}:30:00Z,unit-{day % 7},{_CHANCE.uniform(-5, 30):.3f},"
    f"{_CHANCE.uniform(3, 5):.4f}"
    for day in range(1, 29)
)
LOG = "\n".join(
    f"2026-11-21 03:{minute:02d}:{_CHANCE.randrange(60):02d},{_CHANCE.randrange(1000):03d} INFO [worker-{minute % 4}] "
    f"request_id=req_{_CHANCE.randbytes(6).hex()} GET /v1/models status=200 duration={_CHANCE.uniform(1, 90):.1f}ms"
    for minute in range(20)
)
EMOJI = "Great news!!! 🎉🎉 The party starts at 8 🕗, bring 🍕 and 🥤… see you there 😀👍🏽 — don't be late 😅 #weekend 🌴🌊"

TUNED: dict[str, str] = {
    "English prose": ENGLISH,
    "English, technical": TECHNICAL,
    "German": GERMAN,
    "Turkish": TURKISH,
    "French": FRENCH,
    "Spanish": SPANISH,
    "Russian": RUSSIAN,
    "Chinese": CHINESE,
    "Japanese": JAPANESE,
    "Korean": KOREAN,
    "Arabic": ARABIC,
    "Hindi": HINDI,
    "Python": PYTHON,
    "C": C_CODE,
    "TypeScript": TYPESCRIPT,
    "HTML": HTML,
    "Markdown": MARKDOWN,
    "JSON, compact": JSON_SHORT,
    "JSON, indented": JSON_LONG,
    "base64": BASE64,
    "hex digests": HEX,
    "CSV of numbers": CSV,
    "log lines": LOG,
    "chat with emoji": EMOJI,
}
