#!/usr/bin/env bash
# Renders docs/pictures/terminal.svg: a real session of the command line against the simulator, as a terminal showed it.
# Needs tmux (not installed by `make`): it is run by hand when the look of the command line changes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=$PWD/.venv/bin
port=8979
"$bin/franca" simulate --port $port --tokens-per-second 400 >/dev/null &
simulator=$!
trap 'kill $simulator; tmux kill-session -t franca-picture 2>/dev/null || true' EXIT
tmux new-session -d -s franca-picture -x 92 -y 38 "env PS1='$ ' FRANCA_SERVER=http://127.0.0.1:$port/v1 PATH=$bin:$PATH bash --norc"
type_line() { tmux send-keys -t franca-picture -l "$1" && tmux send-keys -t franca-picture Enter && sleep "${2:-2}"; }
type_line 'clear' 1
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
tmux capture-pane -t franca-picture -e -p | "$bin/python" -c '
import re, sys
from rich.console import Console
from rich.text import Text

console = Console(record=True, width=92, file=open("/dev/null", "w"))
console.print(Text.from_ansi(sys.stdin.read().rstrip("\n")))
picture = console.export_svg(title="franca", unique_id="terminal")
picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)  # a picture fetches nothing from anywhere
open("docs/pictures/terminal.svg", "w").write(picture)
'
echo "wrote docs/pictures/terminal.svg"
