#!/usr/bin/env bash
# Renders docs/pictures/terminal.svg and doctor.svg: real sessions of the command line, as a terminal showed them; the one
# against the simulator, the other against llama.cpp. Needs tmux (not installed by `make`): it is run by hand when the look
# of the command line changes.     scripts/terminal_picture.sh [terminal|doctor]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=$PWD/.venv/bin
scratch=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null; tmux kill-session -t franca-picture 2>/dev/null; rm -rf "$scratch"' EXIT

open_terminal() { # COLUMNS ROWS VARIABLE=VALUE ...
  local columns=$1 rows=$2
  shift 2
  tmux new-session -d -s franca-picture -x "$columns" -y "$rows" "env PS1='$ ' $* PATH=$bin:$PATH bash --norc"
  type_line 'clear' 1
}
type_line() { tmux send-keys -t franca-picture -l "$1" && tmux send-keys -t franca-picture Enter && sleep "${2:-2}"; }
photograph() { # NAME COLUMNS
  tmux capture-pane -t franca-picture -e -p | "$bin/python" -c '
import re, sys
from rich.console import Console
from rich.text import Text

name, columns = sys.argv[1], int(sys.argv[2])
# tmux turns a colour off by "default colour", which Rich does not read: the plain "all off" says the same here.
session = sys.stdin.read().rstrip("\n").replace("\x1b[39m", "\x1b[0m").removesuffix("\n$")
console = Console(record=True, width=columns, file=open("/dev/null", "w"))
console.print(Text.from_ansi(session))
picture = console.export_svg(title="franca", unique_id=name)
picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)  # a picture fetches nothing from anywhere


def moved(found):  # some viewers drop the blanks that a text begins with: it begins further to the right instead
    step = 12.2 * found[5].count(";")  # so wide is a column
    x, length = float(found[1]) + step, float(found[3]) - step
    return f"x=\"{x:.1f}\" {found[2]} textLength=\"{length:.1f}\"{found[4]}"

texts = r"x=\"([\d.]+)\" (y=\"[\d.]+\") textLength=\"([\d.]+)\"( [^>]*>)((?:&#160;)+)(?=[^<])"
picture = re.sub(texts, moved, picture)
open(f"docs/pictures/{name}.svg", "w").write(picture)
' "$1" "$2"
  tmux kill-session -t franca-picture
  echo "wrote docs/pictures/$1.svg"
}

picture_of_chat() {
  local port=8979
  "$bin/franca" simulate --port $port --tokens-per-second 400 >/dev/null &
  servers+=($!)
  open_terminal 96 38 "FRANCA_SERVER=http://127.0.0.1:$port/v1"
  type_line "franca chat -m echo '## Moons of Jupiter

1. **Europa**, an ocean under ice
2. **Io**, four hundred volcanoes

| moon | diameter |
|---|--:|
| Io | 3,643 km |
| Europa | 3,122 km |

\`diameter(\"Io\")\`'" 3
  type_line 'franca chat -m scenario:cut-close-mid-content Hello; echo "exit code $?"' 3
  type_line 'franca models | head -4' 2
  photograph terminal 96
}

picture_of_doctor() {
  # It serves until its input ends. The model has random weights, but likes to call tools.
  mkfifo "$scratch/input"
  "$bin/python" tests/realservers/serve_llama.py \
    "{\"variant\": \"tools\", \"folder\": \"$scratch\", \"api_key\": \"sk-example\", \"context\": 4096}" \
    <"$scratch/input" >"$scratch/url" 2>/dev/null &
  servers+=($!)
  exec 9>"$scratch/input"
  until [ -s "$scratch/url" ]; do sleep 0.2; done
  open_terminal 92 58 "FRANCA_API_KEY=sk-example FRANCA_SERVER=$(cat "$scratch/url")/v1"
  type_line 'franca doctor --yes --max-tokens 400 --only "connection,messages,tool calls,json"' 12
  photograph doctor 92
}

case ${1:-both} in
  terminal) picture_of_chat ;;
  doctor) picture_of_doctor ;;
  *) picture_of_chat && picture_of_doctor ;;
esac
