//! A prototype: two look-ups of strings, then bit tests for each role of the user.

use anyhow::Result;
use callboard_policy::Effect;
use hashbrown::HashMap;
use smol_str::SmolStr;

use super::Engine;
use crate::world::{By, Request, World};

/// The roles of each user as a list, the roles of each cell of a permission as a bitset.
pub struct Lists {
    roles_of: HashMap<SmolStr, Box<[u32]>>,
    cells_of: HashMap<SmolStr, Cells>,
}

/// The roles that are allowed and denied a permission by its name and by its type.
struct Cells {
    by_name: Cell,
    by_type: Cell,
}

/// For each 64 roles those that are allowed and those that are denied.
struct Cell(Box<[[u64; 2]]>);

impl Cell {
    fn of(roles: usize) -> Self {
        Self(vec![[0; 2]; roles.div_ceil(64)].into())
    }

    fn set(&mut self, role: usize, effect: Effect) {
        self.0[role / 64][usize::from(effect == Effect::Deny)] |= 1 << (role % 64);
    }

    /// What the roles say together: nothing, or whether they allow. A deny wins.
    fn ask(&self, roles: &[u32]) -> Option<bool> {
        let mut is_allowed = None;
        for role in roles {
            let [allowed, denied] =
                self.0[*role as usize / 64].map(|bits| bits >> (role % 64) & 1 == 1);
            if denied {
                return Some(false);
            }
            if allowed {
                is_allowed = Some(true);
            }
        }
        is_allowed
    }
}

impl Engine for Lists {
    type Question = (String, SmolStr);

    fn question(request: &Request) -> Result<(String, SmolStr)> {
        Ok((request.user.clone(), request.permission.name().into()))
    }

    fn load(world: &World) -> Result<Self> {
        let empty = || Cells {
            by_name: Cell::of(world.roles.len()),
            by_type: Cell::of(world.roles.len()),
        };
        let mut cells: Vec<_> = world.permissions.iter().map(|_| empty()).collect();
        for line in &world.lines {
            let cells = &mut cells[line.permission];
            match line.by {
                By::Name => cells.by_name.set(line.role, line.effect),
                By::Type => cells.by_type.set(line.role, line.effect),
            }
        }
        let list = |roles: Vec<usize>| roles.into_iter().map(|role| role as u32).collect();
        let permissions = world.permissions.iter().map(|it| it.name().into());
        Ok(Self {
            roles_of: (world.users.iter().map(SmolStr::new))
                .zip(world.roles_of_users().into_iter().map(list))
                .collect(),
            cells_of: permissions.zip(cells).collect(),
        })
    }

    fn allows(&self, (user, permission): &(String, SmolStr)) -> Result<bool> {
        let roles = self.roles_of.get(user.as_str());
        let cells = self.cells_of.get(permission.as_str());
        let (Some(roles), Some(Cells { by_name, by_type })) = (roles, cells) else {
            return Ok(false);
        };
        let said = by_name.ask(roles).or_else(|| by_type.ask(roles));
        Ok(said == Some(true))
    }
}
