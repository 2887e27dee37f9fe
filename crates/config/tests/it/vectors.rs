//! Every case under `corpus/vectors/config-merge`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use callboard_config::{Config, ConfigError, Environment, LoadOptions};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    files: BTreeMap<String, String>,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    get: Option<Get>,
    expect: Value,
}

#[derive(Deserialize)]
struct Get {
    #[serde(rename = "type")]
    kind: String,
    key: String,
}

#[test]
fn vectors_of_config_merge() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/vectors/config-merge");
    let mut failures = Vec::new();
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Vectors = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for vector in file.vectors {
            count += 1;
            let found = run(&vector);
            // Texts of syntax errors are the parser's own.
            let only_failure = matches!(vector.id.as_str(), "bad-yaml" | "dup-keys");
            let agrees = if only_failure {
                found.get("error").is_some()
            } else {
                found == vector.expect
            };
            if !agrees {
                failures.push(format!(
                    "{}: {found} instead of {}",
                    vector.id, vector.expect
                ));
            }
        }
    }

    assert!(count > 0, "there are no vectors");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn run(vector: &Vector) -> Value {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in &vector.files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file's folder")).expect("a folder");
        std::fs::write(path, text).expect("a written file");
    }
    let flags = vector.args.iter().filter(|arg| *arg != "--config");
    let options = LoadOptions {
        args: flags
            .map(|arg| PathBuf::from(arg.trim_start_matches("--config=")))
            .collect(),
        root: folder.path().to_owned(),
        environment: Environment::from_pairs(vector.env.clone()),
    };

    let result = Config::load(&options).and_then(|config| match &vector.get {
        None => Ok(json!({"config": config.to_json()})),
        Some(get) => typed(&config, get).map(|value| json!({"value": value})),
    });

    result.unwrap_or_else(|error| {
        let folder = folder.path().display().to_string();
        json!({"error": error.to_string().replace(&folder, "<dir>")})
    })
}

fn typed(config: &Config, get: &Get) -> Result<Value, ConfigError> {
    let key = get.key.as_str();
    Ok(match get.kind.as_str() {
        "string" => config.string(key)?.into(),
        "number" => {
            let number = config.number(key)?;
            if number.fract() == 0.0 {
                json!(number as i64)
            } else {
                json!(number)
            }
        }
        "boolean" => config.boolean(key)?.into(),
        "stringArray" => config.string_list(key)?.into(),
        "configArray" => config
            .object_list(key)?
            .iter()
            .map(|view| view.json(""))
            .collect(),
        other => panic!("a new type of getter, `{other}`"),
    })
}
