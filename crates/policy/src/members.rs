//! Who holds which roles: the half of a snapshot that groups and memberships make.

use hashbrown::HashMap;
use smol_str::SmolStr;

use crate::{
    group::{Hierarchy, Reach},
    intern::Interner,
    model::PolicyModel,
};

/// The number of a set of roles that somebody holds.
///
/// Users with the same roles share one, so that what depends on roles alone is kept once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HoldingId(pub(crate) u32);

impl HoldingId {
    /// What a user holds of whom nothing is known: the default role, if there is one.
    pub(crate) const BASE: Self = Self(0);
    /// What a user holds whose groups form a cycle: nothing.
    pub(crate) const CYCLE: Self = Self(1);
}

/// Each user's roles, closed over groups and their ancestors.
#[derive(Debug)]
pub(crate) struct Members {
    /// Users who hold something other than [`HoldingId::BASE`].
    users: HashMap<SmolStr, HoldingId>,
    /// What is given to each reference by name, without climbing. Kept only where the
    /// references of a token give roles.
    by_name: HashMap<SmolStr, HoldingId>,
    /// The groups of each user without any role, who may still be named by old grants.
    roleless: HashMap<SmolStr, Box<[SmolStr]>>,
    holdings: Holdings,
    cycles: Vec<Vec<SmolStr>>,
}

impl Members {
    pub(crate) fn compile(model: &PolicyModel, roles: &Interner) -> Self {
        let default_role = model
            .settings
            .default_role
            .iter()
            .filter_map(|role| roles.id(role))
            .collect::<Vec<_>>();
        let mut given: HashMap<&str, Vec<u32>> = HashMap::new();
        for membership in &model.memberships {
            if let Some(role) = roles.id(&membership.row.role) {
                given.entry(&membership.row.member).or_default().push(role);
            }
        }
        let mut members = Self {
            users: HashMap::new(),
            by_name: HashMap::new(),
            roleless: HashMap::new(),
            holdings: Holdings::new(&default_role),
            cycles: Vec::new(),
        };
        members.climb(model, &given, &default_role);
        for (member, own) in &given {
            if model.groups.groups_of(member).is_empty() {
                let holding = members
                    .holdings
                    .intern(own.iter().chain(&default_role).copied().collect());
                members.users.insert(SmolStr::new(member), holding);
            }
        }
        if model.settings.use_ownership_refs {
            for (member, own) in given {
                let holding = members.holdings.intern(own);
                members.by_name.insert(SmolStr::new(member), holding);
            }
        }
        members.holdings.finish();
        members
    }

    /// Gives each user that is in a group what he and his groups are given.
    fn climb(
        &mut self,
        model: &PolicyModel,
        given: &HashMap<&str, Vec<u32>>,
        default_role: &[u32],
    ) {
        let mut hierarchy = Hierarchy::new(&model.groups, model.settings.max_depth);
        // Many users are in the same groups, so what those give is found once.
        let mut known: HashMap<Vec<u32>, Option<ThroughGroups>> = HashMap::new();
        for (user, direct) in model.groups.users() {
            let user = user.as_smol_str();
            let through = known
                .entry(hierarchy.ids(direct))
                .or_insert_with_key(|direct| match hierarchy.reach(direct) {
                    Reach::Groups(groups) => {
                        Some(ThroughGroups::new(groups, &hierarchy, given, default_role))
                    }
                    Reach::Cycle(groups) => {
                        self.cycles.push(named_from_smallest(&groups, &hierarchy));
                        None
                    }
                });
            let Some(through) = through else {
                self.users.insert(user.clone(), HoldingId::CYCLE);
                continue;
            };
            let own = given
                .get(user.as_str())
                .map_or(&[] as &[u32], Vec::as_slice);
            if through.roles.is_empty() && own.is_empty() {
                let groups = through
                    .groups
                    .iter()
                    .map(|group| hierarchy.names.name(*group).clone());
                self.roleless.insert(user.clone(), groups.collect());
            } else {
                let holding = self
                    .holdings
                    .intern([through.roles.as_slice(), own].concat());
                self.users.insert(user.clone(), holding);
            }
        }
        self.cycles.sort();
        self.cycles.dedup();
    }

