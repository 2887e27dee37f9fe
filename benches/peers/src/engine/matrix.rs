//! The lower bound: every answer worked out in advance.

use anyhow::Result;
use callboard_policy::Effect;
use hashbrown::HashMap;
use smol_str::SmolStr;

use super::Engine;
use crate::world::{Request, World};

/// A bit for each user and permission.
///
/// Not an engine: it can neither say why nor answer about a permission that it was not made
/// with. Two look-ups of strings and a bit are what no engine with these inputs gets below.
pub struct Matrix {
    users: HashMap<SmolStr, usize>,
    permissions: HashMap<SmolStr, usize>,
    bits: Vec<u64>,
}

impl Engine for Matrix {
    type Question = (String, SmolStr);

    fn question(request: &Request) -> Result<(String, SmolStr)> {
        Ok((request.user.clone(), request.permission.name().into()))
    }

    fn load(world: &World) -> Result<Self> {
        let permissions = world.permissions.len();
        let mut bits = vec![0; (world.users.len() * permissions).div_ceil(64)];
        for (user, roles) in world.roles_of_users().iter().enumerate() {
            // What the lines say about each permission, by name and by type.
            let mut said = vec![[None; 2]; permissions];
            for line in roles.iter().flat_map(|role| world.lines_of(*role)) {
                let said = &mut said[line.permission][line.by as usize];
                *said = Some(said.unwrap_or(true) && line.effect == Effect::Allow);
            }
            for (permission, [by_name, by_type]) in said.into_iter().enumerate() {
                if by_name.or(by_type) == Some(true) {
                    let at = user * permissions + permission;
                    bits[at / 64] |= 1 << (at % 64);
                }
            }
        }
        let name = |at: usize| world.permissions[at].name().into();
        Ok(Self {
            users: world.users.iter().map(SmolStr::new).zip(0..).collect(),
            permissions: (0..permissions).map(|at| (name(at), at)).collect(),
            bits,
        })
    }

    fn allows(&self, (user, permission): &(String, SmolStr)) -> Result<bool> {
        let user = self.users.get(user.as_str());
        let permission = self.permissions.get(permission.as_str());
        let (Some(user), Some(permission)) = (user, permission) else {
            return Ok(false);
        };
        let at = user * self.permissions.len() + permission;
        Ok(self.bits[at / 64] >> (at % 64) & 1 == 1)
    }
}
