//! The part of a `Containerfile` that an image of one program needs.
//!
//! `FROM scratch`, one `COPY` of a folder to `/`, and what the configuration of an image holds.
//! Everything else is refused, so that both builders of the image make the same.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

/// What a `Containerfile` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Containerfile {
    /// The folder whose content becomes the root of the image, relative to the file.
    pub root: String,
    /// Variables, in order, as `NAME=value`.
    pub environment: Vec<String>,
    /// The working directory.
    pub folder: String,
    /// User and group, such as `1001:0`.
    pub user: String,
    /// Ports that the program listens on.
    pub ports: Vec<u16>,
    /// Labels, in order.
    pub labels: Vec<(String, String)>,
    /// The program and its first arguments.
    pub entry_point: Vec<String>,
}

impl Containerfile {
    /// Reads the text of a `Containerfile`.
    ///
    /// # Errors
    ///
    /// When an instruction is unknown or misses; the message names its line.
    pub fn parse(text: &str) -> Result<Containerfile> {
        let mut file = Containerfile::default();
        let mut is_from_scratch = false;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (instruction, rest) = line.split_once(' ').unwrap_or((line, ""));
            if instruction == "FROM" {
                is_from_scratch = rest.trim() == "scratch";
            } else {
                file.read(instruction, rest.trim())
                    .with_context(|| format!("line {} of the Containerfile", index + 1))?;
            }
        }
        ensure!(is_from_scratch, "the Containerfile is not `FROM scratch`");
        for (instruction, is_missing) in [
            ("COPY", file.root.is_empty()),
            ("WORKDIR", file.folder.is_empty()),
            ("USER", file.user.is_empty()),
            ("ENTRYPOINT", file.entry_point.is_empty()),
        ] {
            ensure!(!is_missing, "the Containerfile has no `{instruction}`");
        }
        Ok(file)
    }

    fn read(&mut self, instruction: &str, rest: &str) -> Result<()> {
        match instruction {
            "COPY" => {
                let (from, to) = rest.split_once(' ').context("COPY needs two paths")?;
                ensure!(
                    to.trim() == "/" && self.root.is_empty(),
                    "only one COPY is known, to `/`"
                );
                from.trim_end_matches('/').clone_into(&mut self.root);
            }
            "ENV" => {
                let (name, value) = assignment(rest)?;
                self.environment.push(format!("{name}={value}"));
            }
            "LABEL" => self.labels.push(assignment(rest)?),
            "WORKDIR" => rest.clone_into(&mut self.folder),
            "USER" => rest.clone_into(&mut self.user),
            "EXPOSE" => {
                for port in rest.split_whitespace() {
                    let number = port
                        .parse()
                        .with_context(|| format!("`{port}` is no port"))?;
                    self.ports.push(number);
                }
            }
            "ENTRYPOINT" => {
                self.entry_point = serde_json::from_str(rest)
                    .context("ENTRYPOINT is not a list of words in JSON")?;
            }
            unknown => bail!("`{unknown}` is not known here"),
        }
        Ok(())
    }

    /// The member `config` of an image's configuration.
    pub fn config(&self) -> Value {
        let ports: Map<String, Value> = self
            .ports
            .iter()
            .map(|port| (format!("{port}/tcp"), json!({})))
            .collect();
        let labels: Map<String, Value> = self
            .labels
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        json!({
            "User": self.user,
            "ExposedPorts": ports,
            "Env": self.environment,
            "Entrypoint": self.entry_point,
            "WorkingDir": self.folder,
            "Labels": labels,
        })
    }
}

/// `name=value` or `name="value"`.
fn assignment(text: &str) -> Result<(String, String)> {
    let (name, value) = text
        .split_once('=')
        .with_context(|| format!("`{text}` has no `=`"))?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted
            .strip_suffix('"')
            .with_context(|| format!("`{text}` has no end"))?,
        None => value,
    };
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "FROM scratch\nCOPY root/ /\nWORKDIR /srv\nUSER 1:0\nENTRYPOINT [\"/x\"]\n";

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        let error = Containerfile::parse(&format!("{SMALL}RUN true\n")).unwrap_err();

        assert_eq!(
            format!("{error:#}"),
            "line 6 of the Containerfile: `RUN` is not known here"
        );
    }

    #[test]
    fn what_misses_is_named() {
        let error = Containerfile::parse("FROM scratch\nCOPY root/ /\n").unwrap_err();

        assert_eq!(error.to_string(), "the Containerfile has no `WORKDIR`");
    }

    #[test]
    fn values_may_be_quoted() {
        let text = format!("{SMALL}LABEL a=\"b c\"\nENV X=y\nEXPOSE 80 81\n");

        let file = Containerfile::parse(&text).unwrap();

        assert_eq!(file.labels, [("a".to_owned(), "b c".to_owned())]);
        assert_eq!(file.environment, ["X=y"]);
        assert_eq!(file.ports, [80, 81]);
    }
}
