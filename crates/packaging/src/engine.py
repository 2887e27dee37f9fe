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


def release(ask):
    """Steps on one release: what each of them left behind, the history at the end."""
    helm_config = helm.Config(kubeconfig_content=ask["kubeconfig"], namespace=ask["namespace"])
    name = ask["release"]
    answers = []
    for step in ask["steps"]:
        try:
            match step["do"]:
                case "install":
                    helm_config.install(ask["chart"], name, step["values"])
                case "upgrade":
                    helm_config.upgrade(ask["chart"], name, step["values"])
                case "rollback":
                    helm_config.rollback(name, version=step["version"])
                case "test":
                    helm_config.test(name, timeout=30)
                case "uninstall":
                    helm_config.uninstall(name)
            answers.append({"done": step["do"]})
        except helm.HelmError as error:
            answers.append({"refusal": str(error)})
    try:
        history = [
            {"version": one["version"], "status": one["info"]["status"]}
            for one in map(dict, helm_config.history(name))
        ]
    except helm.HelmError:
        history = []
    return {"steps": answers, "history": history}


ask = json.load(sys.stdin)
answer = {"render": render, "lint": lint, "pull": pull, "release": release}[ask["do"]](ask)
json.dump(answer, sys.stdout)
