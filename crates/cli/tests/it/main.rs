//! The program as an administrator runs it, in a process of its own.

mod audit;
mod check;
mod crash;
mod doctor;
mod hub;
mod import;
mod plugin;
mod pod;
mod postgres;
mod program;
mod rbac;
mod rbac_check;
mod rbac_export;
mod rolling;
mod serve;
mod token;
