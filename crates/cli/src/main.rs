//! Callboard: a developer hub in one binary.

mod args;
mod command;
mod report;

use args::{AuditCommand, Cli, Command};
use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command.unwrap_or_default() {
        Command::Serve => command::serve::run(&cli.config),
        Command::Check => command::check::run(&cli.config),
        Command::Doctor => command::doctor::run(&cli.config),
        Command::Audit(AuditCommand::Verify(verify)) => {
            Ok(command::audit::verify(&cli.config, &verify))
        }
        Command::Rbac(rbac) => command::rbac::run(&cli.config, &rbac),
        Command::Token(token) => command::token::run(&cli.config, &token),
        Command::Import(import) => command::import::run(&cli.config, &import),
        Command::Login(login) => command::hub::login(&login),
        Command::Whoami(hub) => command::hub::whoami(&hub),
        Command::Api(api) => command::hub::api(&api),
        Command::Logout(hub) => command::hub::logout(&hub),
        Command::InstallDynamicPlugins(plugins) => command::plugin::run(&plugins),
        Command::Operator(operator) => command::operator::run(&operator),
        Command::Version => command::version::run(),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            report::print(&error);
            ExitCode::FAILURE
        }
    }
}
