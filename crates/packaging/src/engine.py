"""Does with Helm what standard input asks for, and prints what came of it; all of it JSON."""

import json
import sys

import helm_python as helm


def render(ask):
    chart = helm.Chart.load(ask["chart"])
    answers = []
    for case in ask["cases"]:
        try:
            manifests = chart.render(
                case["values"],
                name=case["release"],
                namespace=case["namespace"],
                is_upgrade=case.get("isUpgrade", False),
            )
            answers.append({"manifests": manifests})
        except helm.HelmError as error:
            answers.append({"refusal": str(error)})
    return answers


def lint(ask):
    return [
        helm.lint(ask["chart"], values, strict=True, kube_version=ask["kubeVersion"])
        for values in ask["values"]
    ]


def pull(ask):
    index = helm.repo_index(ask["repository"])
    helm.pull(ask["name"], repo_url=ask["repository"], destination=ask["folder"])
    chart = helm.Chart.load(f"{ask['folder']}/{ask['name']}-{ask['version']}.tgz")
    return {"index": index, "templates": len(chart.templates), "version": chart.version}


def index(ask):
    return helm.repo_index_generate(ask["folder"])


ask = json.load(sys.stdin)
answer = {"render": render, "lint": lint, "pull": pull, "index": index}[ask["do"]](ask)
json.dump(answer, sys.stdout)
