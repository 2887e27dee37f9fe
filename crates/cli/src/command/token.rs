//! `callboard token`: a user token for administrators at the machine.

use super::logging;
use crate::args::{ConfigArgs, TokenArgs};
use callboard_config::Config;
use callboard_hub::app::Mode;
use callboard_hub::auth::TokenRequest;
use callboard_hub::clock::{Clock, SystemClock};
use callboard_hub::{EntityRef, Hub, Parts, StartError, database};
use callboard_store::{Store, StoreConfig};
use miette::{IntoDiagnostic, miette};
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) fn run(args: &ConfigArgs, token: &TokenArgs) -> miette::Result<ExitCode> {
    let (config, environment) = super::load(args)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    logging::start_on_stderr(&config, &environment, clock.clone());
    let request = TokenRequest {
        user: user_ref(&token.user)?,
        lifetime: token.expires_in,
        asked_by: super::operator(&environment),
    };
    let runtime = super::runtime()?;
    runtime.block_on(issue(config, clock, super::mode(&environment), &request))?;
    Ok(ExitCode::SUCCESS)
}

fn user_ref(text: &str) -> miette::Result<EntityRef> {
    EntityRef::parse(text).map_err(|error| {
        miette!(
            help = "write it in full, such as `user:default/mara.lindqvist`",
            "{error}"
        )
    })
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the answer of the command, and its warning"
)]
async fn issue(
    config: Config,
    clock: Arc<dyn Clock>,
    mode: Mode,
    request: &TokenRequest,
) -> miette::Result<()> {
    let database = database::connection(&config, &*clock).await?;
    if database == StoreConfig::SqliteMemory {
        return Err(miette!(
            help = "give `backend.database.connection` a `directory`, or ask the hub itself for a token",
            "the hub keeps its keys in memory, where this command cannot read them"
        ));
    }
    let store = Store::open(&database).await.map_err(StartError::from)?;
    let answer = Hub::issue_token(
        Parts {
            config,
            store,
            clock,
            mode,
            providers: Vec::new(),
        },
        request,
    )
    .await
    .into_diagnostic()?;
    if !answer.is_known {
        eprintln!(
            "warning: the catalog does not know {}, so the token owns nothing else",
            request.user
        );
    }
    println!("{}", answer.issued.token.expose());
    Ok(())
}
