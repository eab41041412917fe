"""What does a server do? Some probes of the doctor, and the row for the table of servers that follows from them.

    python examples/examine.py

Runs against FRANCA_SERVER (and FRANCA_MODEL), or against the embedded simulator when there is none.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import date

from franca.doctor import Examination, chosen, row_of
from franca.servers import to_toml
from franca.simulator import Simulator


def main() -> None:
    with ExitStack() as stack:
        url = os.environ.get("FRANCA_SERVER") or stack.enter_context(Simulator()).url
        model = os.environ.get("FRANCA_MODEL") or "lorem"
        examination = stack.enter_context(Examination(url, model=model))
        findings = []
        for probe in chosen(["chat", "sampling", "streaming"]):
            findings.append(examination.run(probe))
            print(f"{findings[-1].name:22} {findings[-1].verdict:8} {findings[-1].fact}")
        print("\n" + to_toml(row_of(findings, examination.server, examination.base_url, date.today().isoformat())))


if __name__ == "__main__":
    main()
