//! The order in which a query gives its entities.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::{entity::Entity, term};

/// One field to order by; entities without it come last in both directions.
///
/// An entity with several values of the field stands at the first of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderField {
    /// The dotted path in lower case.
    pub field: SmolStr,
    /// Which way.
    #[serde(rename = "order")]
    pub direction: Direction,
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Smallest first.
    #[serde(rename = "asc")]
    Ascending,
    /// Largest first.
    #[serde(rename = "desc")]
    Descending,
}

/// Why an order could not be read; the messages are those of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// An `order` parameter of `GET /entities` is not `asc:field` or `desc:field`.
    #[error("Invalid order parameter \"{0}\", expected \"<asc or desc>:<field name>\"")]
    Parameter(String),
    /// The part after the comma of an `orderField` parameter is no direction.
    #[error("Invalid order field order, must be asc or desc")]
    Direction,
}

impl OrderField {
    /// Orders by a field, smallest value first.
    pub fn ascending(field: &str) -> Self {
        Self {
            field: term::fold(field),
            direction: Direction::Ascending,
        }
    }

    /// Orders by a field, largest value first.
    pub fn descending(field: &str) -> Self {
        Self {
            field: term::fold(field),
            direction: Direction::Descending,
        }
    }

    /// The order of `by-query` when none is asked for: by `metadata.uid`.
    pub fn by_uid() -> Self {
        Self::ascending("metadata.uid")
    }

    /// Reads an `order` parameter of `GET /entities`, such as `desc:metadata.name`.
    ///
    /// # Errors
    ///
    /// [`OrderError::Parameter`] when it has another form.
    pub fn parse_order(parameter: &str) -> Result<Self, OrderError> {
        match parameter.split_once(':') {
            Some(("asc", field)) if !field.is_empty() => Ok(Self::ascending(field)),
            Some(("desc", field)) if !field.is_empty() => Ok(Self::descending(field)),
            Some(_) | None => Err(OrderError::Parameter(parameter.to_owned())),
        }
    }

    /// Reads an `orderField` parameter of `GET /entities/by-query`: `field`, `field,asc` or
    /// `field,desc`.
    ///
    /// # Errors
    ///
    /// [`OrderError::Direction`] when something else follows the comma.
    pub fn parse_order_field(parameter: &str) -> Result<Self, OrderError> {
        let (field, direction) = parameter.split_once(',').unwrap_or((parameter, "asc"));
        match direction {
            "asc" => Ok(Self::ascending(field)),
            "desc" => Ok(Self::descending(field)),
            _ => Err(OrderError::Direction),
        }
    }

    /// The value by which an entity is placed; `None` when it comes last.
    pub(crate) fn value_of<'e>(&self, entity: &'e Entity) -> Option<Cow<'e, str>> {
        if let Some(quick) = term::quick_value(entity, &self.field) {
            return quick;
        }
        let values = term::values_of(entity, &self.field).into_iter();
        let first = match self.direction {
            Direction::Ascending => values.min(),
            Direction::Descending => values.max(),
        };
        first.map(|value| Cow::Owned(value.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_parameters_are_read() {
        assert_eq!(
            OrderField::parse_order("desc:Spec.X"),
            Ok(OrderField::descending("spec.x"))
        );
        assert_eq!(
            OrderField::parse_order_field("a.b"),
            Ok(OrderField::ascending("a.b"))
        );
        assert_eq!(
            OrderField::parse_order_field("a.b,desc"),
            Ok(OrderField::descending("a.b"))
        );
    }

    #[test]
    fn other_forms_are_refused_with_the_messages_of_the_wire() {
        for parameter in ["metadata.name", "up:x", "asc:", ":x"] {
            let message = format!(
                "Invalid order parameter \"{parameter}\", expected \"<asc or desc>:<field name>\""
            );
            assert_eq!(
                OrderField::parse_order(parameter).unwrap_err().to_string(),
                message
            );
        }
        assert_eq!(
            OrderField::parse_order_field("a,up"),
            Err(OrderError::Direction)
        );
    }
}
