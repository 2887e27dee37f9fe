//! The program as an administrator runs it, in a process of its own.

mod check;
mod import;
mod program;
mod serve;
mod token;
