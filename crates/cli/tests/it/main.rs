//! The program as an administrator runs it, in a process of its own.

mod audit;
mod check;
mod crash;
mod hub;
mod import;
mod pod;
mod postgres;
mod program;
mod rbac;
mod rbac_check;
mod rbac_export;
mod serve;
mod token;
