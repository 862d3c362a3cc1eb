"""The command is there at once."""

import subprocess
import sys


def test_grading_starts_without_compiling_a_grammar_of_addresses_and_without_pictures():
    code = "import sys, coursekit.grading; print({'rfc3987_syntax', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
