//! What is exported decides like what was stored.
