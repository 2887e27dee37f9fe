//! Services: addresses and node ports.

use serde_json::{Value, json};

use crate::error::Cause;

/// Completes a Service and tells what may not change in it.
pub(crate) fn admit(
    before: Option<&Value>,
    new: &mut Value,
    mut next_number: impl FnMut() -> u64,
) -> Vec<Cause> {
    let mut causes = Vec::new();
    let spec = &mut new["spec"];
    if spec["type"].is_null() {
        spec["type"] = json!("ClusterIP");
    }
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if spec["sessionAffinity"].is_null() {
        spec["sessionAffinity"] = json!("None");
    }
    if kind != "ExternalName" {
        let old = before.map_or(&Value::Null, |before| &before["spec"]["clusterIP"]);
        let wanted = spec["clusterIP"]
            .as_str()
            .filter(|address| !address.is_empty());
        match (old.as_str(), wanted) {
            (Some(old), Some(wanted)) if old != wanted => {
                causes.push(Cause::invalid(
                    "spec.clusterIPs[0]",
                    &json!([wanted]),
                    "may not change once set",
                ));
            }
            (_, Some(_)) => {}
            (Some(old), None) => spec["clusterIP"] = json!(old),
            (None, None) => {
                let number = next_number();
                let address = format!("10.96.{}.{}", number / 250 % 250, number % 250 + 1);
                spec["clusterIP"] = json!(address);
            }
        }
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
        spec["internalTrafficPolicy"] = json!("Cluster");
    }

    let needs_node_port = matches!(kind.as_str(), "NodePort" | "LoadBalancer");
    if needs_node_port && spec["externalTrafficPolicy"].is_null() {
        spec["externalTrafficPolicy"] = json!("Cluster");
    }
    let old_ports = before.map_or(&Value::Null, |before| &before["spec"]["ports"]);
    let count = spec["ports"].as_array().map_or(0, Vec::len);
    if count == 0 && kind != "ExternalName" && spec["clusterIP"] != "None" {
        causes.push(Cause::required("spec.ports", ""));
    }
    for (at, port) in spec["ports"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let field = format!("spec.ports[{at}]");
        if count > 1 && port["name"].as_str().is_none_or(str::is_empty) {
            causes.push(Cause::required(format!("{field}.name"), ""));
        }
        if port["protocol"].is_null() {
            port["protocol"] = json!("TCP");
        }
        if port["targetPort"].is_null() {
            port["targetPort"] = port["port"].clone();
        }
        if needs_node_port && port["nodePort"].as_u64().unwrap_or(0) == 0 {
            let old = old_ports
                .as_array()
                .into_iter()
                .flatten()
                .find(|old| old["port"] == port["port"] && old["protocol"] == port["protocol"]);
            port["nodePort"] = match old.map(|old| &old["nodePort"]) {
                Some(number) if number.is_u64() => number.clone(),
                _ => json!(30_000 + next_number() % 2_768),
            };
        }
    }
    causes
}
