//! What stands in addresses of pages.

use callboard_policy::Action;
use url::form_urlencoded::{Serializer, byte_serialize};

/// A text as the value of a parameter in an address.
pub fn query_value(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// A question for the permission tester; what is absent, the person fills in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Question<'a> {
    /// Whom it is about, as a reference.
    pub user: Option<&'a str>,
    /// The name of the permission.
    pub permission: &'a str,
    /// What would be done.
    pub action: Option<Action>,
    /// With what, as a reference.
    pub resource: Option<&'a str>,
}

impl Question<'_> {
    /// The address of the page that answers.
    pub fn href(&self) -> String {
        let action = self.action.map(Action::as_str);
        let pairs = [
            ("user", self.user),
            ("permission", Some(self.permission)),
            ("action", action),
            ("resource", self.resource),
        ];
        let mut query = Serializer::new(String::new());
        for (name, value) in pairs {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        format!("/rbac/test?{}", query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_whatever_stands_in_it() {
        assert_eq!(query_value("a b&c=d/é"), "a+b%26c%3Dd%2F%C3%A9");
    }

    #[test]
    fn a_question_says_what_is_known_of_it() {
        let open = Question {
            permission: "catalog.entity.read",
            ..Question::default()
        };
        let whole = Question {
            user: Some("user:default/alice"),
            action: Some(Action::Read),
            resource: Some("component:default/a"),
            ..open
        };

        assert_eq!(open.href(), "/rbac/test?permission=catalog.entity.read");
        assert_eq!(
            whole.href(),
            "/rbac/test?user=user%3Adefault%2Falice&permission=catalog.entity.read&action=read\
             &resource=component%3Adefault%2Fa"
        );
    }
}
