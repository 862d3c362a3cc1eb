"""What a student's notebook waits for, and what works where PyTorch is missing, as in a browser."""

import json
import subprocess
import sys

HEAVY = ("torch", "torchvision", "matplotlib", "IPython", "nbgrader", "sklearn", "gensim")

# As if PyTorch were not installed, and without the clock that a browser's Python lacks.
WITHOUT_TORCH = """
import json, sys, time

del time.thread_time

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_checks_are_imported_in_less_than_a_second_and_without_what_is_heavy():
    """The processor's time: a busy machine is no fault of the code."""
    code = "import time, sys, json; start = time.process_time(); import coursekit.checks\n"
    seconds, loaded = run(code + "print(json.dumps([time.process_time() - start, list(sys.modules)]))")
    assert seconds < 1
    assert set(HEAVY) & set(loaded) == set()


def test_without_pytorch_the_numpy_side_is_imported():
    packages = ("numpy_nn", "networks", "data", "metrics", "figures", "claims", "training", "transfer.text",
                "checks.magic", "grading", "doctor", "cli")  # fmt: skip
    imports = ", ".join(f"coursekit.{package}" for package in packages)
    assert run(WITHOUT_TORCH + f"import {imports}; print(json.dumps('torch' in sys.modules))") is False


def test_a_student_needs_nothing_that_is_there_on_linux_only():
    """`resource` is what Windows lacks of what grading imports; grading itself needs Linux."""
    code = WITHOUT_TORCH.replace('"torch", "torchvision"', '"resource", "fcntl"')
    imports = "import coursekit.cli, coursekit.coursework, coursekit.checks.magic, coursekit.doctor\n"
    said = run(code + imports + "print(json.dumps([name for name in sys.modules if 'coursekit' in name]))")
    assert "coursekit.coursework" in said
    assert "coursekit.grading" not in said


def test_without_pytorch_networks_are_built_trained_and_counted():
    code = """
from dataclasses import replace
import coursekit.numpy_nn as cnp
from coursekit import data, networks
from coursekit.training import LENET5

inputs = data.load("fashion_mnist_small").inputs()
model = cnp.build("lenet5", seed=0)
recipe = replace(LENET5, epochs=1)
history = cnp.fit(model, inputs.x_train[:200], inputs.y_train[:200], recipe, progress=False)
print(json.dumps([networks.get("resnet50").parameter_count, len(model.gradients())]))
"""
    assert run(WITHOUT_TORCH + code) == [25557032, 10]


def test_without_pytorch_the_numpy_exercises_are_checked(root):
    code = f"""
import nbformat
from coursekit import checks
from coursekit.checks.mutation import solution, verdicts

lost = {{}}
for name in ("conv_forward", "conv_backward", "pooling_and_fc", "counting", "lrn_and_dropout"):
    notebook = nbformat.read(f"{root}/exercises/source/{{name}}/{{name}}.ipynb", as_version=4)
    points = sum(v.points for v in verdicts(checks.get(name), solution(notebook)).values())
    lost[name] = checks.get(name).points - points
print(json.dumps(lost))
"""
    lost = run(WITHOUT_TORCH + code)
    assert len(lost) == 5
    assert set(lost.values()) == {0}
