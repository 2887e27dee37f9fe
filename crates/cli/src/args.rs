//! The command line.

use crate::command::operator::Operator;
use crate::command::rbac::Rbac;
use callboard_config::Secret;
use callboard_hub::audit::Head;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// A developer hub: software catalog, role-based access control, and the pages to use them.
#[derive(Debug, Parser)]
#[command(name = "callboard", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Which configuration is read.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// A configuration file; repeat it for layers, the last one wins.
    ///
    /// Without it `app-config.yaml` is read, and `app-config.local.yaml` when there is one.
    #[arg(long = "config", value_name = "PATH", global = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// What to do; `serve` when nothing is said.
#[derive(Debug, Default, Subcommand)]
pub(crate) enum Command {
    /// Start the hub.
    #[default]
    Serve,
    /// Check configuration, policies and catalog files; exits with 1 when something is wrong.
    Check,
    /// Look at all that the hub needs: configuration, database, identity providers, ports, clocks.
    ///
    /// Exits with 1 when something is wrong. Nothing is changed; a hub may be running.
    Doctor,
    /// Look at the audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look into roles and policies: check and export them, and ask why.
    #[command(subcommand)]
    Rbac(Rbac),
    /// Print a user token on standard output, for administrators at this machine.
    Token(TokenArgs),
    /// Bring in what another installation has.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Sign in to a hub from this terminal, with a code that you confirm in a browser.
    Login(LoginArgs),
    /// Print who is signed in to a hub.
    Whoami(HubArgs),
    /// Ask the REST interface of a hub as whoever is signed in, and print the answer.
    Api(ApiArgs),
    /// Sign out of a hub; its tokens are worth nothing from then on.
    Logout(HubArgs),
    /// Read `dynamic-plugins.yaml` and write what it brings to the configuration, as the init
    /// container of the original does.
    InstallDynamicPlugins(PluginArgs),
    /// Run the Kubernetes operator, which makes what `Backstage` custom resources ask for.
    Operator(Operator),
    /// Print the version.
    Version,
}

/// Which plugins are listed, and where what they bring is written.
#[derive(Debug, Args)]
pub(crate) struct PluginArgs {
    /// The folder that `app-config.dynamic-plugins.yaml` is written into.
    #[arg(value_name = "FOLDER", default_value = "dynamic-plugins-root")]
    pub(crate) root: PathBuf,
    /// The list; what it includes is relative to the working directory.
    #[arg(long, value_name = "PATH", default_value = "dynamic-plugins.yaml")]
    pub(crate) list: PathBuf,
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Tell whether the audit log is as it was written; exits with 1 when it is not.
    Verify(VerifyArgs),
}

/// How the audit log is verified.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A head that the log of the hub told, to see whether the audit log was cut off since.
    #[arg(long, value_name = "NUMBER:HASH")]
    pub(crate) head: Option<Head>,
    /// How the answer is written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object.
    Json,
}

/// For whom a token is printed, and for how long.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// The user, such as `user:default/mara.lindqvist`.
    #[arg(long, value_name = "REF")]
    pub(crate) user: String,
    /// How long the token is valid, such as `30m` or `8h`; 24 hours at most.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_duration)]
    pub(crate) expires_in: Duration,
}

/// Where to sign in.
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The address of the hub, such as `https://hub.example.com`.
    pub(crate) hub: Url,
}

/// Which hub is meant.
#[derive(Debug, Args)]
pub(crate) struct HubArgs {
    /// The address of the hub; the one that you signed in to last unless given.
    #[arg(long, value_name = "URL")]
    pub(crate) hub: Option<Url>,
}

/// What is asked.
#[derive(Debug, Args)]
pub(crate) struct ApiArgs {
    /// The method.
    pub(crate) method: ApiMethod,
    /// The path below the hub's address, such as `/api/catalog/entities`.
    pub(crate) path: String,
    /// A JSON body; `@FILE` reads it from a file, `@-` from standard input.
    #[arg(long, value_name = "JSON")]
    pub(crate) data: Option<String>,
    #[command(flatten)]
    pub(crate) hub: HubArgs,
}

/// A method of the REST interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApiMethod {
    /// Reads.
    Get,
    /// Makes something, or asks with a body.
    Post,
    /// Replaces.
    Put,
    /// Removes.
    Delete,
}

/// From what is imported.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Bring in the roles of a Red Hat Developer Hub, with their members, policies and conditions.
    ///
    /// Nothing that is here is taken away or overwritten; running it again brings in what is new.
    /// The report says what was changed on the way, kept or skipped, and why.
    Rhdh(RhdhArgs),
}

/// Where the other installation is, and what is done with it.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").required(true).args(["from", "from_api"])))]
pub(crate) struct RhdhArgs {
    /// Its database, such as `postgres://user@host/backstage_plugin_permission`; nothing is written there.
    ///
    /// A password that the URL leaves out comes from PGPASSWORD or the password file, as for psql.
    #[arg(long, value_name = "URL", value_parser = parse_secret)]
    pub(crate) from: Option<Secret<String>>,
    /// The schema of its tables, `permission` where it has `pluginDivisionMode: schema`.
    #[arg(long, value_name = "NAME", conflicts_with = "from_api")]
    pub(crate) schema: Option<String>,
    /// Its address, such as `https://rhdh.example.com`, while it runs; needs a token.
    #[arg(long, value_name = "URL")]
    pub(crate) from_api: Option<String>,
    /// The token for `--from-api`, whose owner may read policies there.
    ///
    /// Other users of this machine can see it; better use `--token-file` or CALLBOARD_IMPORT_TOKEN.
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["from", "token_file"], value_parser = parse_secret)]
    pub(crate) token: Option<Secret<String>>,
    /// A file that holds the token and nothing else.
    #[arg(long, value_name = "PATH", conflicts_with = "from")]
    pub(crate) token_file: Option<PathBuf>,
    /// Print the report and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

fn parse_secret(text: &str) -> Result<Secret<String>, Infallible> {
    Ok(Secret::new(text.to_owned()))
}

/// Reads a whole number followed by `s`, `m`, `h` or `d`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let unreadable = || format!("`{text}` is not a duration such as `30m`, `8h` or `1d`");
    let unit = text.chars().next_back().ok_or_else(unreadable)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(unreadable()),
    };
    let number: u64 = text[..text.len() - unit.len_utf8()]
        .parse()
        .map_err(|_| unreadable())?;
    number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("8h"), Ok(Duration::from_secs(28_800)));
        for bad in [
            "",
            "h",
            "8",
            "8 h",
            "-1h",
            "1.5h",
            "8€",
            "99999999999999999999d",
        ] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