    /// What `user` holds by himself and through groups.
    pub(crate) fn holding_of(&self, user: &str) -> HoldingId {
        self.users.get(user).copied().unwrap_or(HoldingId::BASE)
    }

    /// What a reference of a token is given by name; nothing unless those give roles.
    pub(crate) fn given_to(&self, reference: &str) -> Option<HoldingId> {
        self.by_name.get(reference).copied()
    }

    /// The roles of a holding, sorted by id.
    pub(crate) fn roles(&self, holding: HoldingId) -> &[u32] {
        self.holdings.roles(holding)
    }

    /// The groups of a user who has no role at all.
    pub(crate) fn groups_of_roleless(&self, user: &str) -> &[SmolStr] {
        self.roleless.get(user).map_or(&[], |groups| groups)
    }

    /// The cycles of groups that take roles from somebody, each as the groups along it.
    pub(crate) fn cycles(&self) -> &[Vec<SmolStr>] {
        &self.cycles
    }

    /// Every set of roles that somebody holds, in the order of their ids.
    pub(crate) fn holdings(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.holdings
            .bounds
            .windows(2)
            .map(|bounds| &self.holdings.roles[bounds[0] as usize..bounds[1] as usize])
    }
}

/// What some direct groups lead to.
struct ThroughGroups {
    groups: Vec<u32>,
    /// What the groups are given, and the default role.
    roles: Vec<u32>,
}

impl ThroughGroups {
    fn new(
        groups: Vec<u32>,
        hierarchy: &Hierarchy,
        given: &HashMap<&str, Vec<u32>>,
        default_role: &[u32],
    ) -> Self {
        let names = groups
            .iter()
            .map(|group| hierarchy.names.name(*group).as_str());
        let roles = names
            .filter_map(|group| given.get(group))
            .flatten()
            .chain(default_role)
            .copied()
            .collect();
        Self { groups, roles }
    }
}

/// The names along a cycle, from the one that comes first, so that a cycle that is found
/// from several sides reads the same.
pub(crate) fn named_from_smallest(groups: &[u32], hierarchy: &Hierarchy) -> Vec<SmolStr> {
    let mut names: Vec<_> = groups
        .iter()
        .map(|group| hierarchy.names.name(*group).clone())
        .collect();
    if let Some(first) = names
        .iter()
        .enumerate()
        .min_by_key(|(_, name)| *name)
        .map(|(at, _)| at)
    {
        names.rotate_left(first);
    }
    names
}

/// The distinct sets of roles, end to end.
#[derive(Debug)]
struct Holdings {
    // INVARIANT: the roles of holding `i` are `roles[bounds[i]..bounds[i + 1]]`.
    roles: Vec<u32>,
    bounds: Vec<u32>,
    known: HashMap<Box<[u32]>, HoldingId>,
}

impl Holdings {
    fn new(base: &[u32]) -> Self {
        let mut known = HashMap::new();
        known.insert(base.into(), HoldingId::BASE);
        let end = base.len() as u32;
        Self {
            roles: base.to_vec(),
            bounds: vec![0, end, end],
            known,
        }
    }

    fn intern(&mut self, mut roles: Vec<u32>) -> HoldingId {
        roles.sort_unstable();
        roles.dedup();
        if let Some(id) = self.known.get(roles.as_slice()) {
            return *id;
        }
        let id = HoldingId(self.bounds.len() as u32 - 1);
        self.roles.extend_from_slice(&roles);
        self.bounds.push(self.roles.len() as u32);
        self.known.insert(roles.into(), id);
        id
    }

    /// Drops what only building needs.
    fn finish(&mut self) {
        self.known = HashMap::new();
        self.roles.shrink_to_fit();
        self.bounds.shrink_to_fit();
    }

    fn roles(&self, holding: HoldingId) -> &[u32] {
        let at = holding.0 as usize;
        &self.roles[self.bounds[at] as usize..self.bounds[at + 1] as usize]
    }
}
