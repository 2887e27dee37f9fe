//! A made-up organisation, its policy and what is asked of it.
//!
//! The same as in `crates/policy/benches/decide.rs`, number by number, but as plain rows
//! that no engine owns.

use callboard_policy::{Effect, Permission};
use smol_str::SmolStr;

mod vocabulary;

pub const LINES_PER_ROLE: usize = 50;
const REQUESTS: usize = 10_000;

/// The organisation; who belongs to what is in numbers, which are places in the lists.
pub struct World {
    pub users: Vec<String>,
    pub groups: Vec<String>,
    pub roles: Vec<String>,
    pub permissions: Vec<Permission>,
    pub groups_of: Vec<Vec<usize>>,
    /// The policy, [`LINES_PER_ROLE`] lines a role, in the order of roles.
    pub lines: Vec<Line>,
    /// Distinct requests in no order, some of them of people whom nobody knows.
    pub requests: Vec<Request>,
}

/// One line of the policy: a role may or may not do something.
pub struct Line {
    pub role: usize,
    pub permission: usize,
    pub by: By,
    pub effect: Effect,
}

/// What a line calls the permission by.
///
/// Lines that name a permission hide those for its resource type, in all roles of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    Name,
    Type,
}

impl By {
    /// The word for the permission that stands in the line.
    pub fn object(self, permission: &Permission) -> &str {
        match self {
            Self::Name => permission.name(),
            Self::Type => permission.resource_type().unwrap_or(permission.name()),
        }
    }
}

/// Somebody asks for a permission.
pub struct Request {
    pub user: String,
    /// The references in whose name the user owns things.
    pub ownership: Vec<SmolStr>,
    pub permission: Permission,
    /// The places of the user, unless nobody knows him, and of the permission.
    places: (Option<usize>, usize),
}

impl World {
    /// The organisation with so many roles.
    pub fn of(roles: usize) -> Self {
        let (users, groups) = match roles {
            10 => (1_000, 50),
            1_000 => (10_000, 2_000),
            _ => (20_000, 5_000),
        };
        let mut random = Random(roles as u64);
        let groups_of = (0..users)
            .map(|_| {
                (0..1 + random.below(3))
                    .map(|_| random.below(groups))
                    .collect()
            })
            .collect();
        let mut world = Self {
            users: (0..users).map(vocabulary::user).collect(),
            groups: (0..groups).map(vocabulary::group).collect(),
            roles: (0..roles).map(vocabulary::role).collect(),
            permissions: vocabulary::permissions(),
            groups_of,
            lines: Vec::with_capacity(roles * LINES_PER_ROLE),
            requests: Vec::with_capacity(REQUESTS),
        };
        world.write_lines(&mut Random(7));
        world.write_requests(&mut random);
        world
    }

    fn write_lines(&mut self, random: &mut Random) {
        for role in 0..self.roles.len() {
            for line in 0..LINES_PER_ROLE {
                let permission = random.below(self.permissions.len());
                let has_type = self.permissions[permission].resource_type().is_some();
                self.lines.push(Line {
                    role,
                    permission,
                    by: if has_type && line % 2 == 0 {
                        By::Type
                    } else {
                        By::Name
                    },
                    effect: if random.below(20) == 0 {
                        Effect::Deny
                    } else {
                        Effect::Allow
                    },
                });
            }
        }
    }

    fn write_requests(&mut self, random: &mut Random) {
        for at in 0..REQUESTS {
            let user = at % self.users.len();
            let is_known = at % 50 != 0;
            let name = if is_known {
                self.users[user].clone()
            } else {
                format!("{}-left", self.users[user])
            };
            let groups = self.groups_of[user]
                .iter()
                .map(|group| &self.groups[*group]);
            let permission = random.below(self.permissions.len());
            self.requests.push(Request {
                ownership: [&name]
                    .into_iter()
                    .chain(groups)
                    .map(SmolStr::new)
                    .collect(),
                permission: self.permissions[permission].clone(),
                places: (is_known.then_some(user), permission),
                user: name,
            });
        }
        for at in (1..REQUESTS).rev() {
            self.requests.swap(at, random.below(at + 1));
        }
    }

    /// Each user with each of his groups.
    pub fn members_of_groups(&self) -> impl Iterator<Item = (&str, &str)> {
        self.users
            .iter()
            .zip(&self.groups_of)
            .flat_map(|(user, groups)| {
                (groups.iter()).map(|group| (user.as_str(), self.groups[*group].as_str()))
            })
    }

    /// Each group with the one above it: a tree, four below each.
    pub fn parents_of_groups(&self) -> impl Iterator<Item = (&str, &str)> {
        let parent = |at: usize| self.groups[(at - 1) / 4].as_str();
        (self.groups.iter().enumerate().skip(1))
            .map(move |(at, group)| (group.as_str(), parent(at)))
    }

    /// Each role with the one group and the one user that it is given to.
    pub fn members_of_roles(&self) -> impl Iterator<Item = (&str, &str)> {
        self.roles.iter().enumerate().flat_map(|(at, role)| {
            let group = &self.groups[self.group_of_role(at)];
            let user = &self.users[self.user_of_role(at)];
            [(group.as_str(), role.as_str()), (user, role)]
        })
    }

    fn group_of_role(&self, role: usize) -> usize {
        (role * 7) % self.groups.len()
    }

    fn user_of_role(&self, role: usize) -> usize {
        (role * 13) % self.users.len()
    }

    /// What one role may do and may not.
    pub fn lines_of(&self, role: usize) -> &[Line] {
        &self.lines[role * LINES_PER_ROLE..][..LINES_PER_ROLE]
    }

    /// The roles of each user, closed over groups and those above them; sorted.
    pub fn roles_of_users(&self) -> Vec<Vec<usize>> {
        let mut by_group = vec![Vec::new(); self.groups.len()];
        let mut by_user = vec![Vec::new(); self.users.len()];
        for role in 0..self.roles.len() {
            by_group[self.group_of_role(role)].push(role);
            by_user[self.user_of_role(role)].push(role);
        }
        for (groups, roles) in self.groups_of.iter().zip(&mut by_user) {
            for mut group in groups.iter().copied() {
                roles.extend(&by_group[group]);
                while group > 0 {
                    group = (group - 1) / 4;
                    roles.extend(&by_group[group]);
                }
            }
            roles.sort_unstable();
            roles.dedup();
        }
        by_user
    }

    /// The answers to all requests, which every engine must agree with.
    pub fn answers(&self) -> Vec<bool> {
        let roles_of = self.roles_of_users();
        let answer = |request: &Request| {
            let (user, permission) = request.places;
            user.is_some_and(|user| self.allows_roles(&roles_of[user], permission))
        };
        self.requests.iter().map(answer).collect()
    }

    /// Whether somebody with these roles has a permission, read off the lines one by one.
    fn allows_roles(&self, roles: &[usize], permission: usize) -> bool {
        let said = |by: By| {
            roles
                .iter()
                .flat_map(|role| self.lines_of(*role))
                .filter(|line| line.permission == permission && line.by == by)
                .map(|line| line.effect == Effect::Allow)
                .reduce(|one, other| one && other)
        };
        said(By::Name).or_else(|| said(By::Type)).unwrap_or(false)
    }
}

/// A small generator of numbers, enough to scatter requests.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
