"""One action of the Helm engine: options as JSON on standard input, the result as JSON on standard output."""

import json
import sys

import helm_python

asked = json.load(sys.stdin)
try:
    if asked["action"] == "render":
        with helm_python.Chart.load(asked["chart"]) as chart:
            result = chart.render(asked["values"], **asked["options"])
    elif asked["action"] == "lint":
        result = helm_python.lint(asked["chart"], asked["values"], **asked["options"])
    elif asked["action"] == "values":
        result = helm_python.values_from_yaml(asked["text"])
    else:
        with helm_python.Config(
            kubeconfig_path=asked["kubeconfig"], namespace=asked["namespace"]
        ) as config:
            action = getattr(config, asked["action"])
            result = action(*asked["arguments"], **asked["options"])
except helm_python.HelmError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
json.dump(result, sys.stdout)
