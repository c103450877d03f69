"""The GitHub Actions job and the session that the README shows."""

import os
import re

import yaml

import runs


def run(checks, setting):
    with open(f"{setting.root}/README.md", encoding="utf-8") as file:
        text = file.read()
    checks.guard("the session", session, checks, setting, text)
    checks.guard("the job", job, checks, setting, text)


def session(checks, setting, text):
    block = re.search(r"```yml\n(session:\n.*?)```", text, re.DOTALL).group(1)
    path = f"{setting.work}/told.yml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"extends: smoke\nname: told\nabout: what the README tells\n{block}")
    planned = runs.simbench(setting, "plan", "--profile", path)
    checks.true("the session that is shown is one", planned.returncode == 0 and "wait for its broadcast" in " ".join(planned.stdout.split()), planned.stderr)


def job(checks, setting, text):
    section = text.split("\n## In CI\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    if not checks.same("the README shows one job", len(blocks), 1):
        return
    # YAML 1.1 reads the key `on` as true.
    workflow = yaml.safe_load(blocks[0])
    checks.true("it starts on every push", "push" in (workflow.get("on") or workflow.get(True)))
    jobs = workflow["jobs"]
    for name, told in jobs.items():
        checks.true(f"{name} says where it runs", isinstance(told.get("runs-on"), str))
        for step in told["steps"]:
            checks.true(f"{name}: a step either uses or runs", ("uses" in step) != ("run" in step), step)
            checks.true(f"{name}: keys are steps' keys", set(step) <= {"name", "id", "if", "uses", "run", "with", "env", "shell", "working-directory", "timeout-minutes", "continue-on-error"}, step)
    steps = [step for told in jobs.values() for step in told["steps"]]
    commands = "\n".join(step.get("run", "") for step in steps)
    checks.true("the page goes to the job", "$GITHUB_STEP_SUMMARY" in commands)
    for script in set(re.findall(r"scripts/[\w-]+", commands)):
        checks.true(f"{script} is there", os.access(f"{setting.root}/{script}", os.X_OK))
    always = [step for step in steps if step.get("if") in ("always()", "${{ always() }}", "!cancelled()", "${{ !cancelled() }}")]
    checks.true("page and upload come after a failure, too", len(always) >= 2)
    checks.true("the record is uploaded", any("upload-artifact" in step.get("uses", "") for step in always))
