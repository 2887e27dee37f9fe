//! casbin, with a model that says the same as Callboard's rules.

use anyhow::{Result, ensure};
use callboard_policy::Effect;
use casbin::{CoreApi, DefaultModel, Enforcer, MgmtApi, NullAdapter};
use tokio::runtime;

use super::Engine;
use crate::world::{Line, Request, World};

/// Every line is tried in turn until one matches, the cheapest comparison first.
///
/// The first match decides, and lines are sorted so that it is the right one.
const MODEL: &str = "
[request_definition]
r = sub, name, type, act

[policy_definition]
p = sub, obj, act, eft

[role_definition]
g = _, _

[policy_effect]
e = priority(p.eft) || deny

[matchers]
m = r.act == p.act && (r.name == p.obj || r.type == p.obj) && g(r.sub, p.sub)
";

/// An enforcer with the policy in memory; groups are climbed while it answers.
pub struct Casbin(Enforcer);

/// The subject, the name of the permission, its resource type and its action.
pub type Question = [String; 4];

impl Engine for Casbin {
    type Question = Question;

    fn question(request: &Request) -> Result<Question> {
        let permission = &request.permission;
        Ok([
            &request.user,
            permission.name(),
            permission.resource_type().unwrap_or_default(),
            permission.action().as_str(),
        ]
        .map(str::to_owned))
    }

    fn load(world: &World) -> Result<Self> {
        let mut lines: Vec<_> = world.lines.iter().collect();
        lines.sort_by_key(|line| (line.by, line.effect == Effect::Allow));
        let row = |line: &Line| {
            let permission = &world.permissions[line.permission];
            let object = line.by.object(permission);
            [
                &world.roles[line.role],
                object,
                permission.action().as_str(),
                line.effect.as_str(),
            ]
            .map(str::to_owned)
            .into()
        };
        let policies = lines.into_iter().map(row).collect();
        let links = (world.members_of_groups())
            .chain(world.parents_of_groups())
            .chain(world.members_of_roles())
            .map(|(member, of)| vec![member.to_owned(), of.to_owned()])
            .collect();
        let load = async {
            let model = DefaultModel::from_str(MODEL).await?;
            let mut enforcer = Enforcer::new(model, NullAdapter).await?;
            ensure!(enforcer.add_policies(policies).await?, "no policies taken");
            ensure!(
                enforcer.add_grouping_policies(links).await?,
                "no links taken"
            );
            Ok(Self(enforcer))
        };
        runtime::Builder::new_current_thread()
            .build()?
            .block_on(load)
    }

    fn allows(&self, [subject, name, kind, action]: &Question) -> Result<bool> {
        Ok(self.0.enforce((subject, name, kind, action))?)
    }
}
