//! The roles of one user during one decision.

use smol_str::SmolStr;

use crate::{
    grants::TargetId,
    members::{HoldingId, Members},
    verdict::{Verdict, Verdicts},
};

/// A user with all that he holds.
#[derive(Clone, Copy)]
pub(crate) struct Holder<'a> {
    members: &'a Members,
    pub(crate) user: &'a str,
    /// What he holds by himself and through groups.
    pub(crate) primary: HoldingId,
    /// References of his token that give roles by name.
    token: Token<'a>,
}

/// What the roles of a user say about a target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    /// Whose roles say it.
    pub(crate) holding: HoldingId,
    pub(crate) target: Option<TargetId>,
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Ignored,
    User(&'a str),
    Refs(&'a [SmolStr]),
}

impl<'a> Holder<'a> {
    pub(crate) fn new(
        members: &'a Members,
        user: &'a str,
        ownership: &'a [SmolStr],
        use_token: bool,
    ) -> Self {
        let token = match (use_token, ownership) {
            (false, _) => Token::Ignored,
            (true, []) => Token::User(user),
            (true, _) => Token::Refs(ownership),
        };
        Self {
            members,
            user,
            primary: members.holding_of(user),
            token,
        }
    }

    /// The greatest verdict about each of two targets.
    pub(crate) fn findings(
        &self,
        verdicts: &Verdicts,
        targets: [Option<TargetId>; 2],
    ) -> [Finding; 2] {
        let look = |holding, target| Finding {
            verdict: verdicts.cell(holding, target),
            holding,
            target,
        };
        let mut greatest = targets.map(|target| look(self.primary, target));
        if matches!(self.token, Token::Ignored) {
            return greatest;
        }
        for holding in self.given() {
            for finding in &mut greatest {
                let other = look(holding, finding.target);
                if other.verdict > finding.verdict {
                    *finding = other;
                }
            }
        }
        greatest
    }

    /// Every role, once: those of the user, then those that only his token gives.
    pub(crate) fn roles(&self) -> impl Iterator<Item = u32> {
        (*self).into_roles()
    }

    /// As [`roles`](Self::roles), for as long as the members live.
    pub(crate) fn into_roles(self) -> impl Iterator<Item = u32> + use<'a> {
        let members = self.members;
        let roles = move |holding| members.roles(holding);
        let given = self.given().enumerate().flat_map(move |(place, holding)| {
            roles(holding).iter().copied().filter(move |role| {
                let earlier = self.given().take(place).chain([self.primary]);
                !earlier
                    .into_iter()
                    .any(|holding| roles(holding).binary_search(role).is_ok())
            })
        });
        roles(self.primary).iter().copied().chain(given)
    }

    /// What the references of the token are given by name.
    ///
    /// The user himself is passed over, as what he is given is in what he holds, unless a
    /// cycle has taken it.
    fn given(self) -> impl Iterator<Item = HoldingId> + use<'a> {
        let (user, refs) = match self.token {
            Token::Ignored => (None, [].as_slice()),
            Token::User(user) => (Some(user), [].as_slice()),
            Token::Refs(refs) => (None, refs),
        };
        let Self {
            members, primary, ..
        } = self;
        user.into_iter()
            .chain(refs.iter().map(SmolStr::as_str))
            .filter(move |reference| *reference != self.user || primary == HoldingId::CYCLE)
            .filter_map(move |reference| members.given_to(reference))
    }
}
