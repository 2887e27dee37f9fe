//! What holds whatever the values are.

use super::{Rendering, all, each, folder, list};
use callboard_packaging::chart;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// Checks one thing in every rendering and tells of all that fail.
fn everywhere(check: impl Fn(&Rendering) -> Vec<String>) {
    let faults: Vec<String> = all()
        .iter()
        .flat_map(|rendering| {
            check(rendering)
                .into_iter()
                .map(|fault| format!("{}: {fault}", rendering.name))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// All containers of all pods.
fn containers(rendering: &Rendering) -> Vec<(&Value, &Value)> {
    rendering
        .objects()
        .filter(|object| object["spec"]["template"]["spec"].is_object())
        .map(|object| &object["spec"]["template"]["spec"])
        .flat_map(|pod| {
            list(&pod["initContainers"])
                .chain(list(&pod["containers"]))
                .map(move |container| (pod, container))
        })
        .collect()
}

fn twice(names: &[&str]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names
        .iter()
        .filter(|name| !seen.insert(**name))
        .map(|name| format!("`{name}` is there twice"))
        .collect()
}

#[test]
fn the_hub_has_every_variable_that_it_needs() {
    everywhere(|rendering| {
        let names = each(&rendering.container()["env"], "name");
        let mut needed = vec!["APP_CONFIG_backend_listen_port"];
        if rendering.values["global"]["auth"]["backend"]["enabled"] != false {
            needed.push("BACKEND_SECRET");
        }
        if rendering.values["upstream"]["postgresql"]["enabled"] != false {
            needed.extend([
                "POSTGRES_HOST",
                "POSTGRES_PORT",
                "POSTGRES_USER",
                "POSTGRES_PASSWORD",
                "POSTGRESQL_ADMIN_PASSWORD",
            ]);
        }
        needed
            .into_iter()
            .filter(|name| !names.contains(name))
            .map(|name| format!("{name} is missing"))
            .collect()
    });
}

#[test]
fn names_and_paths_are_there_once() {
    everywhere(|rendering| {
        let mut faults = Vec::new();
        for (pod, container) in containers(rendering) {
            faults.extend(twice(&each(&pod["volumes"], "name")));
            faults.extend(twice(&each(&container["env"], "name")));
            faults.extend(twice(&each(&container["ports"], "name")));
            faults.extend(twice(&each(&container["volumeMounts"], "mountPath")));
        }
        let names: Vec<String> = rendering
            .objects()
            .map(|object| format!("{} {}", object["kind"], object["metadata"]["name"]))
            .collect();
        faults.extend(twice(&names.iter().map(String::as_str).collect::<Vec<_>>()));
        faults
    });
}

#[test]
fn every_mount_has_its_volume() {
    everywhere(|rendering| {
        let claims: Vec<&str> = rendering
            .objects()
            .flat_map(|object| list(&object["spec"]["volumeClaimTemplates"]))
            .filter_map(|claim| claim["metadata"]["name"].as_str())
            .collect();
        containers(rendering)
            .into_iter()
            .flat_map(|(pod, container)| {
                let volumes = each(&pod["volumes"], "name");
                each(&container["volumeMounts"], "name")
                    .into_iter()
                    .filter(|name| !volumes.contains(name) && !claims.contains(name))
                    .map(|name| format!("there is no volume `{name}`"))
                    .collect::<Vec<_>>()
            })
            .collect()
    });
}

#[test]
fn nothing_of_the_hub_is_below_a_folder_of_the_user() {
    everywhere(|rendering| {
        let paths = each(&rendering.container()["volumeMounts"], "mountPath");
        paths
            .iter()
            .flat_map(|outer| paths.iter().map(move |inner| (outer, inner)))
            .filter(|(outer, inner)| inner.starts_with(&format!("{outer}/")))
            .map(|(outer, inner)| format!("`{inner}` is below `{outer}`"))
            .collect()
    });
}

#[test]
fn every_file_of_configuration_is_mounted() {
    everywhere(|rendering| {
        let mounts = each(&rendering.container()["volumeMounts"], "mountPath");
        let args: Vec<&str> = list(&rendering.container()["args"])
            .filter_map(Value::as_str)
            .collect();
        args.windows(2)
            .filter(|pair| pair[0] == "--config")
            .map(|pair| pair[1])
            .filter(|file| *file != "/opt/callboard/app-config.production.yaml")
            .filter(|file| {
                !mounts
                    .iter()
                    .any(|mount| file.starts_with(&format!("{mount}/")))
            })
            .map(|file| format!("`{file}` is not mounted"))
            .collect()
    });
}

#[test]
fn services_and_budgets_find_their_pods() {
    everywhere(|rendering| {
        let pods: Vec<&Value> = rendering
            .objects()
            .filter(|object| object["spec"]["template"]["metadata"].is_object())
            .map(|object| &object["spec"]["template"]["metadata"]["labels"])
            .collect();
        let finds = |selector: &Value| {
            pods.iter()
                .filter(|labels| {
                    selector
                        .as_object()
                        .is_some_and(|all| all.iter().all(|(key, value)| labels[key] == *value))
                })
                .count()
        };
        rendering
            .objects()
            .filter_map(|object| {
                let selector = match object["kind"].as_str()? {
                    "Service" => &object["spec"]["selector"],
                    "Deployment" | "StatefulSet" | "PodDisruptionBudget" => {
                        &object["spec"]["selector"]["matchLabels"]
                    }
                    "NetworkPolicy" => &object["spec"]["podSelector"]["matchLabels"],
                    _ => return None,
                };
                (finds(selector) != 1)
                    .then(|| format!("{} selects not one kind of pod", object["kind"]))
            })
            .collect()
    });
}

#[test]
fn what_a_pod_refers_to_is_made_by_the_chart_or_named_by_the_user() {
    everywhere(|rendering| {
        let made: Vec<&str> = rendering
            .objects()
            .filter_map(|object| object["metadata"]["name"].as_str())
            .collect();
        let asked = rendering.values.to_string();
        let mut faults = Vec::new();
        for (pod, container) in containers(rendering) {
            let mut names = Vec::new();
            for variable in list(&container["env"]) {
                let from = &variable["valueFrom"];
                names.push(&from["secretKeyRef"]["name"]);
                names.push(&from["configMapKeyRef"]["name"]);
            }
            for volume in list(&pod["volumes"]) {
                names.push(&volume["configMap"]["name"]);
                for source in list(&volume["projected"]["sources"]) {
                    names.push(&source["configMap"]["name"]);
                }
            }
            for name in names.into_iter().filter_map(Value::as_str) {
                let ending = name.trim_start_matches("rhdh-");
                if !made.contains(&name) && !asked.contains(ending) {
                    faults.push(format!("nobody makes `{name}`"));
                }
            }
        }
        faults
    });
}

#[test]
fn containers_of_the_hub_need_no_rights() {
    everywhere(|rendering| {
        let own = ["backstage-backend", "install-dynamic-plugins"];
        containers(rendering)
            .into_iter()
            .filter(|(_, container)| own.iter().any(|name| container["name"] == *name))
            // Who brings the whole list of the original brings its rights along.
            .filter(|_| rendering.name != "lists-of-the-original")
            .flat_map(|(_, container)| {
                let context = &container["securityContext"];
                [
                    ("runAsNonRoot", context["runAsNonRoot"] == true),
                    (
                        "readOnlyRootFilesystem",
                        context["readOnlyRootFilesystem"] == true,
                    ),
                    (
                        "allowPrivilegeEscalation",
                        context["allowPrivilegeEscalation"] == false,
                    ),
                    ("capabilities", context["capabilities"]["drop"][0] == "ALL"),
                ]
                .into_iter()
                .filter(|(_, is_right)| !is_right)
                .map(|(name, _)| format!("{}: {name}", container["name"]))
                .collect::<Vec<_>>()
            })
            .collect()
    });
}

#[test]
fn queries_over_logs_find_both_containers() {
    everywhere(|rendering| {
        let pod = rendering.pod();
        let mut faults = Vec::new();
        if rendering.container()["name"] != "backstage-backend" {
            faults.push("the first container is not `backstage-backend`".to_owned());
        }
        if !each(&pod["initContainers"], "name").contains(&"install-dynamic-plugins") {
            faults.push("there is no `install-dynamic-plugins`".to_owned());
        }
        faults
    });
}

#[test]
fn several_pods_are_spread() {
    everywhere(|rendering| {
        let replicas = rendering.object("Deployment", "")["spec"]["replicas"].as_i64();
        let is_several = replicas.is_none_or(|replicas| replicas > 1);
        let pod = rendering.pod();
        (is_several != pod["topologySpreadConstraints"].is_array())
            .then(|| "several pods are not spread, or one is".to_owned())
            .into_iter()
            .collect()
    });
}

#[test]
fn every_value_is_in_a_case() {
    let text = fs::read_to_string(folder().join("values.yaml")).expect("the chart has values");
    let paths = chart::described(&text).expect("every value is described");

    let forgotten: Vec<String> = paths
        .into_iter()
        .filter(|path| {
            let pointer = format!("/{}", path.replace('.', "/"));
            !all()
                .iter()
                .any(|rendering| rendering.values.pointer(&pointer).is_some())
        })
        .collect();

    assert!(forgotten.is_empty(), "{}", forgotten.join("\n"));
}
