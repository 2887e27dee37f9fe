//! The program as an administrator runs it, in a process of its own.

mod audit;
mod check;
mod program;
mod rbac;
mod serve;
mod token;
