//! `callboard operator`: runs the Kubernetes operator, or prints what installs it.

use super::logging;
use callboard_config::Environment;
use callboard_hub::clock::SystemClock;
use callboard_operator::controller::Pauses;
use callboard_operator::external::Following;
use callboard_operator::render::Images;
use callboard_operator::{MetricsAccess, Options, leader, manifest};
use clap::{Args, Subcommand};
use kube::Client;
use miette::{IntoDiagnostic, WrapErr, miette};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// How the operator runs; the names are those of the original.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Operator {
    #[command(subcommand)]
    print: Option<Print>,
    /// Where probes are answered, such as `:8081`; `0` for nowhere.
    #[arg(long, value_name = "ADDRESS", default_value = ":8081", value_parser = parse_address)]
    health_probe_bind_address: Address,
    /// Where metrics are served, such as `:8443`; `0` for nowhere.
    #[arg(long, value_name = "ADDRESS", default_value = "0", value_parser = parse_address)]
    metrics_bind_address: Address,
    /// Serve metrics over TLS, and only to those whom the cluster lets read them.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false")]
    metrics_secure: bool,
    /// Act only while holding the Lease, so that several operators may run.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false")]
    leader_elect: bool,
    /// The ConfigMap with the default configuration, in the namespace of the operator.
    #[arg(long, value_name = "NAME", default_value = manifest::DEFAULT_CONFIG)]
    default_config: String,
    /// The namespace of the operator; POD_NAMESPACE, or that of the kubeconfig, unless given.
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
}

/// What installs the operator.
#[derive(Debug, Subcommand)]
enum Print {
    /// Print the manifest for `kubectl apply -f`.
    Manifest,
    /// Write the bundle for the Operator Lifecycle Manager into a folder.
    Bundle {
        /// The folder; it is made if it does not exist.
        folder: PathBuf,
    },
}

/// An address to listen on; `None` for nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Address(Option<SocketAddr>);

pub(crate) fn run(operator: &Operator) -> miette::Result<ExitCode> {
    match &operator.print {
        Some(Print::Manifest) => print_manifest(),
        Some(Print::Bundle { folder }) => write_bundle(folder)?,
        None => serve(operator)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn print_manifest() {
    print!("{}", manifest::one_file());
}

fn write_bundle(folder: &Path) -> miette::Result<()> {
    for (path, content) in manifest::bundle() {
        let path = folder.join(path);
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&path, content));
        written
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

fn serve(operator: &Operator) -> miette::Result<()> {
    let environment = Environment::of_process();
    logging::start_without_config(&environment, Arc::new(SystemClock));
    // The one provider of ciphers; a second installation of the same is no error for us.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // One thread is enough for waiting, and needs less memory.
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let client = Client::try_default().await.map_err(|error| {
            miette!(
                help =
                    "within a cluster, give the pod a service account; elsewhere, set KUBECONFIG",
                "cannot find out which cluster is meant: {error}"
            )
        })?;
        let options = options(operator, &environment, client.default_namespace())?;
        let stop = super::serve::stop_signal()?;
        callboard_operator::run(client, options, stop)
            .await
            .into_diagnostic()
    })
}

fn options(
    operator: &Operator,
    environment: &Environment,
    namespace: &str,
) -> miette::Result<Options> {
    let variable = |name| {
        environment
            .get(name)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    };
    let own_name = variable("POD_NAME").or_else(|| variable("HOSTNAME"));
    let random: String = random_bytes()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Options {
        namespace: operator
            .namespace
            .clone()
            .or_else(|| variable("POD_NAMESPACE"))
            .unwrap_or_else(|| namespace.to_owned()),
        default_config: operator.default_config.clone(),
        health: operator.health_probe_bind_address.0,
        metrics: operator.metrics_bind_address.0,
        metrics_access: if operator.metrics_secure {
            MetricsAccess::Secure
        } else {
            MetricsAccess::Open
        },
        election: operator.leader_elect.then(leader::Timing::default),
        identity: format!("{}_{random}", own_name.as_deref().unwrap_or("operator")),
        images: Images {
            hub: variable("RELATED_IMAGE_backstage"),
            database: variable("RELATED_IMAGE_postgresql"),
        },
        following: Following {
            is_marked: is_on(environment, "EXT_CONF_SYNC_backstage")?,
            is_watched: is_on(environment, "WATCH_EXT_CONF_backstage")?,
        },
        pauses: Pauses::default(),
        clock: now,
        randomness: random_bytes,
    })
}

/// Reads a switch that is on unless a variable says otherwise, in any of the original's words.
fn is_on(environment: &Environment, name: &str) -> miette::Result<bool> {
    match environment.get(name).unwrap_or_default() {
        "" | "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
        other => Err(miette!(
            help = "it is `true` unless given",
            "{name} is neither `true` nor `false`: `{other}`"
        )),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where the operator gets its clock"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    // INVARIANT: the system has randomness once it has started programs.
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .expect("randomness of the system");
    bytes
}

/// Reads `:8081`, `127.0.0.1:8081`, or `0` for nowhere.
fn parse_address(text: &str) -> Result<Address, String> {
    let unreadable = || format!("`{text}` is not an address such as `:8081`");
    match text {
        "0" => Ok(Address(None)),
        text => match text.strip_prefix(':') {
            Some(port) => {
                let port: u16 = port.parse().map_err(|_| unreadable())?;
                Ok(Address(Some(SocketAddr::from(([0, 0, 0, 0], port)))))
            }
            None => text
                .parse()
                .map(|address| Address(Some(address)))
                .map_err(|_| unreadable()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_the_original_has_them() {
        let read = |text| parse_address(text).map(|address| address.0.map(|it| it.to_string()));

        assert_eq!(read(":8081"), Ok(Some("0.0.0.0:8081".to_owned())));
        assert_eq!(read("127.0.0.1:9"), Ok(Some("127.0.0.1:9".to_owned())));
        assert_eq!(read("0"), Ok(None));
        assert!(read("8081").is_err());
    }

    #[test]
    fn a_switch_is_on_unless_its_variable_says_otherwise() {
        let read = |value: &str| {
            let environment = Environment::from_pairs([("EXT_CONF_SYNC_backstage", value)]);
            is_on(&environment, "EXT_CONF_SYNC_backstage").map_err(|error| error.to_string())
        };

        assert_eq!(
            [read(""), read("true"), read("1")],
            [Ok(true), Ok(true), Ok(true)]
        );
        assert_eq!(
            [read("false"), read("F"), read("0")],
            [Ok(false), Ok(false), Ok(false)]
        );
        assert_eq!(
            read("off"),
            Err("EXT_CONF_SYNC_backstage is neither `true` nor `false`: `off`".to_owned())
        );
    }
}
