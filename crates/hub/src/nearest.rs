//! The name that was probably meant.

pub(crate) use callboard_policy::nearest;
