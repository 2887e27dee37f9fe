//! The pages of roles.

mod wizard;
