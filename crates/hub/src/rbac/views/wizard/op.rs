//! What the buttons of the wizard ask for.

use super::node::Operator;
use super::step::Step;
use super::tree::{At, Direction, Edit};
use smol_str::SmolStr;

/// What a button asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Op {
    /// Nothing but to keep what was written.
    Keep,
    /// To go to another step.
    Go(Step),
    /// Everything as it was in the beginning.
    Reset,
    /// To throw the draft away.
    Discard,
    /// To begin anew as a copy of a role.
    CopyRole(SmolStr),
    /// To store the role.
    Save,
    /// To put the draft on top of what somebody else stored.
    Rebase,
    /// To choose the user or group that was typed.
    AddMember,
    /// To choose a user or group that was found.
    ChooseMember(SmolStr),
    /// To choose one no longer.
    RemoveMember(SmolStr),
    /// A step within the policies.
    Policies(PolicyOp),
}

/// What a button of the third step asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PolicyOp {
    /// One more row.
    AddRow,
    /// The policies of the role that was typed.
    Copy,
    /// The same, if one was typed: Enter in any field asks for it.
    Enter,
    /// One row less.
    RemoveRow(u32),
    /// The builder of a row.
    Configure(u32),
    /// The builder closes, and its condition counts.
    SaveCondition,
    /// The builder closes, and nothing counts.
    CancelCondition,
    /// The condition begins anew.
    RemoveCondition,
    /// The condition as text, or as a tree.
    ShowJson(bool),
    /// A step in the tree.
    Edit(At, Edit),
    /// One value of a list goes.
    RemoveItem(At, SmolStr, usize),
}

impl Op {
    /// Reads the value of the button that was pressed; a word, and perhaps what it is about.
    pub(super) fn parse(text: &str) -> Op {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let number = || rest.parse::<u32>().ok();
        let at = || rest.parse::<At>().ok();
        let edit = |edit: Edit| at().map(|at| Op::Policies(PolicyOp::Edit(at, edit)));
        let op = match word {
            "to" => Step::parse(rest).map(Op::Go),
            "reset" => Some(Op::Reset),
            "discard" => Some(Op::Discard),
            "copy-role" => Some(Op::CopyRole(rest.into())),
            "save" => Some(Op::Save),
            "rebase" => Some(Op::Rebase),
            "add-member" => Some(Op::AddMember),
            "choose-member" => Some(Op::ChooseMember(rest.into())),
            "remove-member" => Some(Op::RemoveMember(rest.into())),
            "add-permission-policy" => Some(Op::Policies(PolicyOp::AddRow)),
            "copy-policies" => Some(Op::Policies(PolicyOp::Copy)),
            "enter" => Some(Op::Policies(PolicyOp::Enter)),
            "remove-row" => number().map(PolicyOp::RemoveRow).map(Op::Policies),
            "configure" => number().map(PolicyOp::Configure).map(Op::Policies),
            "save-conditions" => Some(Op::Policies(PolicyOp::SaveCondition)),
            "cancel-conditions" => Some(Op::Policies(PolicyOp::CancelCondition)),
            "remove-conditions" => Some(Op::Policies(PolicyOp::RemoveCondition)),
            "json" => Some(Op::Policies(PolicyOp::ShowJson(true))),
            "rules" => Some(Op::Policies(PolicyOp::ShowJson(false))),
            "add-rule" => edit(Edit::AddRule),
            "add-group" => edit(Edit::AddGroup),
            "remove" => edit(Edit::Remove),
            "single" => edit(Edit::Single),
            "allOf" => edit(Edit::Operate(Operator::AllOf)),
            "anyOf" => edit(Edit::Operate(Operator::AnyOf)),
            "not" => edit(Edit::Operate(Operator::Not)),
            "up" => edit(Edit::Move(Direction::Up)),
            "down" => edit(Edit::Move(Direction::Down)),
            "out" => edit(Edit::Move(Direction::Out)),
            "in" => edit(Edit::Move(Direction::In)),
            "remove-item" => remove_item(rest),
            _ => None,
        };
        op.unwrap_or(Op::Keep)
    }
}

/// `0.1 claims 2`: the place of the rule, the parameter, the place of the value.
fn remove_item(text: &str) -> Option<Op> {
    let (at, rest) = text.split_once(' ')?;
    let (name, index) = rest.rsplit_once(' ')?;
    let op = PolicyOp::RemoveItem(at.parse().ok()?, name.into(), index.parse().ok()?);
    Some(Op::Policies(op))
}
