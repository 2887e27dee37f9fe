//! The decision engine of Callboard and its vocabulary.
//!
//! A policy is data first ([`PolicyModel`]): who holds which role, what roles may do, and
//! under which conditions. Compiled, it becomes an immutable [`PolicySnapshot`] that answers
//! one question, [`decide`](PolicySnapshot::decide), in tens of nanoseconds, and that can
//! say afterwards which role and which line of which file decided.
//!
//! ```
//! use callboard_policy::{
//!     Action, Decision, EntityRef, Permission, PolicyFile, PolicyModel, Principal, Row, Sourced,
//!     StoredPolicy, sync,
//! };
//!
//! // A policy file gives rows, each with the line that it stands on.
//! let file = PolicyFile::parse("rbac.csv", "\
//! p, role:default/stage, catalog-entity, read, allow
//! p, role:default/stage, catalog-entity, delete, deny
//! g, group:default/crew, role:default/stage
//! ");
//! let mut model = PolicyModel::default();
//! for Sourced { row, origin } in sync(&file, &StoredPolicy::default()).add {
//!     match row {
//!         Row::Grant(grant) => model.grants.push(Sourced::new(grant, origin)),
//!         Row::Membership(membership) => model.memberships.push(Sourced::new(membership, origin)),
//!     }
//! }
//!
//! // The catalog gives groups: Ada is a rigger, and riggers are crew.
//! let riggers = EntityRef::parse("group:riggers")?;
//! model.groups.add_member(EntityRef::parse("user:ada")?, riggers.clone());
//! model.groups.add_parent(riggers, EntityRef::parse("group:crew")?);
//!
//! let snapshot = model.compile(1);
//! let ada = Principal::User { entity_ref: "user:default/ada", ownership: &[] };
//! let delete = Permission::resource("catalog.entity.delete", Some(Action::Delete), "catalog-entity");
//!
//! let decision = snapshot.decide(ada, &delete);
//!
//! assert!(matches!(decision, Decision::Deny(_)));
//! let why = snapshot.explain(decision.reason());
//! assert_eq!(why.subject, Some("role:default/stage"));
//! assert_eq!(why.origin.map(|origin| origin.to_string()).as_deref(), Some("rbac.csv:2"));
//! # Ok::<_, callboard_policy::EntityRefError>(())
//! ```
//!
//! A decision may also be [`Conditional`]: then it depends on the resource, and
//! [`criteria_for`](Conditional::criteria_for) gives what the resource must meet. Conditions
//! are evaluated by the plugins that own the resources; this crate knows no rule.
//!
//! Where to read on: `model` has the data, `members`, `grants` and `verdict` the compiled
//! halves and the answers worked out from both, `snapshot` the algorithm. `account` tells
//! everything that a decision considered, `flip` what would turn it round. `csv`, `sync`,
//! `conditions_file`, `reconcile` and [`configured`] bring files and configuration into the
//! stored policy; `validate`, `grant`, `overlap` and [`reference`](mod@reference) are the
//! checks that every way in shares, [`lint`] those that only somebody who asks wants to hear.
//!
//! Nothing here reads a clock, a file or the network.

mod account;
mod compile;
mod condition;
mod conditions_file;
pub mod configured;
mod criteria;
mod csv;
mod decision;
mod diagnostic;
mod entity_ref;
mod explain;
mod flip;
mod grant;
mod grants;
mod group;
mod holder;
mod intern;
pub mod lint;
mod members;
mod membership;
mod model;
mod nearest;
mod overlap;
mod permission;
mod reconcile;
mod record;
pub mod reference;
mod snapshot;
mod sync;
mod tree;
mod validate;
mod verdict;

pub use account::{
    Account, AskedCondition, Considered, GroupPath, HeldRole, Holder, How, Outcome, Rule,
    roles_held,
};
pub use condition::{Condition, CriteriaError};
pub use conditions_file::{
    ConditionsFile, ConditionsFileError, ConditionsFileLimits, WrittenCondition,
};
pub use criteria::{Criteria, Leaves};
pub use csv::{PolicyFile, Row, RowKind, WrittenRow};
pub use decision::{
    AccessRestrictions, ConditionFault, Conditional, Decision, Principal, Reason, ReasonKind,
};
pub use diagnostic::{FileDiagnostic, FileReport, Severity};
pub use entity_ref::{DEFAULT_NAMESPACE, EntityRef, EntityRefError, RefParts};
pub use explain::Explanation;
pub use flip::{Answer, Flip, Inquiry, Narrowed, flips, leaf_flips};
pub use grant::InvalidGrantError;
pub use group::GroupGraph;
pub use lint::{Level, Lint};
pub use membership::InvalidMembershipError;
pub use model::{
    ConditionalPolicy, Effect, Grant, MappedPermission, Membership, Origin, PolicyModel,
    Precedence, Settings, Source, SourceError, Sourced, StoredCondition,
};
pub use nearest::{nearest, nearest_reference};
pub use overlap::{OverlapError, Write, check_overlap};
pub use permission::{Action, Permission, UnknownActionError};
pub use reconcile::{ReconcileError, ReconcilePlan, reconcile};
pub use snapshot::PolicySnapshot;
pub use sync::{StoredPolicy, SyncPlan, sync};
pub use tree::{Evidence, Tested};
pub use validate::{ConditionLimits, InvalidConditionError, validate};
