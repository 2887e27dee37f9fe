//! Numbers of the configuration.

use super::ConfiguredPolicyError;

/// The configured depth of the group hierarchy.
///
/// # Errors
///
/// [`ConfiguredPolicyError::MaxDepth`] when it is negative.
pub fn max_depth(levels: i64) -> Result<u32, ConfiguredPolicyError> {
    if levels < 0 {
        return Err(ConfiguredPolicyError::MaxDepth);
    }
    Ok(u32::try_from(levels).unwrap_or(u32::MAX))
}

/// A configured limit of conditional policies, `key` being the name that the message gives.
///
/// # Errors
///
/// [`ConfiguredPolicyError::Limit`] unless the value is a positive integer.
pub fn limit(key: &str, value: f64, purpose: LimitPurpose) -> Result<usize, ConfiguredPolicyError> {
    if value >= 1.0 && value.fract() == 0.0 && value <= f64::from(u32::MAX) {
        return Ok(value as usize);
    }
    Err(ConfiguredPolicyError::Limit {
        key: key.into(),
        purpose,
    })
}

/// What a configured limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitPurpose {
    /// The size of one conditional policy.
    Condition,
    /// The size of the file of conditional policies.
    File,
}

impl LimitPurpose {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Condition => "conditional policy",
            Self::File => "conditional policies file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_positive_integers() {
        assert_eq!(limit("maxBytes", 12.0, LimitPurpose::File), Ok(12));
        for value in [0.0, -1.0, 1.5, f64::NAN] {
            assert_eq!(
                limit("maxConditionDepth", value, LimitPurpose::Condition)
                    .unwrap_err()
                    .to_string(),
                "'maxConditionDepth' must be a positive integer for conditional policy validation"
            );
        }
        assert!(max_depth(-1).is_err());
        assert_eq!(max_depth(0), Ok(0));
    }
}
