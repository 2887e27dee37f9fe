//! What is compared.

use anyhow::Result;

use crate::world::{Request, World};

mod callboard;
mod casbin;
mod cedar;
mod lists;
mod matrix;

pub use callboard::Callboard;
pub use casbin::Casbin;
pub use cedar::{Cedar, Hierarchy, Sets};
pub use lists::Lists;
pub use matrix::Matrix;

/// A policy that is loaded and answers.
pub trait Engine: Sized {
    /// A request in the form that the engine takes, made before time is taken.
    type Question;

    /// Writes a request as the engine takes it.
    fn question(request: &Request) -> Result<Self::Question>;

    /// Loads the organisation and its policy.
    fn load(world: &World) -> Result<Self>;

    /// Answers; this is what is timed.
    fn allows(&self, question: &Self::Question) -> Result<bool>;
}
