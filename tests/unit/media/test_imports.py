import subprocess
import sys


def test_the_sandboxs_own_process_needs_no_codec() -> None:
    code = "import sys, sandbox.media.supervisor; print(sorted({'av', 'numpy', 'boto3'} & set(sys.modules)))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"
