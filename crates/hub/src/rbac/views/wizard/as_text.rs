//! Words of the policy in the stored form of drafts.

pub(super) mod action {
    use callboard_policy::Action;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use smol_str::SmolStr;

    pub(in super::super) fn serialize<S: Serializer>(
        action: &Action,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(action.as_str())
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Action, D::Error> {
        let name = SmolStr::deserialize(deserializer)?;
        name.parse().map_err(de::Error::custom)
    }
}

pub(super) mod actions {
    use callboard_policy::Action;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use smol_str::SmolStr;
    use std::collections::BTreeSet;

    pub(in super::super) fn serialize<S: Serializer>(
        actions: &BTreeSet<Action>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(actions.iter().map(|action| action.as_str()))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeSet<Action>, D::Error> {
        let names = Vec::<SmolStr>::deserialize(deserializer)?;
        let actions = names.iter().map(|name| name.parse());
        actions.collect::<Result<_, _>>().map_err(de::Error::custom)
    }
}

pub(super) mod effect {
    use callboard_policy::Effect;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use smol_str::SmolStr;

    pub(in super::super) fn serialize<S: Serializer>(
        effect: &Effect,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(effect.as_str())
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Effect, D::Error> {
        let name = SmolStr::deserialize(deserializer)?;
        Effect::from_name(&name).ok_or_else(|| de::Error::custom("no effect"))
    }
}
